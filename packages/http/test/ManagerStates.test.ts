/**
 * The manager API while the only agent is busy: answers come soon, and each state allows what it may.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type ManagerServer, startManager } from "./ManagerServer.ts"

let server: ManagerServer
let runningTask: string
let held: { readonly approval_id: string; readonly task_id: string; readonly kind: string }

beforeAll(async () => {
  server = await startManager({}, 1000)
  await server.command({ kind: "create_task", summary: "Be quick" })
  held = (await server.command({ kind: "create_task", summary: "git push origin main" })).body
  const began = Date.now()
  const { body } = await server.command({ kind: "create_task", summary: "Please wait" })
  assert.isBelow(Date.now() - began, 15_000)
  assert.deepInclude(body, { kind: "in_progress", summary: "Please wait" })
  runningTask = body.task_id
  // It is answered after its time, whether the agent has begun by then or not.
  while ((await benchOf(runningTask)).task_state !== "running") continue
})

afterAll(() => server.close())

const create = async (summary: string) => {
  const { body, status } = await server.command({ kind: "create_task", summary })
  assert.strictEqual(status, 200, JSON.stringify(body))
  return body
}

const benchOf = async (taskId: string) =>
  (await server.get(`/api/manager/tasks/${taskId}/workbench`)).body

const reasonsOf = async (taskId: string) => {
  const { disabled_reasons: reasons, task_state: state } = await benchOf(taskId)
  const { cancel, dispatch, reprioritize, retry } = reasons
  return { state, dispatch, cancel, reprioritize, retry }
}

const enabled = undefined

describe("a task", () => {
  it("that runs is dispatched no second time, and can be canceled", async () => {
    assert.deepStrictEqual(await reasonsOf(runningTask), {
      state: "running",
      dispatch: "Already running",
      cancel: enabled,
      reprioritize: enabled,
      retry: "Task not failed"
    })
    const again = await server.command({ kind: "dispatch_task", task_id: runningTask })
    assert.deepInclude(again.body, { kind: "in_progress", task_id: runningTask })
    const { body: view } = await server.get(`/api/manager/tasks/${runningTask}`)
    assert.deepInclude(view, { state: "running", run_state: "running" })
    const board = (await server.get("/api/manager/projects/demo/board")).body
    assert.strictEqual(board.tasks["In Progress"][0].task_id, runningTask)
  })

  it("that waits for an agent is ready, and its command is answered all the same", async () => {
    const { kind, task_id: taskId } = await create("Mend it later")
    assert.strictEqual(kind, "in_progress")
    assert.deepStrictEqual(await reasonsOf(taskId), {
      state: "ready",
      dispatch: enabled,
      cancel: enabled,
      reprioritize: enabled,
      retry: "Task not failed"
    })
    const dispatched = await server.post(`/api/manager/tasks/${taskId}/dispatch?project_id=demo`)
    assert.deepInclude(dispatched.body, { task_id: taskId, task_state: "ready" })
    const canceled = await server.post(`/api/manager/tasks/${taskId}/cancel`)
    assert.deepInclude(canceled.body, { task_state: "canceled", refresh_required: true })
    assert.deepStrictEqual(await reasonsOf(taskId), {
      state: "canceled",
      dispatch: "Task canceled",
      cancel: "Task canceled",
      reprioritize: "Task canceled",
      retry: "Task canceled"
    })
    const late = await server.command({ kind: "dispatch_task", task_id: taskId })
    assert.deepStrictEqual([late.status, late.body.task_state], [409, "canceled"])
  })

  it("that is approved waits for an agent, and starts without another approval", async () => {
    const { approval_id: id, kind, task_id: taskId } = held
    assert.strictEqual(kind, "approval_needed")
    const waiting = await reasonsOf(taskId)
    assert.deepInclude(waiting, { state: "waiting_approval", dispatch: "Waiting approval" })
    const approved = await server.post(`/api/manager/approvals/${id}/approve`)
    assert.strictEqual(approved.status, 200, approved.text)
    assert.deepInclude(approved.body, {
      approval_state: "approved",
      task_state: "approved_pending_dispatch"
    })
    assert.deepInclude(await reasonsOf(taskId), {
      state: "approved_pending_dispatch",
      dispatch: "Use approval workbench retry-dispatch",
      cancel: enabled
    })
    const bench = await benchOf(taskId)
    assert.strictEqual(
      bench.approval_workbench_url,
      `/board/approvals/workbench?project_id=demo&approval_id=${id}`
    )
    const retried = await server.post(`/api/manager/approvals/${id}/retry-dispatch`)
    assert.strictEqual(retried.status, 200, retried.text)
    const repeated = await server.command({ kind: "dispatch_task", task_id: taskId })
    assert.deepInclude(repeated.body, { kind: "in_progress", task_id: taskId })
    const queue = (await server.get("/api/manager/projects/demo/approvals")).body
    assert.deepStrictEqual(queue.items, [])

    await server.finish()
    const until = async (): Promise<string> => {
      const { body } = await server.get(`/api/manager/tasks/${taskId}`)
      return body.state === "completed" ? body.run_id : until()
    }
    const runId = await until()
    const { body: detail } = await server.get(`/api/manager/approvals/${id}`)
    assert.deepInclude(detail, {
      approval_state: "approved",
      task_state: "completed",
      run_id: runId,
      run_state: "completed",
      run_detail_url: `/board/runs/${runId}`,
      assistant_summary_preview: "It is done."
    })
  })
})

describe("a task that a person must agree to, while the only agent is busy", () => {
  it("is asked about at once, and runs once when the agent is free", async () => {
    // Far longer than the test may take: whoever waits for it fails.
    const busy = await startManager({}, 25_000)
    try {
      const waiting = busy.command({ kind: "create_task", summary: "Please wait" })
      const column = async (): Promise<string> => {
        const { body } = await busy.get("/api/manager/projects/demo/board")
        return body.tasks?.["In Progress"]?.[0].state === "running" ? "running" : column()
      }
      await column()
      const began = Date.now()
      const { body } = await busy.command({ kind: "create_task", summary: "git push origin main" })
      assert.isBelow(Date.now() - began, 15_000)
      const { approval_id: id, task_id: taskId } = body
      assert.deepInclude(body, { kind: "approval_needed", summary: "git push requires approval" })
      const again = await busy.command({ kind: "dispatch_task", task_id: taskId })
      assert.deepInclude(again.body, { kind: "approval_needed", approval_id: id })
      const queue = (await busy.get("/api/manager/projects/demo/approvals")).body
      assert.deepStrictEqual(
        queue.items.map((item: { readonly approval_id: string }) => item.approval_id),
        [id]
      )

      const approving = busy.post(`/api/manager/approvals/${id}/approve`)
      const reached = async (state: string): Promise<unknown> => {
        const view = (await busy.get(`/api/manager/tasks/${taskId}`)).body
        return view.state === state ? view : reached(state)
      }
      await reached("approved_pending_dispatch")
      await busy.finish()
      assert.strictEqual((await waiting).body.kind, "completion")
      assert.strictEqual((await approving).status, 200)
      assert.deepInclude(await reached("completed"), { approval_id: id, run_state: "completed" })
      const task = (await busy.get(`/api/v1/tasks/${taskId}`)).body
      assert.strictEqual(task.attempts, 1)
    } finally {
      await busy.finish()
      await busy.close()
    }
  })
})
