import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { start, type TestServer } from "./TestServer.ts"

let server: TestServer
let orgId: string
let teamId: string
let agentId: string

const uuid = "01900000-0000-7000-8000-000000000000"
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

const get = (path: string) => server.request("GET", `/api/v1${path}`)
const post = (path: string, body: unknown) => server.request("POST", `/api/v1${path}`, body)

beforeAll(async () => {
  server = await start()
  orgId = (await post("/orgs", { name: "Acme", slug: "acme" })).body.id
  teamId = (await post(`/orgs/${orgId}/teams`, { name: "Web", slug: "web" })).body.id
  agentId = (await post(`/teams/${teamId}/agents`, { name: "ada" })).body.id
})

afterAll(() => server.close())

const refused = async (
  answer: ReturnType<typeof get>,
  status: number,
  code: string,
  detail?: string
) => {
  const { body, status: actual } = await answer
  assert.deepStrictEqual([actual, body.code], [status, code])
  if (detail !== undefined) assert.strictEqual(body.detail, detail)
}

/** A refused input: a list with the place of every wrong field. */
const invalid = async (answer: ReturnType<typeof get>, ...places: ReadonlyArray<string>) => {
  const { body, status } = await answer
  assert.deepStrictEqual([status, body.code], [422, "InvalidInput"])
  assert.deepStrictEqual(
    body.detail.map(({ loc }: { loc: ReadonlyArray<string> }) => loc.join(".")),
    places
  )
}

