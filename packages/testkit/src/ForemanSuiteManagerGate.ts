/**
 * What a manager is told at once of a task that a person must agree to, whether an agent is free or not.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import { Doctor, Foreman, Identifier, Shell } from "@foreman/core"
import { patient } from "./ForemanSuiteAgents.ts"
import { asked, command, counted, onLocal } from "./ForemanSuiteManagerGiven.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, call, numbers } from "./ForemanSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  asking(backend)
  repeating(backend)
  leaving(backend)
}

// internal --------------------------------------------------------------------

/** Longer than any of these tests may take: whoever waits for it fails. */
const patience = { waitMillis: 60_000 } as const

const risky = "git push origin main"

const asking = (backend: Backend) => {
  it.live("asks a person at once while the only agent is busy, and runs once when it is free", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      yield* Effect.gen(function* () {
        const busy = yield* Effect.forkScoped(command({ kind: "create_task", summary: "Think" }))
        yield* agent.begun
        const needed = yield* command({ kind: "create_task", summary: risky }, "key")
        assert.deepInclude(needed, { kind: "approval_needed", summary: pushing })
        const { approval_id, task_id } = needed
        const again = [
          command({ kind: "create_task", summary: risky }, "key"),
          command({ kind: "dispatch_task", task_id })
        ]
        for (const one of again) assert.deepInclude(yield* one, { approval_id, task_id })
        const { client } = yield* Foreman
        const taskId = Identifier.TaskId.make(Number(task_id))
        const [engineer] = yield* engineers
        const held = yield* client.getTask({ taskId })
        assert.deepStrictEqual([held.assigneeId, held.hold], [engineer, "approval"])
        yield* client.approveApproval({ approvalId: Identifier.ApprovalId.make(approval_id) })
        yield* agent.finish
        const done = yield* command({ kind: "dispatch_task", task_id })
        assert.strictEqual(done.kind, "completion")
        const { attempts } = yield* client.getTask({ taskId })
        assert.strictEqual(attempts, 1)
        assert.deepInclude(yield* counted, {
          "approval.requested": 1,
          "approval.used": 1,
          "run.queued": 2
        })
        const other = yield* Effect.timeout(Fiber.join(busy), "20 seconds")
        assert.strictEqual(other.kind, "completion")
        const [organization] = (yield* client.listOrganizations({})).items
        yield* assertRebuilds(organization?.id ?? "")
        const { driver } = yield* Shell.Shell
        const { findings } = yield* Doctor.check(driver, { invariants: ["I-16", "I-17"] })
        assert.sameMembers(
          findings.map(({ id }) => id),
          ["I-16", "I-17"]
        )
        for (const { examined, samples } of findings) {
          assert.isAbove(examined, 0)
          assert.deepStrictEqual(samples, [])
        }
      }).pipe(onLocal(backend, agent.behaviour, patience))
    })
  )
}

const pushing = "git push requires approval"

/** The engineers of the local team, in the order in which they are given tasks. */
const engineers = Effect.gen(function* () {
  const { client } = yield* Foreman
  const [organization] = (yield* client.listOrganizations({})).items
  assert(organization !== undefined)
  const [team] = (yield* client.listTeams({ orgId: organization.id })).items
  assert(team !== undefined)
  const { items } = yield* client.listAgents({ teamId: team.id })
  return items.filter(({ role }) => role === "engineer").map(({ id }) => id)
})

const repeating = (backend: Backend) => {
  it.live("asks once, whoever dispatches the same task at the same time", () =>
    Effect.gen(function* () {
      const { client, dryRun } = yield* Foreman
      const { task_id } = yield* command({ kind: "create_task", summary: "Wait" })
      const taskId = Identifier.TaskId.make(Number(task_id))
      yield* client.updateTask({ taskId, title: risky })
      const { events } = yield* dryRun.managerCommand({ kind: "dispatch_task", taskId: task_id })
      assert.deepStrictEqual(
        events.map(({ type }) => type),
        ["task.assigned", "approval.requested", "task.approval_changed", "task.held"]
      )
      assert.notProperty(yield* counted, "approval.requested")
      const dispatch = command({ kind: "dispatch_task", task_id })
      const answers = yield* Effect.forEach(numbers(4), () => dispatch, {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([...new Set(answers.map(({ kind }) => kind))], ["approval_needed"])
      assert.strictEqual(new Set(answers.map(({ approval_id }) => approval_id)).size, 1)
      assert.deepInclude(yield* counted, { "approval.requested": 1, "task.assigned": 1 })
    }).pipe(onLocal(backend, undefined, { isIdle: true, waitMillis: 1 }))
  )

  it.live("asks when the task's own page dispatches it", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { task_id } = yield* command({ kind: "create_task", summary: "Wait" })
      const taskId = Identifier.TaskId.make(Number(task_id))
      yield* client.updateTask({ taskId, title: risky })
      const answer = yield* call("dispatch_manager_task", { task_id })
      assert.deepInclude(answer, { task_state: "waiting_approval" })
    }).pipe(onLocal(backend, undefined, { isIdle: true, waitMillis: 1 }))
  )
}

const leaving = (backend: Backend) => {
  it.live("leaves what the policy allows to the dispatcher as it stands", () =>
    Effect.gen(function* () {
      const { task_id } = yield* command({ kind: "create_task", summary: "Mend it" })
      const before = yield* counted
      const answer = yield* command({ kind: "dispatch_task", task_id })
      assert.strictEqual(answer.kind, "in_progress")
      assert.deepStrictEqual(yield* counted, before)
      type View = { readonly state: string }
      const { state } = yield* asked<View>("get_manager_task", { task_id })
      assert.strictEqual(state, "ready")
    }).pipe(onLocal(backend, undefined, { isIdle: true, waitMillis: 1 }))
  )

  it.live("says at once that nobody is there who could do it", () =>
    Effect.gen(function* () {
      for (const summary of ["Mend it", risky]) {
        const wish = { kind: "create_task", summary }
        const refusal = yield* Effect.flip(command(wish, summary.slice(0, 3)))
        assert.deepInclude(refusal, { code: "AgentNeeded", status: 409 })
        assert.deepInclude(refusal.facts, { task_state: "ready", project_id: "demo" })
        const { task_id } = refusal.facts
        const again = yield* Effect.flip(command(wish, summary.slice(0, 3)))
        assert.strictEqual(again.facts["task_id"], task_id)
        const dispatch = yield* Effect.flip(call("dispatch_manager_task", { task_id }))
        assert.strictEqual(dispatch.code, "AgentNeeded")
      }
      assert.deepInclude(yield* counted, { "task.created": 2 })
      assert.notProperty(yield* counted, "approval.requested")
    }).pipe(onLocal(backend, undefined, { ...patience, hasRunner: false }))
  )
}
