import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { catalogue, Client, Refusal, Task } from "@foreman/core"
import { ClientClosed, createClient } from "../src/createClient.ts"
import { start, type TestServer, token } from "./TestServer.ts"

let server: TestServer

beforeAll(async () => {
  server = await start()
})

afterAll(() => server.close())

const open = () => createClient({ url: server.url, token })

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error
  )

let slugs = 0
const team = async (foreman = open()) => {
  slugs += 1
  const org = await foreman.createOrganization({ name: "Acme", slug: `acme-${slugs}` })
  return foreman.createTeam({ orgId: org.id, name: "Web", slug: "web" })
}

describe("the client of promises", () => {
  it("has a method for every operation", () => {
    assert.containsAllKeys(open(), Object.keys(catalogue))
  })

  it("takes plain values and gives plain objects", async () => {
    const foreman = open()
    const { id: teamId } = await team(foreman)
    const task = await foreman.createTask({ teamId, title: "Fix the login" })
    assert.deepInclude(task, { teamId, title: "Fix the login", status: "todo", dependsOn: [] })
    const moved = await foreman.changeTaskStatus({ taskId: task.id, status: "in_progress" })
    assert.strictEqual(moved.status, "in_progress")
    const { items } = await foreman.listTasks({ teamId })
    assert.deepStrictEqual(items, [moved])
  })

  it("rejects with the class of the refusal", async () => {
    const foreman = open()
    const { id: teamId } = await team(foreman)
    const { id: taskId } = await foreman.createTask({ teamId, title: "Fix" })
    const illegal = await rejection(foreman.changeTaskStatus({ taskId, status: "done" }))
    assert.instanceOf(illegal, Task.IllegalMove)
    assert.deepStrictEqual(illegal.allowed, ["in_progress", "cancelled"])
    assert.instanceOf(
      await rejection(foreman.createTask({ teamId, title: "" })),
      Refusal.InvalidInput
    )
    const stranger = createClient({ url: server.url })
    assert.instanceOf(await rejection(stranger.listOrganizations({})), Client.ClientError)
  })

  it("follows events, each with the cursor behind it, until somebody has enough", async () => {
    const foreman = open()
    const { id: teamId } = await team(foreman)
    const { id: taskId } = await foreman.createTask({ teamId, title: "Watched" })
    let last: string | undefined
    for await (const event of foreman.events({ after: "0" })) {
      last = event.cursor
      if (event.streamId === `task:${taskId}`) break
    }
    const { id } = await foreman.createTask({ teamId, title: "Next" })
    for await (const event of foreman.events({ after: last ?? "" })) {
      assert.deepInclude(event, { streamId: `task:${id}`, type: "task.created" })
      assert.match(event.createdAt, /\+00:00$/)
      break
    }
  })

  it("throws what ends the following", async () => {
    const read = async (after: string) => {
      for await (const event of open().events({ after })) return event
      return undefined
    }
    assert.instanceOf(await rejection(read("nonsense")), Refusal.InvalidInput)
  })

  it("stops at a signal", async () => {
    const foreman = open()
    const controller = new AbortController()
    const following = (async () => {
      for await (const _ of foreman.events({ signal: controller.signal })) continue
      return "ended"
    })()
    controller.abort("enough")
    assert.strictEqual(await following, "ended")
    const signal = AbortSignal.abort("enough")
    assert.strictEqual(await rejection(foreman.listOrganizations({}, { signal })), "enough")
  })

  it("ends everything under way when it is closed, and takes nothing more", async () => {
    const foreman = createClient({ url: "http://foreman.test", fetch: () => new Promise(() => {}) })
    const calling = rejection(foreman.listOrganizations({}))
    const following = (async () => {
      for await (const _ of foreman.events()) continue
      return "ended"
    })()
    await foreman.close()
    assert.instanceOf(await calling, ClientClosed)
    assert.strictEqual(await following, "ended")
    assert.instanceOf(await rejection(foreman.listOrganizations({})), ClientClosed)
  })
})