describe("tasks", () => {
  it("are created with what the contract gives them", async () => {
    const { body, status } = await post(`/teams/${teamId}/tasks`, { title: "Fix the login" })
    assert.strictEqual(status, 201)
    assert.deepInclude(body, {
      team_id: teamId,
      title: "Fix the login",
      description: "",
      status: "todo",
      priority: "medium",
      dri_id: null,
      assignee_id: null,
      depends_on: [],
      repo_ids: [],
      tags: [],
      completed_at: null
    })
    assert.isString(body.branch)
    assert.match(body.updated_at, instant)
    assert.deepStrictEqual((await get(`/tasks/${body.id}`)).body, body)
  })

  it("are refused with a wrong field, an unknown team or agent, or a dependency that is none", async () => {
    const tasks = `/teams/${teamId}/tasks`
    await invalid(post(tasks, {}), "body.title")
    await invalid(
      post(tasks, { title: "x".repeat(501), priority: "now" }),
      "body.title",
      "body.priority"
    )
    await invalid(post(tasks, { title: "x", depends_on: ["a"] }), "body.depends_on.0")
    await refused(post(`/teams/${uuid}/tasks`, { title: "x" }), 404, "TeamNotFound")
    await refused(post(tasks, { title: "x", assignee_id: uuid }), 404, "AgentNotFound")
    await refused(post(tasks, { title: "x", depends_on: [999_999] }), 409, "DependencyMissing")
  })

  it("are listed newest first, page by page, and by what is asked for", async () => {
    const { body: team } = await post(`/orgs/${orgId}/teams`, { name: "Lists", slug: "lists" })
    const tasks = `/teams/${team.id}/tasks`
    for (const title of ["One", "Two", "Three"]) await post(tasks, { title })
    const first = await get(`${tasks}?limit=2&status=todo`)
    const titles = ({ body }: typeof first) => body.map(({ title }: { title: string }) => title)
    assert.deepStrictEqual(titles(first), ["Three", "Two"])
    const [, next] = /^<([^>]+)>; rel="next"$/.exec(String(first.headers["link"])) ?? []
    const second = await server.request("GET", next ?? "")
    assert.deepStrictEqual(titles(second), ["One"])
    assert.isUndefined(second.headers["link"])
    assert.deepStrictEqual(titles(await get(`${tasks}?limit=1&offset=1`)), ["Two"])
    assert.deepStrictEqual(titles(await get(`${tasks}?status=done`)), [])
    assert.deepStrictEqual(titles(await get(`${tasks}?status=nonsense`)), [])
    assert.deepStrictEqual(titles(await get(`${tasks}?assignee_id=${agentId}`)), [])
    for (const limit of ["0", "501", "x", "1&limit=2", "0x10", " 1"]) {
      await invalid(get(`${tasks}?limit=${encodeURI(limit)}`), "query.limit")
    }
    await invalid(get(`${tasks}?offset=-1`), "query.offset")
  })

  it("go on from a page that was reached by an offset without passing over anything twice", async () => {
    const { body: team } = await post(`/orgs/${orgId}/teams`, { name: "Offsets", slug: "offsets" })
    for (const title of ["1", "2", "3", "4"]) await post(`/teams/${team.id}/tasks`, { title })
    const first = await get(`/teams/${team.id}/tasks?limit=1&offset=1`)
    const [, next] = /^<([^>]+)>/.exec(String(first.headers["link"])) ?? []
    const second = await server.request("GET", next ?? "")
    assert.deepStrictEqual([first.body[0].title, second.body[0].title], ["3", "2"])
  })

  it("are changed field by field; null is not given", async () => {
    const { body: task } = await post(`/teams/${teamId}/tasks`, { title: "Old", tags: ["a"] })
    const patch = (body: unknown, id = task.id) =>
      server.request("PATCH", `/api/v1/tasks/${id}`, body)
    const { body, status } = await patch({ title: "New", tags: null, status: "done" })
    assert.strictEqual(status, 200)
    assert.deepInclude(body, { title: "New", tags: ["a"], status: "todo" })
    await refused(patch({ title: "x" }, 999_999), 404, "TaskNotFound", "Task not found")
    await invalid(patch({ priority: "now" }), "body.priority")
  })

  it("move along their workflow, and say what is allowed where they do not", async () => {
    const tasks = `/teams/${teamId}/tasks`
    const { body: first } = await post(tasks, { title: "First" })
    const { body: second } = await post(tasks, { title: "Second", depends_on: [first.id] })
    const move = (id: number, body: unknown) => post(`/tasks/${id}/status`, body)
    await refused(
      move(first.id, { status: "done" }),
      409,
      "IllegalMove",
      "Cannot transition from 'todo' to 'done'. Allowed: {'cancelled', 'in_progress'}"
    )
    const blocked = await move(second.id, { status: "in_progress" })
    assert.deepInclude(blocked, { status: 409 })
    assert.deepInclude(blocked.body, {
      detail: `Blocked by unresolved dependencies: task ${first.id} (todo)`,
      code: "BlockedByDependencies",
      blocked_by: [{ task_id: first.id, status: "todo" }]
    })
    const moved = await move(first.id, { status: "in_progress" })
    assert.deepStrictEqual([moved.status, moved.body.status], [200, "in_progress"])
    await refused(move(999_999, { status: "done" }), 404, "TaskNotFound", "Task 999999 not found")
    await invalid(
      move(first.id, { status: "gone", actor_id: "me" }),
      "body.status",
      "body.actor_id"
    )
    await invalid(post("/tasks/abc/status", { status: "done" }), "path.task_id")
  })

  it("are assigned to agents that exist", async () => {
    const { body: task } = await post(`/teams/${teamId}/tasks`, { title: "Whose" })
    const assign = (id: number, assignee: string) =>
      post(`/tasks/${id}/assign`, { assignee_id: assignee })
    const { body, status } = await assign(task.id, agentId)
    assert.deepStrictEqual([status, body.assignee_id], [200, agentId])
    await refused(assign(task.id, uuid), 404, "AgentNotFound")
    await refused(assign(999_999, agentId), 404, "TaskNotFound")
  })

  it("tell what happened to them, oldest first", async () => {
    const { body: task } = await post(`/teams/${teamId}/tasks`, { title: "Told" })
    await post(`/tasks/${task.id}/status`, { status: "in_progress" })
    const { body, status } = await get(`/tasks/${task.id}/events`)
    assert.strictEqual(status, 200)
    assert.deepStrictEqual(
      body.map(({ type }: { type: string }) => type),
      ["task.created", "task.status_changed"]
    )
    assert.containsAllKeys(body[0], ["id", "type", "data", "metadata", "created_at"])
    assert.match(body[0].created_at, /\+00:00$/)
    assert.deepStrictEqual((await get("/tasks/999999/events")).body, [])
  })
})
