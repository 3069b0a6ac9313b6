import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Layer } from "effect"
import { TestForeman } from "@foreman/testkit"
import { start, type TestServer, token } from "./TestServer.ts"

let server: TestServer
let teamId: string

const get = (path: string) => server.request("GET", `/api/v1${path}`)
const post = (path: string, body: unknown = {}) => server.request("POST", `/api/v1${path}`, body)

beforeAll(async () => {
  const layer = TestForeman.layer({
    reactors: {},
    access: { mode: "token", operatorToken: token }
  })
  server = await start({}, Layer.fresh(layer))
  const orgId = (await post("/orgs", { name: "Acme", slug: "acme" })).body.id
  teamId = (await post(`/orgs/${orgId}/teams`, { name: "Web", slug: "web" })).body.id
  const settings = { approval_policy: "strict" }
  await server.request("PATCH", `/api/v1/settings/teams/${teamId}`, settings)
  await post(`/teams/${teamId}/agents`, { name: "ada", config: { runner: "memory" } })
})

afterAll(() => server.close())

/** A task, and the approval that it waits for as soon as the dispatcher has asked. */
const waiting = async (title: string) => {
  const task = (await post(`/teams/${teamId}/tasks`, { title })).body
  const signal = AbortSignal.timeout(20_000)
  while (!signal.aborted) {
    const { body } = await get(`/approvals?task_id=${task.id}`)
    if (body.length > 0) return { task, approval: body[0] }
  }
  throw new Error("Nobody was asked")
}

/** The task once its run is over. */
const ended = async (taskId: number) => {
  const signal = AbortSignal.timeout(20_000)
  while (!signal.aborted) {
    const { body } = await get(`/tasks/${taskId}`)
    if (body.last_outcome !== null) return body
  }
  throw new Error("Nothing began")
}

describe("approvals over HTTP", () => {
  it("are listed in the order of the queue, and shown whole", async () => {
    const { approval, task } = await waiting("git push origin main")
    assert.deepInclude(approval, {
      task_id: task.id,
      status: "pending",
      risk: "high",
      rule: "strict.git_push",
      reason: "git push requires approval"
    })
    assert.deepStrictEqual((await get(`/approvals/${approval.id}`)).body, approval)
    const { body: queue } = await get(`/approvals?team_id=${teamId}`)
    assert.deepStrictEqual(queue, [approval])
    const { body, status } = await get("/approvals/00000000-0000-7000-8000-00000000dead")
    assert.deepStrictEqual([status, body.code], [404, "ApprovalNotFound"])
  })

  it("are approved once, and the work begins", async () => {
    const { approval, task } = await waiting("git push --tags")
    const path = `/approvals/${approval.id}`
    const { body, status } = await post(`${path}/approve`)
    assert.deepStrictEqual([status, body.status], [200, "approved"])
    assert.deepInclude(await ended(task.id), {
      approval_status: "used",
      last_outcome: "succeeded"
    })
    const again = await post(`${path}/approve`)
    assert.strictEqual(again.status, 200)
    const opposite = await post(`${path}/reject`, { rejection_reason: "No" })
    assert.strictEqual(opposite.status, 409)
    assert.deepInclude(opposite.body, { code: "ApprovalIsOver", task_id: task.id })
    assert.strictEqual((await post(`${path}/retry-dispatch`)).status, 200)
  })

  it("are rejected with a reason alone", async () => {
    const { approval } = await waiting("rm -rf build")
    const path = `/approvals/${approval.id}`
    for (const body of [{}, { rejection_reason: "  " }]) {
      assert.strictEqual((await post(`${path}/reject`, body)).status, 422)
    }
    const { body } = await post(`${path}/reject`, { rejection_reason: "Not now" })
    assert.deepInclude(body, { status: "rejected", rejection_reason: "Not now" })
    const opposite = await post(`${path}/approve`)
    assert.deepInclude(opposite.body, { approval_status: "rejected", board: "ready" })
    assert.strictEqual((await post(`${path}/retry-dispatch`)).status, 409)
  })
})
