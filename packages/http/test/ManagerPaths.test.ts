/**
 * What the manager API refuses by its path, row for row.
 *
 * Left out: artifacts without a run, which this Foreman never has, so nothing is "legacy" here (409).
 */
import { afterAll, beforeAll, describe, it } from "@effect/vitest"
import { type ManagerServer, refused, startWithTask } from "./ManagerServer.ts"

let server: ManagerServer
let taskId: string
let artifactId: string

const nobody = "01900000-0000-7000-8000-00000000dead"

beforeAll(async () => {
  ;({ artifactId, server, taskId } = await startWithTask())
})

afterAll(() => server.close())

describe("a path", () => {
  const task = (rest = "") => `/api/manager/tasks/${taskId}${rest}`
  const rows: ReadonlyArray<
    readonly [string, () => ReturnType<ManagerServer["get"]>, number, string, string?]
  > = [
    ["an unknown task", () => server.get("/api/manager/tasks/999999"), 404, "TaskActionNotFound"],
    [
      "a task id that is no number",
      () => server.get("/api/manager/tasks/task-7"),
      404,
      "TaskActionNotFound"
    ],
    [
      "a view in another project",
      () => server.get(task("?project_id=other")),
      400,
      "OutsideProject"
    ],
    ["a view in no project", () => server.get(task("?project_id=no")), 404, "ProjectNotFound"],
    [
      "a workbench in another project",
      () => server.get(task("/workbench?project_id=other")),
      404,
      "TaskActionNotFound"
    ],
    [
      "a workbench of no task",
      () => server.get("/api/manager/tasks/9/workbench"),
      404,
      "TaskActionNotFound"
    ],
    [
      "a workbench in no project",
      () => server.get(task("/workbench?project_id=no")),
      404,
      "ProjectNotFound"
    ],
    [
      "an action in another project",
      () => server.post(task("/cancel?project_id=other")),
      404,
      "TaskActionNotFound"
    ],
    [
      "an action on no task",
      () => server.post("/api/manager/tasks/9/retry"),
      404,
      "TaskActionNotFound"
    ],
    [
      "a dispatch of what is done",
      () => server.post(task("/dispatch")),
      409,
      "TaskActionConflict",
      "task action conflict: dispatch unavailable: Already completed"
    ],
    ["a cancel of what is done", () => server.post(task("/cancel")), 409, "TaskActionConflict"],
    ["a retry of what is done", () => server.post(task("/retry")), 409, "TaskActionConflict"],
    [
      "a priority for what is done",
      () => server.post(task("/reprioritize"), { priority: 5 }),
      409,
      "TaskActionConflict"
    ],
    [
      "a priority below 1",
      () => server.post(task("/reprioritize"), { priority: 0 }),
      400,
      "PriorityTooLow",
      "priority must be >= 1"
    ],
    ["a priority that is missing", () => server.post(task("/reprioritize")), 400, "InvalidInput"],
    [
      "a priority as text",
      () => server.post(task("/reprioritize"), { priority: "5" }),
      400,
      "InvalidInput"
    ],
    [
      "the board of no project",
      () => server.get("/api/manager/projects/no/board"),
      404,
      "ProjectNotFound"
    ],
    [
      "the approvals of no project",
      () => server.get("/api/manager/projects/no/approvals"),
      404,
      "ProjectNotFound"
    ],
    ["a page without a project", () => server.get("/board/tasks"), 400, "InvalidInput"],
    [
      "a page of no project",
      () => server.get("/board/modules?project_id=no"),
      404,
      "ProjectNotFound"
    ],
    [
      "a page that is too long",
      () => server.get("/board/tasks?project_id=demo&limit=100000"),
      400,
      "InvalidInput"
    ],
    [
      "a cursor that is none",
      () => server.get("/api/manager/projects/demo/board?column=Done&cursor=x"),
      400,
      "InvalidInput"
    ],
    [
      "a column that is none",
      () => server.get("/api/manager/projects/demo/board?column=Lost"),
      400,
      "InvalidInput"
    ],
    [
      "no approval",
      () => server.get(`/api/manager/approvals/${nobody}`),
      404,
      "ApprovalActionNotFound"
    ],
    [
      "an approval id that is none",
      () => server.get("/api/manager/approvals/approval-1"),
      404,
      "ApprovalActionNotFound"
    ],
    [
      "approving nothing",
      () => server.post(`/api/manager/approvals/${nobody}/approve`),
      404,
      "ApprovalActionNotFound"
    ],
    [
      "rejecting nothing",
      () => server.post(`/api/manager/approvals/${nobody}/reject`, { rejection_reason: "x" }),
      404,
      "ApprovalActionNotFound"
    ],
    [
      "dispatching nothing again",
      () => server.post(`/api/manager/approvals/${nobody}/retry-dispatch`),
      404,
      "ApprovalActionNotFound"
    ],
    [
      "no run",
      () => server.get(`/api/manager/runs/${nobody}/workbench`),
      404,
      "RunWorkbenchNotFound"
    ],
    [
      "a run id that is none",
      () => server.get("/api/manager/runs/run-1/workbench"),
      404,
      "RunWorkbenchNotFound"
    ],
    [
      "no artifact",
      () => server.get(`/api/manager/artifacts/${nobody}/workbench`),
      404,
      "ArtifactNotFound",
      `artifact workbench not found: ${nobody}`
    ],
    [
      "an artifact id that is none",
      () => server.get("/api/manager/artifacts/x/workbench"),
      404,
      "ArtifactNotFound"
    ],
    [
      "comparing nothing",
      () => server.get(`/api/manager/artifacts/${nobody}/compare`),
      404,
      "ArtifactNotFound",
      `artifact compare not found: ${nobody}`
    ],
    [
      "the bytes of nothing",
      () => server.get(`/api/manager/artifacts/${nobody}/content`),
      404,
      "ArtifactNotFound"
    ],
    [
      "the bytes of what is no id",
      () => server.get("/api/manager/artifacts/x/content"),
      404,
      "ArtifactNotFound"
    ],
    [
      "comparing with something else",
      () =>
        server.get(`/api/manager/artifacts/${artifactId}/compare?previous_artifact_id=${nobody}`),
      400,
      "CompareSelectionInvalid"
    ],
    ["an unknown path", () => server.get("/api/manager/nothing"), 404, "NotFound"],
    ["an unknown gateway", () => server.post("/gateways/other/command", {}), 404, "NotFound"],
    ["another method", () => server.get("/api/manager/commands"), 405, "MethodNotAllowed"],
    ["a path that cannot be read", () => server.get("/api/manager/tasks/%"), 404, "NotFound"]
  ]
  for (const [name, ask, status, code, error] of rows) {
    it(`is refused for ${name}`, () => refused(ask(), status, code, error))
  }
})
