/**
 * What the manager API refuses, row for row. Nothing that is the caller's mistake is a 500.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type ManagerServer, refused, startWithTask } from "./ManagerServer.ts"
import { token } from "./TestServer.ts"

let server: ManagerServer
let taskId: string
let artifactId: string

beforeAll(async () => {
  ;({ artifactId, server, taskId } = await startWithTask())
})

afterAll(() => server.close())

describe("a command", () => {
  const rows: ReadonlyArray<readonly [string, unknown, number, string, string?]> = [
    ["no kind", {}, 400, "UnsupportedAction", "unsupported manager-agent action: "],
    [
      "an unknown kind",
      { kind: "split_task" },
      400,
      "UnsupportedAction",
      "unsupported manager-agent action: split_task"
    ],
    ["the name of something else", { kind: "toString" }, 400, "UnsupportedAction"],
    ["a kind that is no text", { kind: 7 }, 400, "InvalidInput"],
    [
      "a priority that is no whole number",
      { kind: "create_task", priority: 1.5 },
      400,
      "InvalidInput"
    ],
    ["a priority as text", { kind: "create_task", priority: "9" }, 400, "InvalidInput"],
    [
      "a priority without end",
      { kind: "create_task", summary: "x", priority: 1e12 },
      400,
      "InvalidInput"
    ],
    [
      "a task without words",
      { kind: "create_task", summary: " " },
      400,
      "FieldRequired",
      "summary is required"
    ],
    [
      "a project without a name",
      { kind: "create_project" },
      400,
      "FieldRequired",
      "name is required"
    ],
    [
      "a module without a name",
      { kind: "create_module" },
      400,
      "FieldRequired",
      "name is required"
    ],
    [
      "a dispatch of nothing",
      { kind: "dispatch_task" },
      400,
      "FieldRequired",
      "task id is required"
    ],
    [
      "an unknown type",
      { kind: "create_task", summary: "x", task_type: "Delete" },
      400,
      "UnsupportedTaskType",
      "unsupported task type: Delete"
    ],
    [
      "an unknown project",
      { kind: "create_task", summary: "x", project_id: "no" },
      404,
      "ProjectNotFound"
    ],
    [
      "an unknown module",
      { kind: "create_task", summary: "x", module_id: "no" },
      404,
      "ModuleNotFound"
    ],
    [
      "a module of another project",
      { kind: "create_task", summary: "x", module_id: "m" },
      400,
      "OutsideProject",
      "module m does not belong to project demo"
    ],
    ["an unknown task", { kind: "dispatch_task", task_id: "999999" }, 404, "TaskActionNotFound"],
    [
      "a task id that is no number",
      { kind: "dispatch_task", task_id: "task-1" },
      404,
      "TaskActionNotFound"
    ],
    [
      "a scope that is none",
      { kind: "create_task", summary: "x", write_scope: "../../etc" },
      400,
      "InvalidInput"
    ],
    [
      "an id with a slash",
      { kind: "create_project", project_id: "a/../b", name: "x" },
      400,
      "InvalidInput"
    ],
    [
      "a module that is there",
      { kind: "create_module", module_id: "m", name: "x" },
      409,
      "ModuleExists"
    ],
    ["a text with a NUL", { kind: "create_task", summary: "a\0b" }, 400, "InvalidInput"],
    [
      "a text that is half a character",
      { kind: "create_task", summary: "\ud800" },
      400,
      "InvalidInput"
    ],
    [
      "a text without end",
      { kind: "create_task", summary: "x".repeat(200_000) },
      400,
      "InvalidInput"
    ]
  ]
  for (const [name, body, status, code, error] of rows) {
    it(`is refused with ${name}`, () => refused(server.command(body), status, code, error))
  }

  it("is refused for a task of another project", () =>
    refused(
      server.command({ kind: "dispatch_task", task_id: taskId, project_id: "other" }),
      400,
      "OutsideProject",
      `task ${taskId} does not belong to project other`
    ))

  it("makes nothing when it is refused", async () => {
    const { body } = await server.get("/api/manager/projects/demo/board")
    assert.lengthOf(Object.values(body.tasks).flat(), 1)
  })
})

describe("a request", () => {
  const path = "/api/manager/commands"
  const task = { kind: "create_task", summary: "From a page" }

  it("is refused with a body that is no JSON object", async () => {
    for (const body of ["{", "not json", "[]", "null", '"text"', "\ud800"]) {
      await refused(server.post(path, body), 400, "MalformedBody")
    }
    await refused(server.post(path), 400, "UnsupportedAction")
    const { kinds } = (await server.post(path)).body
    assert.deepStrictEqual(kinds, [
      "create_project",
      "create_module",
      "create_task",
      "dispatch_task"
    ])
  })

  it("is refused with another type of content, as pages of other sites send it", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const answer = server.post(path, JSON.stringify(task), { "content-type": type })
      await refused(answer, 415, "UnsupportedMediaType")
    }
  })

  it("is refused from another origin, or under another name", async () => {
    const foreign = { origin: "https://evil.example" }
    await refused(server.post(path, task, foreign), 403, "OriginNotAllowed")
    await refused(server.post(path, task, { host: "evil.example" }), 403, "HostNotAllowed")
    const crossSite = { "sec-fetch-site": "cross-site" }
    await refused(server.post(path, task, crossSite), 403, "OriginNotAllowed")
  })

  it("is refused without a token, or with one that is none", async () => {
    const none = server.request("POST", path, task, { authorization: "" })
    await refused(none, 401, "NotAuthenticated")
    const wrong = server.request("GET", `/api/manager/tasks/${taskId}`, undefined, {
      authorization: `Bearer ${token}x`
    })
    await refused(wrong, 401, "NotAuthenticated")
    const content = `/api/manager/artifacts/${artifactId}/content`
    const bytes = server.request("GET", content, undefined, { authorization: "" })
    await refused(bytes, 401, "NotAuthenticated")
  })

  it("is refused when it is too long or too deep", async () => {
    await refused(server.post(path, { ...task, name: "x".repeat(1_100_000) }), 413, "BodyTooLarge")
    const deep = `{"kind":${"[".repeat(100)}${"]".repeat(100)}}`
    const { body, status } = await server.post(path, deep)
    assert.deepStrictEqual([status, typeof body.error], [400, "string"])
  })
})
