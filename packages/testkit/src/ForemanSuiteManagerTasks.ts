/**
 * What a manager sees of tasks and does with them: the board, the pages, the actions and the approvals.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import { Foreman, Identifier, ManagerTask } from "@foreman/core"
import { patient } from "./ForemanSuiteAgents.ts"
import { asked, command, onLocal } from "./ForemanSuiteManagerGiven.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { as, type Backend, call, personOf } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  boarding(backend)
  acting(backend)
  stopping(backend)
  approving(backend)
  hiding(backend)
}

// internal --------------------------------------------------------------------

interface Board {
  readonly tasks: Readonly<
    Record<string, ReadonlyArray<{ readonly task_id: string; readonly priority: number }>>
  >
  readonly modules: Readonly<Record<string, ReadonlyArray<{ readonly module_id: string }>>>
  readonly next_cursors: Readonly<Record<string, string>>
}

type Columns = { readonly columns: Board["tasks"] }

type Queue = { readonly items: ReadonlyArray<object> }

const board = (input: object) => asked<Board>("get_project_board", { project_id: "demo", ...input })

const prioritiesOf = ({ tasks }: Board, column: string) =>
  (tasks[column] ?? []).map(({ priority }) => priority)

/** No agent works here, and nobody is waited for. */
const idle = { isIdle: true, waitMillis: 1 } as const

const boarding = (backend: Backend) => {
  it.live("shows a project in columns, the most urgent first, in pages", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const urgencies = [3, 70, 20, 70, 1]
      const ids: Array<string> = []
      for (const priority of urgencies) {
        const made = yield* command({ kind: "create_task", summary: `At ${priority}`, priority })
        ids.push(made.task_id)
      }
      const taskId = Identifier.TaskId.make(Number(ids[4]))
      yield* client.changeTaskStatus({ taskId, status: "cancelled" })
      yield* command({ kind: "create_module", name: "Alpha" })
      const first = yield* board({ limit: 2 })
      assert.deepStrictEqual(Object.keys(first.tasks), ["Ready", "Canceled"])
      assert.deepStrictEqual(Object.keys(first.next_cursors), ["Ready"])
      assert.deepStrictEqual(prioritiesOf(first, "Ready"), [70, 70])
      assert.deepStrictEqual(
        first.tasks["Ready"]?.map(({ task_id }) => task_id),
        [ids[1], ids[3]]
      )
      assert.deepStrictEqual(Object.keys(first.modules), ["Backlog", "Implementing"])
      const more = { limit: 2, column: "Ready", cursor: first.next_cursors["Ready"] }
      const second = yield* board(more)
      assert.deepStrictEqual(prioritiesOf(second, "Ready"), [20, 3])
      assert.deepStrictEqual([second.next_cursors, second.modules], [{}, {}])
      const wish = { project_id: "demo", column: "Canceled" }
      const { columns } = yield* asked<Columns>("get_board_tasks", wish)
      assert.deepStrictEqual(Object.keys(columns), ["Canceled"])
      const unknown = yield* Effect.flip(board({ column: "Somewhere" }))
      assert.strictEqual(unknown.code, "InvalidInput")
      const none = yield* Effect.flip(board({ project_id: "none" }))
      assert.strictEqual(none.status, 404)
    }).pipe(onLocal(backend, undefined, idle))
  )
}

