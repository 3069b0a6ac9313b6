/**
 * The manager API, row for row: what every endpoint answers, over a real server whose one agent does
 * what its task says.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type ManagerServer, startManager } from "./ManagerServer.ts"

let server: ManagerServer
let doneTask: string
let runId: string

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

beforeAll(async () => {
  server = await startManager()
  const done = await server.command({ kind: "create_task", summary: "Mend the login" })
  assert.strictEqual(done.status, 200, done.text)
  doneTask = done.body.task_id
  runId = done.body.run_id
  await server.command({ kind: "create_task", summary: "Do fail" })
})

afterAll(() => server.close())

describe("a command", () => {
  it("creates a project, and refuses one that is there", async () => {
    const body = { kind: "create_project", project_id: "web", name: "The web" }
    const created = await server.command(body)
    assert.deepStrictEqual(
      [created.status, created.body],
      [200, { kind: "project_created", project_id: "web", summary: "The web" }]
    )
    const again = await server.command(body)
    assert.deepInclude(again.body, { code: "ProjectExists", project_id: "web" })
    assert.strictEqual(again.status, 409)
    const { body: unnamed } = await server.command({
      kind: "create_project",
      summary: "By summary"
    })
    assert.deepInclude(unnamed, { kind: "project_created", summary: "By summary" })
  })

  it("registers no folder for a project that it refuses, and repeats one under its key", async () => {
    const folder = "/src/of-nobody"
    const wish = { kind: "create_project", project_id: "demo", name: "X", repo_root: folder }
    assert.strictEqual((await server.command(wish)).status, 409)
    const { body: task } = await server.get(`/api/v1/tasks/${doneTask}`)
    const { body: repositories } = await server.get(`/api/v1/teams/${task.team_id}/repos`)
    assert.notInclude(JSON.stringify(repositories), folder)
    const key = { "idempotency-key": "project/1" }
    const keyed = { kind: "create_project", project_id: "keyed", name: "Keyed" }
    const [one, two] = [await server.command(keyed, key), await server.command(keyed, key)]
    assert.deepStrictEqual([two.status, two.body], [one.status, one.body])
  })

  it("creates a module of the default project or another one", async () => {
    const wanted = {
      kind: "create_module",
      module_id: "api",
      name: "API",
      description: "All of it"
    }
    const { body, status } = await server.command(wanted)
    const module = { kind: "module_created", project_id: "demo", module_id: "api", summary: "API" }
    assert.deepStrictEqual([status, body], [200, module])
    const missing = await server.command({ ...wanted, project_id: "nowhere" })
    assert.deepStrictEqual([missing.status, missing.body.code], [404, "ProjectNotFound"])
  })

  it("creates a task and dispatches it at once", async () => {
    const { body, status } = await server.command({
      kind: "create_task",
      session_id: "s-1",
      summary: "Write a test",
      task_type: " READ ",
      acceptance: "It is green",
      priority: 40
    })
    assert.strictEqual(status, 200)
    assert.hasAllKeys(body, ["kind", "project_id", "module_id", "task_id", "summary", "run_id"])
    assert.deepInclude(body, {
      kind: "completion",
      project_id: "demo",
      module_id: "module-default",
      summary: "Write a test"
    })
    assert.match(body.task_id, /^\d+$/)
    const { body: bench } = await server.get(`/api/manager/tasks/${body.task_id}/workbench`)
    assert.deepInclude(bench, { task_type: "read", acceptance: "It is green", priority: 40 })
  })

  it("takes null and empty text for what was not said", async () => {
    const { body } = await server.command({
      kind: "create_task",
      summary: "Plain",
      project_id: "",
      module_id: null,
      task_type: "",
      write_scope: " ",
      acceptance: null,
      priority: -3
    })
    assert.strictEqual(body.kind, "completion")
    const { body: bench } = await server.get(`/api/manager/tasks/${body.task_id}/workbench`)
    assert.deepInclude(bench, {
      task_type: "write",
      write_scope: "repo:demo",
      acceptance: "Plain",
      priority: 10
    })
  })

  it("answers a dispatch of what is done with what stands, and does nothing anew", async () => {
    const { body, status } = await server.command({ kind: "dispatch_task", task_id: doneTask })
    assert.strictEqual(status, 200)
    assert.deepInclude(body, { kind: "completion", task_id: doneTask, run_id: runId })
  })

  it("says which task it made when its run fails", async () => {
    const { body, status } = await server.command({ kind: "create_task", summary: "Do fail too" })
    assert.strictEqual(status, 500)
    assert.deepInclude(body, {
      error: "exit:1",
      code: "DispatchFailed",
      project_id: "demo",
      module_id: "module-default",
      task_state: "failed"
    })
    assert.match(body.task_id, /^\d+$/)
    assert.match(body.run_id, uuid)
  })

  it("makes one task under one key, and refuses the key for another wish", async () => {
    const key = { "idempotency-key": "manager/1" }
    const wish = { kind: "create_task", summary: "Only once" }
    const [one, two] = [await server.command(wish, key), await server.command(wish, key)]
    assert.strictEqual(two.body.task_id, one.body.task_id)
    const other = await server.command({ ...wish, summary: "Another" }, key)
    assert.deepStrictEqual([other.status, other.body.code], [409, "IdempotencyKeyReused"])
    const wrong = await server.command(wish, { "idempotency-key": "no spaces" })
    assert.deepStrictEqual([wrong.status, wrong.body.code], [400, "InvalidInput"])
  })
})

describe("the view of a task", () => {
  it("has its state, its run and whether somebody has to approve it", async () => {
    const { body, status } = await server.get(`/api/manager/tasks/${doneTask}?project_id=demo`)
    assert.strictEqual(status, 200)
    assert.deepStrictEqual(body, {
      task_id: doneTask,
      project_id: "demo",
      module_id: "module-default",
      summary: "Mend the login",
      state: "completed",
      priority: 10,
      run_id: runId,
      run_state: "completed",
      pending_approval: false
    })
  })
})

describe("the board", () => {
  it("has modules and tasks in columns that are not empty", async () => {
    const { body, status } = await server.get("/api/manager/projects/demo/board")
    assert.strictEqual(status, 200)
    assert.hasAllKeys(body, ["project_id", "modules", "tasks", "next_cursors"])
    assert.deepInclude(body.modules.Implementing, {
      module_id: "module-default",
      name: "Inbox",
      state: "active"
    })
    assert.includeMembers(Object.keys(body.tasks), ["Done", "Failed"])
    const [card] = body.tasks.Failed
    assert.hasAllKeys(card, [
      "task_id",
      "module_id",
      "summary",
      "state",
      "priority",
      "pending_approval"
    ])
    assert.notProperty(body.tasks, "Waiting Approval")
  })

  it("goes on in each column from its cursor", async () => {
    const first = await server.get("/api/manager/projects/demo/board?limit=1")
    assert.lengthOf(first.body.tasks.Done, 1)
    const cursor = encodeURIComponent(first.body.next_cursors.Done)
    const page = `/api/manager/projects/demo/board?limit=1&column=Done&cursor=${cursor}`
    const { body } = await server.get(page)
    assert.lengthOf(body.tasks.Done, 1)
    assert.notStrictEqual(body.tasks.Done[0].task_id, first.body.tasks.Done[0].task_id)
  })

  it("is there for pages too, with names in snake case", async () => {
    const modules = await server.get("/board/modules?project_id=demo")
    assert.deepStrictEqual(modules.status, 200)
    assert.hasAllKeys(modules.body, ["columns", "next_cursors"])
    assert.property(modules.body.columns, "Implementing")
    const tasks = await server.get("/board/tasks?project_id=demo")
    assert.property(tasks.body.columns, "Done")
    assert.property(tasks.body.columns.Done[0], "task_id")
  })

  it("leads from the older address of a run to its page", async () => {
    const { headers, status } = await server.get("/board/runs/a%20b&c")
    assert.strictEqual(status, 303)
    assert.strictEqual(headers["location"], "/board/runs/workbench?run_id=a%20b%26c")
  })
})
