import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import {
  Authorization,
  catalogue,
  type Client,
  Identifier,
  Organization,
  Refusal,
  Task,
  type Handlers,
  type FullCatalogue
} from "@foreman/core"
import * as Rest from "../src/Rest.ts"
import { start, type TestServer, token } from "./TestServer.ts"

let server: TestServer
let client: Handlers.Client<FullCatalogue, Client.ClientError, never>

beforeAll(async () => {
  server = await start()
  client = Rest.make({ url: server.url, token })
})

afterAll(() => server.close())

const { OrganizationId, RunId, TaskId, TeamId } = Identifier
const uuid = "01900000-0000-7000-8000-000000000000"

let slugs = 0
const team = Effect.fnUntraced(function* () {
  slugs += 1
  const org = yield* client.createOrganization({ name: "Acme", slug: `acme-${slugs}` })
  return yield* client.createTeam({ orgId: org.id, name: "Web", slug: "web" })
})

/** Answers every request with this. */
const answering = (body: string, init: ResponseInit = {}): Rest.Fetch => {
  return async () => new Response(body, init)
}

describe("the client over REST", () => {
  it.effect("hands on what the events of a command are to be found by", () =>
    Effect.gen(function* () {
      const { id: teamId } = yield* team()
      const wanted = { teamId, title: "Fix", description: "", tags: [], repoIds: [] }
      const input = { ...wanted, priority: "low", dependsOn: [], metadata: {} } as const
      for (const [given, expected] of [
        ["mine:1", /^mine:1$/],
        ["no\nheader", /^[0-9a-f-]{36}-\d+$/]
      ] as const) {
        const { id: taskId } = yield* client.createTask(input, { correlationId: given })
        const [event] = (yield* client.getTaskEvents({ taskId })).items
        assert.match(String(event?.metadata["correlation_id"]), expected)
      }
    })
  )

  it.effect("rehearses a command, and does not take an older server's word for it", () =>
    Effect.gen(function* () {
      const { id: orgId } = yield* client.createOrganization({ name: "Dry", slug: "dry" })
      const dryRun = Rest.makeDryRuns({ url: server.url, token })
      const wish = { orgId, name: "Web", slug: "web" }
      const { answer, events, more } = yield* dryRun.createTeam(wish)
      assert.deepStrictEqual(
        events.map(({ type }) => type),
        ["team.created", "agent.created"]
      )
      assert.deepStrictEqual([answer?.slug, more], ["web", false])
      assert.isEmpty((yield* client.listTeams({ orgId })).items)
      const team = yield* client.createTeam(wish)
      const taken = yield* Effect.flip(dryRun.createTeam(wish))
      assert.instanceOf(taken, Organization.SlugTaken)
      const body = JSON.stringify({ ...team, org_id: orgId, created_at: team.createdAt })
      const older = Rest.makeDryRuns({ url: server.url, fetch: answering(body) })
      assert.strictEqual((yield* Effect.flip(older.createTeam(wish)))._tag, "ClientError")
    })
  )

  it.effect("brings values through path, query and body and back", () =>
    Effect.gen(function* () {
      const { id: teamId } = yield* team()
      const wanted = { teamId, title: "Fix", description: "", tags: ["a", "b"], repoIds: [] }
      const more = {
        priority: "low",
        dependsOn: [],
        metadata: { own_Key: { nested: [1] } }
      } as const
      const task = yield* client.createTask({ ...wanted, ...more })
      assert.deepInclude(task, { ...wanted, ...more, status: "todo" })
      assert.deepStrictEqual(yield* client.getTask({ taskId: task.id }), task)
      yield* client.createTask({ ...wanted, ...more, dependsOn: [task.id] })
      const first = yield* client.listTasks({ teamId, limit: 1, status: "todo" })
      assert.isString(first.nextCursor)
      const cursor = first.nextCursor ?? ""
      const second = yield* client.listTasks({ teamId, limit: 1, status: "todo", cursor })
      assert.deepStrictEqual(second, { items: [task], nextCursor: null })
    })
  )

  it.effect("fails with the same classes as a call in process, facts and words included", () =>
    Effect.gen(function* () {
      const { id: teamId } = yield* team()
      const empty = {
        description: "",
        priority: "low",
        dependsOn: [],
        repoIds: [],
        tags: []
      } as const
      const { id } = yield* client.createTask({ teamId, title: "A", metadata: {}, ...empty })
      const after = yield* client.createTask({
        ...empty,
        teamId,
        title: "B",
        metadata: {},
        dependsOn: [id]
      })
      const move = (taskId: typeof id, status: Task.Status) =>
        Effect.result(client.changeTaskStatus({ taskId, status }))
      assert.deepStrictEqual(
        yield* move(id, "done"),
        Result.fail(
          new Task.IllegalMove({
            taskId: id,
            from: "todo",
            to: "done",
            allowed: ["in_progress", "cancelled"]
          })
        )
      )
      assert.deepStrictEqual(
        yield* move(after.id, "in_progress"),
        Result.fail(
          new Task.BlockedByDependencies({
            taskId: after.id,
            blockedBy: [{ taskId: id, status: "todo" }]
          })
        )
      )
      const missing = yield* Effect.flip(client.getTask({ taskId: TaskId.make(999_999) }))
      assert.deepStrictEqual(missing, new Task.TaskNotFound({ taskId: 999_999 }))
      const wish = { orgId: OrganizationId.make(uuid), name: "T", slug: "t" }
      const nowhere = yield* Effect.flip(client.createTeam(wish))
      assert.deepStrictEqual(
        nowhere,
        new Organization.OrganizationNotFound({ organizationId: uuid })
      )
    })
  )

  it.effect("makes a command safe to repeat", () =>
    Effect.gen(function* () {
      const create = (name: string) =>
        client.createOrganization({ name, slug: "once" }, { idempotencyKey: "key" })
      assert.deepStrictEqual(yield* create("Once"), yield* create("Once"))
      const other = yield* Effect.flip(create("Other"))
      assert.deepStrictEqual(other, new Refusal.IdempotencyKeyReused({ idempotencyKey: "key" }))
    })
  )

  it.effect("shows its token, and says who refused it", () =>
    Effect.gen(function* () {
      const { url } = server
      const error = yield* Effect.flip(Rest.make({ url, token: "wrong" }).listOrganizations({}))
      assert.deepInclude(error, { _tag: "ClientError", status: 401, retryable: false })
      assert.include(error.message, `${url}/api/v1/orgs`)
      assert.include(error.message, "Authentication required")
      const key = Rest.make({ url, headers: { "x-api-key": token } })
      assert.isArray((yield* key.listOrganizations({})).items)
    })
  )

  it.effect("names the address and the cause when no server answers", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.promise(() => start())
      yield* Effect.promise(() => gone.close())
      const error = yield* Effect.flip(Rest.make({ url: gone.url, token }).listOrganizations({}))
      assert.deepInclude(error, { _tag: "ClientError", status: null, retryable: true })
      assert.include(error.message, `list_orgs got no answer from ${gone.url}/api/v1/orgs`)
      assert.include(error.message, "ECONNREFUSED")
    })
  )

  it.effect("says what is wrong with an answer that is none of Foreman's", () =>
    Effect.gen(function* () {
      const ask = (body: string, init?: ResponseInit) =>
        Effect.flip(
          Rest.make({ url: "http://foreman.test", fetch: answering(body, init) }).listOrganizations(
            {}
          )
        )
      const proxy = yield* ask("<h1>Bad gateway</h1>", { status: 502 })
      assert.deepInclude(proxy, { _tag: "ClientError", status: 502, retryable: true })
      assert.deepInclude(yield* ask("<h1>Welcome</h1>"), { status: 200, retryable: false })
      assert.deepInclude(yield* ask('[{"id":1}]'), { _tag: "ClientError", retryable: false })
      const unknown = yield* ask('{"detail":"No","code":"Unheard"}', { status: 418 })
      assert.include(unknown.message, "No")
    })
  )

  it.effect("reads a refusal in the words of either contract", () =>
    Effect.gen(function* () {
      const read = (body: string) =>
        Effect.promise(() => Rest.refusalOf(new Response(body, { status: 409 })))
      const refusal = { code: "Held", message: "It is held", status: 409, facts: { id: 1 } }
      assert.deepStrictEqual(yield* read('{"detail":"It is held","code":"Held","id":1}'), refusal)
      assert.deepStrictEqual(yield* read('{"error":"It is held","code":"Held","id":1}'), refusal)
      const listed = '{"detail":[{"loc":["body"],"msg":"It is held"}],"code":"Held","id":1}'
      assert.deepStrictEqual(yield* read(listed), refusal)
    })
  )

  it.live("stops waiting for a server that does not answer", () =>
    Effect.gen(function* () {
      const fetch: Rest.Fetch = (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason))
        })
      const patient = Rest.make({ url: "http://foreman.test", fetch, timeoutMillis: 10 })
      const error = yield* Effect.flip(patient.listOrganizations({}))
      assert.include(error.message, "It took too long")
    })
  )

  it.effect("keeps the path that a server stands behind", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const fetch: Rest.Fetch = async (url) => {
        asked.push(url)
        return new Response("[]")
      }
      yield* Rest.make({ url: "http://foreman.test/behind/", fetch }).listOrganizations({})
      assert.deepStrictEqual(asked, ["http://foreman.test/behind/api/v1/orgs"])
    })
  )
})