const acting = (backend: Backend) => {
  it.live("offers what its matrix says, and refuses the rest with its reason", () =>
    Effect.gen(function* () {
      const { task_id } = yield* command({ kind: "create_task", summary: "Wait" })
      const page = yield* call("get_task_workbench", { task_id, project_id: "demo" })
      assert.deepInclude(page, {
        task_state: "ready",
        write_scope: "repo:demo",
        task_type: "write",
        acceptance: "Wait",
        approval_workbench_url: "/board/approvals/workbench?project_id=demo",
        disabled_reasons: {
          retry: "Task not failed",
          open_latest_run: "No latest run",
          open_approval_workbench: "No approval history"
        }
      })
      const changed = yield* call("reprioritize_manager_task", { task_id, priority: 44 })
      assert.deepInclude(changed, { task_state: "ready", message: "priority updated to 44" })
      const low = call("reprioritize_manager_task", { task_id, priority: 0 })
      assert.deepInclude(yield* Effect.flip(low), {
        status: 400,
        message: "priority must be >= 1"
      })
      const retry = yield* Effect.flip(call("retry_manager_task", { task_id }))
      assert.deepInclude(retry, {
        status: 409,
        message: "task action conflict: retry unavailable: Task not failed"
      })
      assert.deepInclude(retry.facts, { task_id, task_state: "ready" })
      const canceled = yield* call("cancel_manager_task", { task_id })
      assert.deepInclude(canceled, { task_state: "canceled", refresh_required: true })
      for (const action of ManagerTask.Action.literals) {
        const wish = call(`${action}_manager_task`, { task_id, priority: 1 })
        const { message, status } = yield* Effect.flip(wish)
        const reason = `task action conflict: ${action} unavailable: Task canceled`
        assert.deepStrictEqual([status, message], [409, reason])
      }
      yield* command({ kind: "create_project", project_id: "shop", name: "Shop" })
      for (const project_id of ["none", "shop"]) {
        const elsewhere = [
          call("get_task_workbench", { task_id, project_id }),
          call("cancel_manager_task", { task_id, project_id })
        ]
        for (const look of elsewhere) assert.strictEqual((yield* Effect.flip(look)).status, 404)
      }
      const outside = yield* Effect.flip(call("get_manager_task", { task_id, project_id: "shop" }))
      assert.deepInclude(outside, {
        status: 400,
        message: `task ${task_id} does not belong to project shop`
      })
      const view = call("get_manager_task", { task_id: "77777" })
      assert.strictEqual((yield* Effect.flip(view)).code, "TaskActionNotFound")
    }).pipe(onLocal(backend, undefined, idle))
  )

  it.live("lets go of what keeps a task back when it is dispatched", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      // Two repositories and none named: nobody can tell which one is meant.
      yield* command({ kind: "create_project", name: "One", repo_root: "/src/one" })
      yield* command({ kind: "create_project", name: "Two", repo_root: "/src/two" })
      const held = yield* Effect.flip(command({ kind: "create_task", summary: "Which?" }))
      assert.deepInclude(held, { code: "TaskHeld", status: 409 })
      assert.deepInclude(held.facts, { hold: "repository_needed", task_state: "ready" })
      const task_id = String(held.facts["task_id"])
      const taskId = Identifier.TaskId.make(Number(task_id))
      const { teamId } = yield* client.getTask({ taskId })
      const again = yield* Effect.flip(call("dispatch_manager_task", { task_id }))
      assert.strictEqual(again.code, "TaskHeld")
      const [repository] = (yield* client.listRepositories({ teamId })).items
      assert(repository !== undefined)
      yield* client.updateTask({ taskId, repoIds: [repository.id] })
      const done = yield* command({ kind: "dispatch_task", task_id })
      assert.strictEqual(done.kind, "completion")
    }).pipe(onLocal(backend))
  )

  it.live("takes a failed task up again, and answers what its run came to", () => {
    const codes = [1, 0]
    const behaviour = () =>
      Effect.sync(() => ({ exitCode: codes.shift() ?? 0, output: "The answer.\n" }))
    return Effect.gen(function* () {
      const { facts } = yield* Effect.flip(command({ kind: "create_task", summary: "Twice" }))
      const task_id = String(facts["task_id"])
      const retried = yield* call("retry_manager_task", { task_id, project_id: "demo" })
      assert.deepInclude(retried, { task_state: "ready", latest_run_state: "failed" })
      const { kind, run_id } = yield* command({ kind: "dispatch_task", task_id })
      assert.strictEqual(kind, "completion")
      const run = yield* call("get_run_workbench", { run_id })
      assert.deepInclude(run, {
        task_id,
        run_state: "completed",
        runner_kind: "local",
        primary_summary: "The answer.",
        task_workbench_url: `/board/tasks/workbench?project_id=demo&task_id=${task_id}`,
        run_workbench_url: `/board/runs/workbench?run_id=${run_id}`
      })
      const none = call("get_run_workbench", { run_id: task_id })
      assert.strictEqual((yield* Effect.flip(none)).status, 404)
    }).pipe(onLocal(backend, behaviour))
  })
}

