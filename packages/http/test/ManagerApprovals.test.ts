/**
 * The approvals of the manager API, row for row, over a real server whose one agent does what its task
 * says.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type ManagerServer, startManager } from "./ManagerServer.ts"

let server: ManagerServer

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/

beforeAll(async () => {
  server = await startManager()
})

afterAll(() => server.close())

describe("an approval", () => {
  const held = async (summary: string) => {
    const { body } = await server.command({ kind: "create_task", summary })
    assert.strictEqual(body.kind, "approval_needed", JSON.stringify(body))
    return { id: String(body.approval_id), taskId: String(body.task_id), body }
  }

  it("is asked for, shown, given once, and then the work is done", async () => {
    const { body: asked, id, taskId } = await held("git push origin main")
    assert.strictEqual(asked.summary, "git push requires approval")
    const view = (await server.get(`/api/manager/tasks/${taskId}`)).body
    assert.deepInclude(view, {
      state: "waiting_approval",
      pending_approval: true,
      approval_id: id,
      approval_state: "pending",
      approval_reason: "git push requires approval"
    })
    const queue = await server.get("/api/manager/projects/demo/approvals")
    assert.deepInclude(queue.body.items, {
      approval_id: id,
      task_id: taskId,
      summary: "git push origin main",
      risk_level: "high",
      priority: 10
    })
    const { body: detail } = await server.get(`/api/manager/approvals/${id}`)
    assert.deepInclude(detail, {
      reason: "git push requires approval",
      approval_state: "pending",
      risk_level: "high",
      policy_rule: "strict.git_push",
      task_state: "waiting_approval",
      assistant_summary_preview: ""
    })
    assert.match(detail.created_at, instant)
    const approved = await server.post(`/api/manager/approvals/${id}/approve`)
    assert.strictEqual(approved.status, 200, approved.text)
    assert.deepInclude(approved.body, { approval_id: id, approval_state: "approved" })
    assert.match(approved.body.run_id, uuid)
    const done = await server.command({ kind: "dispatch_task", task_id: taskId })
    assert.deepInclude(done.body, { kind: "completion", run_id: approved.body.run_id })
    const again = await server.post(`/api/manager/approvals/${id}/approve`, {})
    assert.deepInclude(again.body, { approval_state: "approved", task_id: taskId })
    const opposite = await server.post(`/api/manager/approvals/${id}/reject`, {
      rejection_reason: "No"
    })
    assert.strictEqual(opposite.status, 409)
    assert.deepInclude(opposite.body, {
      code: "ApprovalActionConflict",
      approval_state: "approved",
      task_id: taskId
    })
    assert.match(opposite.body.error, /^approval action conflict: approval .* is already approved$/)
  })

  it("is rejected with a reason, which stands", async () => {
    const { id, taskId } = await held("git tag v1")
    for (const body of [undefined, {}, { rejection_reason: "  " }, { rejection_reason: null }]) {
      const blank = await server.post(`/api/manager/approvals/${id}/reject`, body)
      assert.deepStrictEqual(
        [blank.status, blank.body.error],
        [400, "rejection reason is required"]
      )
    }
    const reject = (reason: string) =>
      server.post(`/api/manager/approvals/${id}/reject`, { rejection_reason: reason })
    const rejected = await reject("Not today")
    assert.strictEqual(rejected.status, 200, rejected.text)
    assert.deepInclude(rejected.body, {
      approval_state: "rejected",
      rejection_reason: "Not today",
      task_id: taskId,
      task_state: "ready"
    })
    assert.deepInclude((await reject("Never")).body, { rejection_reason: "Not today" })
    const approved = await server.post(`/api/manager/approvals/${id}/approve`)
    assert.deepStrictEqual(
      [approved.status, approved.body.error],
      [409, `approval action conflict: approval ${id} is already rejected`]
    )
    const retried = await server.post(`/api/manager/approvals/${id}/retry-dispatch`)
    assert.strictEqual(retried.status, 409)
  })

  it("is in a queue by risk, then priority, then age", async () => {
    const low = await held("git tag v2")
    const high = await held("git push origin other")
    const critical = await held("rm -rf /")
    const { body } = await server.get("/api/manager/projects/demo/approvals?limit=2")
    const ids = body.items.map(({ approval_id }: { approval_id: string }) => approval_id)
    assert.deepStrictEqual(ids, [critical.id, high.id])
    const cursor = encodeURIComponent(body.next_cursor)
    const rest = await server.get(`/api/manager/projects/demo/approvals?cursor=${cursor}`)
    assert.deepStrictEqual(rest.body.items[0].approval_id, low.id)
    assert.notProperty(rest.body, "next_cursor")
  })

  it("is on the board of its project, in pages", async () => {
    const { id, taskId } = await held("git push origin board")
    await held("git tag v3")
    const { body, status } = await server.get("/board/approvals?project_id=demo&limit=200")
    assert.strictEqual(status, 200)
    assert.deepInclude(body.items, {
      approval_id: id,
      task_id: taskId,
      module_id: "module-default",
      summary: "git push origin board",
      reason: "git push requires approval",
      state: "pending"
    })
    const first = await server.get("/board/approvals?project_id=demo&limit=1")
    const cursor = encodeURIComponent(first.body.next_cursor)
    const next = await server.get(`/board/approvals?project_id=demo&limit=1&cursor=${cursor}`)
    assert.notStrictEqual(next.body.items[0].approval_id, first.body.items[0].approval_id)
    const none = await server.get("/board/approvals?project_id=nowhere")
    assert.deepStrictEqual([none.status, none.body.code], [404, "ProjectNotFound"])
  })

  it("is named where it was given and nothing begins", async () => {
    const { id, taskId } = await held("git push origin nowhere")
    // Two repositories and none named: nobody can tell which one is meant.
    for (const name of ["one", "two"]) {
      await server.command({ kind: "create_project", name, repo_root: `/src/${name}` })
    }
    for (const action of ["approve", "retry-dispatch"]) {
      const { body, status } = await server.post(`/api/manager/approvals/${id}/${action}`)
      assert.strictEqual(status, 409)
      assert.deepInclude(body, {
        code: "TaskHeld",
        task_id: taskId,
        task_state: "approved_pending_dispatch",
        approval_id: id,
        approval_state: "approved"
      })
    }
  })
})
