/**
 * How a human request begins.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import type * as Operations from "../operations/HumanRequestOperations.ts"
import { NotYourTask, principalOf } from "../rules/Actor.ts"
import { AgentNotFound } from "../rules/Agent.ts"
import * as HumanRequest from "../rules/HumanRequest.ts"
import { HumanRequestId } from "../rules/Identifier.ts"
import { TaskNotFound } from "../rules/Task.ts"
import { TeamNotFound } from "../rules/Team.ts"
import * as CommandApprovals from "./CommandApprovals.ts"
import { lookUp } from "./Directory.ts"
import type { Method } from "./Method.ts"
import * as Projection from "./Projection.ts"
import { decided, type Shell } from "./Shell.ts"
import { onBehalfOf } from "./Standing.ts"

// models ----------------------------------------------------------------------

type Wish = Omit<Parameters<Method<typeof Operations.askHuman>>[0], "wait">

// services --------------------------------------------------------------------

/**
 * Asks, and where it is a question of whether an agent may do something, asks for the approval too.
 *
 * @category services
 * @since 0.1.0
 */
export const ask = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  { taskId: named = null, timeoutMinutes = null, ...wish }: Wish,
  judged?: CommandApprovals.Judged
) {
  const { agentId, teamId } = wish
  const actor = yield* CurrentActor
  yield* onBehalfOf(agentId)
  const taskId = named ?? actor.run?.taskId ?? null
  if (actor.run !== undefined && taskId !== null && taskId !== actor.run.taskId) {
    return yield* new NotYourTask({ actor: principalOf(actor), taskId })
  }
  const missing = () => new TeamNotFound({ teamId })
  const { organization } = yield* lookUp(shell, Projection.teams, "team", teamId, missing)
  const requestId = HumanRequestId.make(yield* shell.allocate("human_requests"))
  const wanted = { ...wish, taskId, timeoutMinutes, runId: actor.run?.id ?? null }
  // In the queue of its run's task, so that the end of the run finds what it has asked.
  const queue = actor.run === undefined ? {} : { queue: `task:${actor.run.taskId}` }
  return yield* shell.transact(
    { organization, ...queue },
    Effect.fnUntraced(function* (session, now) {
      const agent = yield* session.get(Projection.agents, { id: agentId })
      if (agent?.teamId !== teamId) return yield* new AgentNotFound({ agentId })
      if (taskId !== null) {
        const task = yield* session.get(Projection.tasks, { id: taskId })
        if (task === undefined) return yield* new TaskNotFound({ taskId })
      }
      const events = yield* decided(HumanRequest.ask(wanted, { requestId, now }))
      const { runId } = wanted
      const asked = runId !== null && taskId !== null && { ...wanted, requestId, runId, taskId }
      const approval =
        judged === undefined || asked === false
          ? []
          : yield* CommandApprovals.requested(session, asked, judged)
      return {
        events: [...events, ...approval],
        answer: ({ after }) =>
          after<HumanRequest.HumanRequest>(Projection.humanRequests, { id: requestId })
      }
    })
  )
})
