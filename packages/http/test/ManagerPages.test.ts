/**
 * The pages of the manager API, row for row: tasks, approvals, runs and artifacts, over a real server
 * whose one agent does what its task says.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type ManagerServer, startManager } from "./ManagerServer.ts"

let server: ManagerServer
let doneTask: string
let failedTask: string
let runId: string
let artifactId: string

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/

beforeAll(async () => {
  server = await startManager()
  const done = await server.command({ kind: "create_task", summary: "Mend the login" })
  assert.strictEqual(done.status, 200, done.text)
  doneTask = done.body.task_id
  runId = done.body.run_id
  failedTask = (await server.command({ kind: "create_task", summary: "Do fail" })).body.task_id
  const { artifacts } = (await server.get(`/api/manager/runs/${runId}/workbench`)).body
  artifactId = artifacts.find(({ kind }: { kind: string }) => kind === "assistant_summary").id
})

afterAll(() => server.close())

describe("the workbench of a task", () => {
  it("has all that a person acts on", async () => {
    const path = `/api/manager/tasks/${doneTask}/workbench?project_id=demo`
    const { body, status } = await server.get(path)
    assert.strictEqual(status, 200)
    assert.hasAllKeys(body, [
      "task_id",
      "project_id",
      "module_id",
      "summary",
      "task_state",
      "priority",
      "write_scope",
      "task_type",
      "acceptance",
      "latest_run_id",
      "latest_run_state",
      "latest_run_summary",
      "approval_workbench_url",
      "run_detail_url",
      "artifacts",
      "available_actions",
      "disabled_reasons"
    ])
    assert.deepInclude(body, {
      latest_run_summary: "local run is completed",
      approval_workbench_url: "/board/approvals/workbench?project_id=demo",
      run_detail_url: `/board/runs/${runId}`
    })
    assert.deepStrictEqual(
      body.available_actions.map(({ action_id }: { action_id: string }) => action_id),
      ["dispatch", "cancel", "reprioritize", "retry", "open_latest_run", "open_approval_workbench"]
    )
    assert.strictEqual(body.available_actions[2].current_value, 10)
    assert.deepStrictEqual(body.disabled_reasons, {
      dispatch: "Already completed",
      cancel: "Already completed",
      reprioritize: "Already completed",
      retry: "Task not failed",
      open_approval_workbench: "No approval history"
    })
  })

  it("lets a failed task be ready again, and canceled", async () => {
    const act = (action: string) => server.post(`/api/manager/tasks/${failedTask}/${action}`)
    const reprioritized = await server.post(
      `/api/manager/tasks/${failedTask}/reprioritize?project_id=demo`,
      { priority: 77 }
    )
    assert.deepInclude(reprioritized.body, {
      task_id: failedTask,
      refresh_required: true,
      message: "priority updated to 77"
    })
    const dispatched = await act("dispatch")
    assert.deepInclude(dispatched.body, {
      error: "task action conflict: dispatch unavailable: Use retry for failed tasks",
      code: "TaskActionConflict",
      task_id: failedTask,
      task_state: "failed",
      reason: "Use retry for failed tasks"
    })
    const retried = await act("retry")
    assert.deepStrictEqual(retried.status, 200, retried.text)
    assert.notProperty(retried.body, "message")
    const canceled = await server.command({ kind: "create_task", summary: "Do fail again" })
    const path = `/api/manager/tasks/${canceled.body.task_id}/cancel`
    assert.deepInclude((await server.post(path)).body, { task_state: "canceled" })
    const again = await server.post(path)
    assert.deepStrictEqual([again.status, again.body.reason], [409, "Task canceled"])
  })
})

describe("the workbench of a run", () => {
  it("has its state, its conclusion and where to go from it", async () => {
    const { body, status } = await server.get(`/api/manager/runs/${runId}/workbench`)
    assert.strictEqual(status, 200)
    assert.hasAllKeys(body, [
      "run_id",
      "task_id",
      "project_id",
      "module_id",
      "task_summary",
      "run_state",
      "runner_kind",
      "primary_summary",
      "run_created_at",
      "task_workbench_url",
      "run_workbench_url",
      "artifact_target_urls",
      "artifacts"
    ])
    assert.deepInclude(body, {
      task_id: doneTask,
      run_state: "completed",
      primary_summary: "It is done.",
      task_workbench_url: `/board/tasks/workbench?project_id=demo&task_id=${doneTask}`,
      run_workbench_url: `/board/runs/workbench?run_id=${runId}`
    })
    assert.match(body.run_created_at, instant)
    assert.strictEqual(
      body.artifact_target_urls[artifactId],
      `/board/artifacts/workbench?artifact_id=${artifactId}`
    )
  })
})

describe("an artifact", () => {
  it("has a page, siblings of its run, and raw bytes that a browser runs nothing of", async () => {
    const { body, status } = await server.get(`/api/manager/artifacts/${artifactId}/workbench`)
    assert.strictEqual(status, 200)
    assert.deepInclude(body, {
      artifact_id: artifactId,
      run_id: runId,
      task_id: doneTask,
      project_id: "demo",
      module_id: "module-default",
      kind: "assistant_summary",
      summary: "It is done.",
      content_type: "text/plain; charset=utf-8",
      preview: "It is done.",
      preview_truncated: false,
      run_workbench_url: `/board/runs/workbench?run_id=${runId}`,
      raw_content_url: `/api/manager/artifacts/${artifactId}/content`
    })
    assert.deepStrictEqual(
      body.siblings.map(({ selected }: { selected: boolean }) => selected).toSorted(),
      [false, true]
    )
    const raw = await server.get(body.raw_content_url)
    assert.deepStrictEqual([raw.status, raw.text], [200, "It is done."])
    assert.deepInclude(raw.headers, {
      "content-type": "text/plain; charset=utf-8",
      "content-length": "11",
      "x-content-type-options": "nosniff"
    })
    assert.match(String(raw.headers["content-disposition"]), /^inline; filename=/)
    assert.match(String(raw.headers["content-security-policy"]), /^sandbox/)
  })

  it("is compared with one before it, of which there is none at first", async () => {
    const { body, status } = await server.get(`/api/manager/artifacts/${artifactId}/compare`)
    assert.strictEqual(status, 200)
    assert.deepInclude(body, {
      previous: null,
      status: "no_previous",
      diff: null,
      limits: { max_compare_bytes: 65_536 },
      history: []
    })
    assert.hasAllKeys(body.messages, ["title", "detail"])
    assert.deepStrictEqual(body.navigation, {
      current_workbench_url: `/board/artifacts/workbench?artifact_id=${artifactId}`,
      back_to_run_url: `/board/runs/workbench?run_id=${runId}`
    })
    assert.match(body.current.created_at, instant)
  })

  it("is compared with that of the run before, when a failed task is tried again", async () => {
    const { body: failed } = await server.command({ kind: "create_task", summary: "Do fail here" })
    await server.post(`/api/manager/tasks/${failed.task_id}/retry`)
    const answer = await server.command({ kind: "dispatch_task", task_id: failed.task_id })
    assert.strictEqual(answer.status, 500, answer.text)
    assert.notStrictEqual(answer.body.run_id, failed.run_id)
    const { artifacts } = (await server.get(`/api/manager/runs/${answer.body.run_id}/workbench`))
      .body
    const latest = artifacts.find(({ kind }: { kind: string }) => kind === "run_log")
    const { body } = await server.get(
      `/api/manager/artifacts/${latest.id}/compare?previous_artifact_id=%20`
    )
    assert.deepInclude(body, { status: "ready" })
    assert.deepStrictEqual(body.diff, { format: "text/unified-diff", content: "" })
    const [one] = body.history
    assert.deepInclude(one, { run_id: failed.run_id, selected: true })
    assert.strictEqual(
      one.compare_url,
      `/board/artifacts/compare?artifact_id=${latest.id}&previous_artifact_id=${one.artifact_id}`
    )
    const wrong = `/api/manager/artifacts/${latest.id}/compare?previous_artifact_id=${latest.id}`
    const refused = await server.get(wrong)
    assert.deepStrictEqual(
      [refused.status, refused.body.error],
      [
        400,
        `artifact compare selection invalid: ${latest.id} is not inside the bounded recent ` +
          `history for ${latest.id}`
      ]
    )
  })
})
