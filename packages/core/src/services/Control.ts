/**
 * Stopping work and letting it go on: one run, one agent, or all dispatch of an organisation.
 *
 * What is stopped here is over in the store at once. The process that carries it out hears of it from
 * the feed, wherever it is, and ends its agent; nothing that it says after that counts.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type * as Operations from "../operations/ControlOperations.ts"
import * as Agent from "../rules/Agent.ts"
import type { AgentId, OrganizationId } from "../rules/Identifier.ts"
import * as Organization from "../rules/Organization.ts"
import * as Run from "../rules/Run.ts"
import { homeOf, lookUp, organizationOf } from "./Directory.ts"
import { withdrawalsOf } from "./HumanRequestEnds.ts"
import * as Leases from "./Leases.ts"
import type { Method } from "./Method.ts"
import * as Paging from "./Paging.ts"
import * as Projection from "./Projection.ts"
import { decided, Shell } from "./Shell.ts"
import { reliedOn } from "./TaskSession.ts"
import * as Tokens from "./Tokens.ts"

// services --------------------------------------------------------------------

/**
 * What stops work in this store, and lets it go on.
 *
 * @category services
 * @since 0.1.0
 */
export class Control extends Context.Service<
  Control,
  {
    readonly stopRun: Method<typeof Operations.stopTaskRun>
    readonly pauseAgent: Method<typeof Operations.pauseAgent>
    readonly resumeAgent: Method<typeof Operations.resumeAgent>
    readonly pauseDispatch: Method<typeof Operations.pauseDispatch>
    readonly resumeDispatch: Method<typeof Operations.resumeDispatch>
    readonly leases: Method<typeof Operations.listLeases>
  }
>()("@foreman/core/Control") {
  static readonly layer: Layer.Layer<Control, never, Shell> = Layer.effect(
    Control,
    Effect.map(Shell, (shell) => ({
      stopRun: makeStop(shell),
      pauseAgent: makeAgentPause(shell, true),
      resumeAgent: makeAgentPause(shell, false),
      pauseDispatch: makePause(shell, true),
      resumeDispatch: makePause(shell, false),
      leases: makeLeases(shell)
    }))
  )
}

// internal --------------------------------------------------------------------

const makeStop = (shell: Shell["Service"]): Control["Service"]["stopRun"] =>
  Effect.fnUntraced(function* ({ runId }) {
    const missing = () => new Run.RunNotFound({ runId })
    const { organization, thing } = yield* lookUp(shell, Projection.runs, "run", runId, missing)
    return yield* shell.transact(
      { organization, queue: `task:${thing.taskId}` },
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(`run:${runId}`)
        const run = yield* session.get(Projection.runs, { id: runId })
        if (run === undefined) return yield* missing()
        const task = yield* Effect.catchTag(
          reliedOn(session, run.taskId),
          "TaskNotFound",
          Effect.die
        )
        const how = { exitCode: null, cause: Run.stopped, answer: null, headCommit: null }
        const events = yield* decided(Run.end(run, task, { outcome: "cancelled", ...how }))
        const withdrawn = yield* withdrawalsOf(session, runId)
        const tokens = yield* Tokens.revoke(session.driver, organization, runId)
        return {
          events: [...events, ...withdrawn],
          also: [...tokens, Leases.forgotten(runId)],
          answer: ({ after }) => after<Run.Run>(Projection.runs, { id: runId })
        }
      })
    )
  })

const makeAgentPause = (shell: Shell["Service"], isPaused: boolean) =>
  Effect.fnUntraced(function* ({ agentId }: { readonly agentId: AgentId }) {
    const missing = () => new Agent.AgentNotFound({ agentId })
    const organization = yield* homeOf(shell, Projection.agents, "agent", agentId, missing)
    return yield* shell.transact(
      { organization, queue: `agent:${agentId}` },
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(`agent:${agentId}`)
        const agent = yield* session.get(Projection.agents, { id: agentId })
        if (agent === undefined) return yield* missing()
        const parameters = { team_id: agent.teamId }
        const working = yield* session.driver.ask(organization, "working_agents", parameters)
        const hasLiveRun = working.some(({ id }) => id === agentId)
        const events = yield* decided(Agent.pause(agent, isPaused))
        const { isPaused: _, ...rest } = agent
        return {
          events,
          answer: () => ({ ...rest, status: Agent.statusOf({ isPaused }, { hasLiveRun }) })
        }
      })
    )
  })

const makePause = (shell: Shell["Service"], isPaused: boolean) =>
  Effect.fnUntraced(function* ({ orgId }: { readonly orgId: OrganizationId }) {
    const organization = yield* organizationIn(shell, orgId)
    return yield* shell.transact(
      { organization, queue: "organization" },
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(`organization:${orgId}`)
        const present = yield* session.get(Projection.organizations, {})
        if (present === undefined) return yield* missingOf(orgId)
        const events = yield* decided(Organization.pause(present, isPaused))
        return { events, answer: () => ({ ...present, isPaused }) }
      })
    )
  })

const makeLeases = (shell: Shell["Service"]): Control["Service"]["leases"] =>
  Effect.fnUntraced(function* ({ orgId, ...page }) {
    const organization = yield* organizationOf(shell, "organization", orgId)
    if (organization === undefined) return Paging.empty
    const query = { organization, table: "lease_spans", index: "key", equals: {} }
    return yield* shell.read((driver) =>
      Paging.find(driver, { ...query, toItem: Leases.heldOf }, page)
    )
  })

const missingOf = (orgId: OrganizationId) =>
  new Organization.OrganizationNotFound({ organizationId: orgId })

const organizationIn = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  orgId: OrganizationId
) {
  const organization = yield* organizationOf(shell, "organization", orgId)
  return organization ?? (yield* missingOf(orgId))
})