describe("invoking over REST", () => {
  const invoke = () => Rest.overRest(catalogue, { url: server.url, token })

  it.effect("gives wire data, and refusals as data", () =>
    Effect.gen(function* () {
      const page = yield* invoke()("list_orgs", { limit: 1 })
      assert.hasAllKeys(page, ["items", "next_cursor"])
      const refused = yield* Effect.flip(invoke()("get_task", { task_id: 999_999 }))
      assert.deepStrictEqual(refused, {
        code: "TaskNotFound",
        message: "Task not found",
        status: 404,
        facts: { task_id: 999_999 }
      })
      const invalid = yield* Effect.flip(invoke()("create_org", { name: "", slug: "x" }))
      assert.deepInclude(invalid, { code: "InvalidInput", status: 422 })
      assert.match(invalid.message, /^name: /)
    })
  )

  it.effect("refuses fields that nobody knows for callers who ask for that", () =>
    Effect.gen(function* () {
      const input = { name: "Strict", slug: "strict", colour: "red" }
      const refused = yield* Effect.flip(invoke()("create_org", input, { unknownFields: "refuse" }))
      assert.deepInclude(refused, { code: "InvalidInput", status: 422 })
      assert.include(refused.message, "colour")
      assert.deepInclude(yield* invoke()("create_org", input), { slug: "strict" })
    })
  )

  it.effect("asks for nothing else than it was told, whatever an id holds", () =>
    Effect.gen(function* () {
      for (const id of ["..", "."]) {
        const error = yield* Effect.flip(invoke()("get_team", { team_id: id }))
        assert.deepInclude(error, { _tag: "ClientError", retryable: false })
      }
      for (const id of ["../orgs", "a?b=c", "a#b", "$&", "%2e%2e"]) {
        const error = yield* Effect.flip(invoke()("get_team", { team_id: id }))
        assert.deepInclude(error, { code: "InvalidInput" }, id)
      }
    })
  )

  it.effect("dies of an operation that there is not", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(invoke()("destroy", {}))
      assert.include(String(exit), "There is no operation destroy")
    })
  )

  it.effect("needs no actor: the server knows who asks", () =>
    Effect.gen(function* () {
      const context = yield* Effect.context<never>()
      assert.isFalse(context.mapUnsafe.has(Authorization.CurrentActor.key))
      const absent = yield* Effect.flip(client.getTaskRun({ runId: RunId.make(uuid) }))
      assert.strictEqual(absent._tag, "RunNotFound")
      assert.deepStrictEqual((yield* client.listAgents({ teamId: TeamId.make(uuid) })).items, [])
    })
  )
})
