/**
 * What the tests of approvals begin with: a team that is judged, a dispatcher to ask, an approval.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"

import {
  type Approval,
  type ApprovalPolicy,
  Foreman,
  Identifier,
  Policies,
  Projection,
  Shell,
  StoreClock,
  Tokens
} from "@foreman/core"
import * as ApprovalGate from "@foreman/core/services/ApprovalGate"
import * as Attempts from "@foreman/core/services/Attempts"
import * as Tenure from "@foreman/core/services/Tenure"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * A title that the strict policy asks a person about.
 *
 * @category testing
 * @since 0.1.0
 */
export const risky = "git push origin main"

/**
 * A team whose tasks are judged strictly.
 *
 * @category testing
 * @since 0.1.0
 */
export const strictTeam = (options: TestForeman.TeamOptions = {}) =>
  TestForeman.givenTeam({
    ...options,
    settings: { approvalPolicy: "strict", ...options.settings }
  })

/**
 * What the dispatcher of an organisation does to begin a task, here for the first of its engineers.
 * Answers how the task stands then.
 *
 * @category testing
 * @since 0.1.0
 */
export const dispatcherOf = Effect.fnUntraced(function* (
  { engineers, organization }: TestForeman.GivenTeam,
  policies: ReadonlyArray<ApprovalPolicy.Policy> = []
) {
  const shell = yield* Shell.Shell
  const clock = yield* StoreClock.StoreClock
  const wanted = { organization: organization.id, name: "dispatcher", holder: "test" }
  const tenure = yield* Tenure.acquire(shell, clock, { ...wanted, ttlMillis: 60_000 })
  const [engineer] = engineers
  assert(tenure !== undefined && engineer !== undefined)
  return Effect.fnUntraced(function* (taskId: Identifier.TaskId) {
    const runId = Identifier.RunId.make(SecureRandom.uuidV7Unsafe())
    const issued = yield* Tokens.issue(runId, Number.MAX_SAFE_INTEGER)
    const own = Policies.make(policies)
    const { client } = yield* Foreman
    const wish = { taskId, agentId: engineer.id, runId, issued, policies: own }
    yield* Effect.catchTag(Attempts.queue(shell, tenure, wish), "NotStarted", () => Effect.void)
    return yield* TestForeman.asOperator(client.getTask({ taskId }))
  }, Effect.orDie)
}, Effect.orDie)

/**
 * Asks for the approval of a task's dispatch as if it had been asked at an instant.
 *
 * @category testing
 * @since 0.1.0
 */
export const askedAt = Effect.fnUntraced(function* (
  { engineers, organization }: TestForeman.GivenTeam,
  taskId: Identifier.TaskId,
  now: number
) {
  const shell = yield* Shell.Shell
  const runId = Identifier.RunId.make(SecureRandom.uuidV7Unsafe())
  yield* TestForeman.asOperator(
    shell.transact(
      { organization: organization.id },
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(`task:${taskId}`)
        const task = yield* session.get(Projection.tasks, { id: taskId })
        const agent = yield* session.get(Projection.agents, { id: engineers[0]?.id ?? "" })
        assert(task !== undefined && agent !== undefined)
        const intent = { task, agent, repository: null, runId, now }
        const { events } = yield* ApprovalGate.pass(session, Policies.make(), intent)
        return { events, answer: () => null }
      })
    )
  )
}, Effect.orDie)

/**
 * The only pending approval of a task.
 *
 * @category testing
 * @since 0.1.0
 */
export const pendingOf: (
  taskId: Identifier.TaskId
) => Effect.Effect<Approval.Approval, never, Foreman> = Effect.fnUntraced(function* (
  taskId: Identifier.TaskId
) {
  const { client } = yield* Foreman
  const { items } = yield* TestForeman.asOperator(client.listApprovals({ taskId }))
  const pending = items.filter(({ status }) => status === "pending")
  assert.strictEqual(pending.length, 1)
  assert(pending[0] !== undefined)
  return pending[0]
}, Effect.orDie)

/**
 * A strict team with one risky task, which its dispatcher has tried to begin.
 *
 * @category testing
 * @since 0.1.0
 */
export const givenPending = Effect.fnUntraced(function* (options: TestForeman.TeamOptions = {}) {
  const given = yield* strictTeam(options)
  const { id: taskId } = yield* TestForeman.givenTask(given, { title: risky })
  const dispatch = yield* dispatcherOf(given)
  const task = yield* dispatch(taskId)
  return { ...given, taskId, task, dispatch, approval: yield* pendingOf(taskId) }
})
