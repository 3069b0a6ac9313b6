/**
 * Acting in tests: as the operator, as an agent, as a run.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import { Actor, type Agent, Authorization, Foreman, type Identifier, type Run } from "@foreman/core"

// testing ---------------------------------------------------------------------

/**
 * Runs an effect as the operator, who may do everything.
 *
 * @category testing
 * @since 0.1.0
 */
export const asOperator: <A, E, R>(
  effect: Effect.Effect<A, E, R>
) => Effect.Effect<A, E, Exclude<R, Authorization.CurrentActor>> = Effect.provideService(
  Authorization.CurrentActor,
  Actor.operator
)

/**
 * Runs an effect as an agent, with what its role may.
 *
 * @category testing
 * @since 0.1.0
 */
export const asAgent = ({ id, role, teamId }: Pick<Agent.Agent, "id" | "role" | "teamId">) =>
  Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>): As<A, E, R> {
    const { orgId } = yield* teamOf(teamId)
    const actor: Actor.Actor = { type: "agent", id, role, organizationId: orgId }
    return yield* Effect.provideService(effect, Authorization.CurrentActor, actor)
  })

/**
 * Runs an effect as a run: in the name of its agent, on its one task, while it is live.
 *
 * @category testing
 * @since 0.1.0
 */
export const asRun = (run: Pick<Run.Run, "id" | "agentId" | "taskId" | "attempt">) =>
  Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>): As<A, E, R> {
    const { agentId, attempt, id, taskId } = run
    const { client } = yield* Foreman
    const { teamId } = yield* Effect.orDie(asOperator(client.getTask({ taskId })))
    const { agents, orgId } = yield* teamOf(teamId)
    const role = agents.find((agent) => agent.id === agentId)?.role ?? "engineer"
    const own = { id, agentId, taskId, attempt }
    const actor: Actor.Actor = { type: "run", id, role, organizationId: orgId, run: own }
    return yield* Effect.provideService(effect, Authorization.CurrentActor, actor)
  })

// internal --------------------------------------------------------------------

type As<A, E, R> = Effect.fn.Return<A, E, Exclude<R, Authorization.CurrentActor> | Foreman>

/** Who acts is there: a refusal is a mistake of the test. */
const teamOf = (teamId: Identifier.TeamId) =>
  Effect.orDie(asOperator(Foreman.use(({ client }) => client.getTeam({ teamId }))))
