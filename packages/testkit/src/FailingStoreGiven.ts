/**
 * The words in which the scenarios of commands over a store that fails are written.
 *
 * @internal
 */
import { Effect } from "effect"

import {
  type Authorization,
  Foreman,
  type Identifier,
  type Shell,
  type StoreClock
} from "@foreman/core"
import * as Approvals from "./ForemanSuiteApprovalsGiven.ts"
import { walk } from "./ForemanSuiteSubject.ts"
import { asOperator, type GivenTeam, givenTask } from "./TestForeman.ts"

// models ----------------------------------------------------------------------

/**
 * Does all that comes before a command, and gives the command, to be called under a key.
 *
 * @category models
 * @since 0.1.0
 */
export type Prepare = (
  given: GivenTeam
) => Effect.Effect<
  (key: string) => Effect.Effect<unknown, unknown, Foreman>,
  never,
  Foreman | Shell.Shell | StoreClock.StoreClock
>

type Client = Foreman["Service"]["client"]

// testing ---------------------------------------------------------------------

/** A command of the operator, unless it says whose it is. */
export const ready = (
  call: (
    client: Client,
    options: Authorization.CallOptions
  ) => Effect.Effect<unknown, unknown, Authorization.CurrentActor | Foreman>
): ReturnType<Prepare> =>
  Foreman.useSync(
    ({ client }) =>
      (idempotencyKey: string) =>
        asOperator(call(client, { idempotencyKey }))
  )

/** What goes well, done by the operator. */
export const sure = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, never, Exclude<R, Authorization.CurrentActor>> =>
  Effect.orDie(asOperator(effect))

/** Sends back a task that is in progress three times, after which it is held. */
export const sendBack = Effect.fnUntraced(function* (
  taskId: Identifier.TaskId
): Effect.fn.Return<void, never, Foreman> {
  const { client } = yield* Foreman
  for (const _ of [1, 2, 3]) {
    yield* sure(walk(taskId, "in_review"))
    yield* sure(client.requestReview({ taskId, reviewerType: "user" }))
    yield* sure(client.rejectTask({ taskId, summary: "Once more" }))
  }
})

/** An approval that a task of the team waits for, and what tries to begin it. */
export const givenApproval = Effect.fnUntraced(function* (given: GivenTeam) {
  const { client } = yield* Foreman
  yield* sure(client.updateTeamSettings({ teamId: given.team.id, approvalPolicy: "strict" }))
  const { id: taskId } = yield* givenTask(given, { title: Approvals.risky })
  const dispatch = yield* Approvals.dispatcherOf(given)
  yield* dispatch(taskId)
  const { id: approvalId } = yield* Approvals.pendingOf(taskId)
  return { approvalId, dispatch, taskId }
})

/** An approval that was given, of a task that cannot begin all the same. */
export const givenStuck = Effect.fnUntraced(function* (given: GivenTeam) {
  const { client } = yield* Foreman
  const { approvalId, dispatch, taskId } = yield* givenApproval(given)
  yield* sure(client.approveApproval({ approvalId }))
  // With a second repository nobody can tell which one is meant.
  const place = { localPath: "/repositories/second", defaultBranch: "main", config: {} }
  yield* sure(client.registerRepository({ teamId: given.team.id, name: "second", ...place }))
  yield* dispatch(taskId)
  return approvalId
})