const stopping = (backend: Backend) => {
  it.live("stops the run of a task that it cancels", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      yield* Effect.gen(function* () {
        const { task_id } = yield* command({ kind: "create_task", summary: "Long" })
        yield* agent.begun
        const dispatch = yield* Effect.flip(call("dispatch_manager_task", { task_id }))
        assert.include(dispatch.message, "Already running")
        const canceled = yield* call("cancel_manager_task", { task_id })
        assert.deepInclude(canceled, { task_state: "canceled", latest_run_state: "canceled" })
        yield* agent.interrupted
      }).pipe(onLocal(backend, agent.behaviour, { waitMillis: 300 }))
    })
  )
}

const approving = (backend: Backend) => {
  it.live("asks a person about what the policy holds back, and goes on when they agree", () =>
    Effect.gen(function* () {
      const wish = { kind: "create_task", summary: "git push origin main", priority: 60 }
      const needed = yield* command(wish)
      const { approval_id, task_id } = needed
      assert.deepInclude(needed, { kind: "approval_needed", project_id: "demo" })
      assert.include(needed.summary, "git push")
      const again = yield* command({ kind: "dispatch_task", task_id })
      assert.deepStrictEqual([again.kind, again.approval_id], ["approval_needed", approval_id])
      const item = { approval_id, task_id, summary: wish.summary, priority: 60 }
      const { items } = yield* asked<Queue>("get_manager_approvals", { project_id: "demo" })
      assert.strictEqual(items.length, 1)
      assert.deepInclude(items[0], item)
      const blank = call("reject_manager_approval", { approval_id, rejection_reason: " " })
      assert.deepInclude(yield* Effect.flip(blank), {
        status: 400,
        message: "rejection reason is required"
      })
      const approved = yield* call("approve_manager_approval", { approval_id })
      assert.deepInclude(approved, { approval_state: "approved", task_id })
      assert.property(approved, "run_id")
      const done = yield* command({ kind: "dispatch_task", task_id })
      assert.strictEqual(done.kind, "completion")
      const repeated = yield* call("approve_manager_approval", { approval_id })
      assert.deepInclude(repeated, { approval_state: "approved", task_state: "completed" })
      const opposite = call("reject_manager_approval", { approval_id, rejection_reason: "No" })
      assert.deepInclude(yield* Effect.flip(opposite), {
        status: 409,
        message: `approval action conflict: approval ${approval_id} is already approved`
      })
      const detail = yield* call("get_manager_approval", { approval_id })
      assert.deepInclude(detail, { approval_state: "approved", task_state: "completed" })
    }).pipe(onLocal(backend))
  )

  it.live("asks anew about a task that was rejected when it is dispatched again", () =>
    Effect.gen(function* () {
      const first = yield* command({ kind: "create_task", summary: "git push origin main" })
      const { approval_id, task_id } = first
      const wish = { approval_id, rejection_reason: "Not today" }
      const rejected = yield* call("reject_manager_approval", wish)
      assert.deepInclude(rejected, {
        approval_state: "rejected",
        rejection_reason: "Not today",
        task_state: "ready"
      })
      const second = yield* command({ kind: "dispatch_task", task_id })
      assert.strictEqual(second.kind, "approval_needed")
      assert.notStrictEqual(second.approval_id, approval_id)
      const [organization] = (yield* Foreman.use(({ client }) => client.listOrganizations({})))
        .items
      yield* assertRebuilds(organization?.id ?? "")
    }).pipe(onLocal(backend))
  )
}

const hiding = (backend: Backend) => {
  it.live("shows nothing of the local team to who acts elsewhere, and takes no command", () =>
    Effect.gen(function* () {
      const { task_id } = yield* command({ kind: "create_task", summary: "Ours" })
      const { engineers, organization } = yield* TestForeman.givenTeam()
      const stranger = as(personOf(organization.id, "owner"))
      const looks = [
        call("get_project_board", { project_id: "demo" }),
        call("get_manager_task", { task_id }),
        call("get_task_workbench", { task_id }),
        call("cancel_manager_task", { task_id })
      ]
      for (const look of looks) {
        assert.strictEqual((yield* Effect.flip(stranger(look))).status, 404)
      }
      const wish = command({ kind: "create_task", summary: "Mine" })
      assert.strictEqual((yield* Effect.flip(stranger(wish))).code, "PermissionDenied")
      for (const engineer of engineers) {
        const asked = yield* Effect.flip(TestForeman.asAgent(engineer)(wish))
        assert.strictEqual(asked.code, "PermissionDenied")
      }
    }).pipe(onLocal(backend, undefined, idle))
  )
}
