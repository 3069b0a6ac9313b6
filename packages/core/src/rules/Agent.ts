/**
 * Agents: the workers that can be given tasks.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision } from "./Decision.ts"
import * as Event from "./Event.ts"
import { AgentId, Free, Name, TeamId, Timestamp } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * What an agent is there for.
 *
 * @category models
 * @since 0.1.0
 */
export const AgentRole = Schema.Literals(["manager", "engineer", "reviewer"]).annotate({
  description: "What the agent is there for: manager, engineer or reviewer"
})
export type AgentRole = typeof AgentRole.Type

/**
 * What an agent does right now: working while it has a live run, else idle; paused when told so.
 *
 * @category models
 * @since 0.1.0
 */
export const AgentStatus = Schema.Literals(["idle", "working", "paused"]).annotate({
  description: "working while it has a live run"
})
export type AgentStatus = typeof AgentStatus.Type

/**
 * The model of an agent that names none.
 *
 * @category models
 * @since 0.1.0
 */
export const defaultModel = "claude-sonnet-4-20250514"

/**
 * The name of the model that an agent's runner is to use: 1 to 50 characters.
 *
 * Foreman hands it on and does not know which models there are.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Model = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(50)).annotate({
  description: "Name of the model, at most 50 characters"
})

/**
 * An agent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Agent extends Schema.Schema.Type<typeof Agent> {}
export const Agent = Schema.Struct({
  id: AgentId,
  teamId: TeamId,
  name: Name,
  role: AgentRole,
  model: Model,
  config: Free.annotate({ description: "runner names the adapter that starts the agent" }),
  status: AgentStatus,
  createdAt: Timestamp
})

/**
 * The stored agent: its status is derived, only a pause is kept.
 *
 * @category models
 * @since 0.1.0
 */
export interface AgentRecord extends Omit<Agent, "status"> {
  readonly isPaused: boolean
}

export const Created = Event.define(
  "agent.created",
  {
    agentId: AgentId,
    teamId: TeamId,
    name: Name,
    role: AgentRole,
    model: Model,
    config: Free,
    autoCreated: Schema.Boolean
  },
  ({ agentId }) => `agent:${agentId}`
)

export const Paused = Event.define(
  "agent.paused",
  { agentId: AgentId, teamId: TeamId },
  ({ agentId }) => `agent:${agentId}`
)

export const Resumed = Event.define(
  "agent.resumed",
  { agentId: AgentId, teamId: TeamId },
  ({ agentId }) => `agent:${agentId}`
)

/**
 * What happens to agents.
 *
 * @category models
 * @since 0.1.0
 */
export type AgentEvent =
  | Event.EventOf<typeof Created>
  | Event.EventOf<typeof Paused>
  | Event.EventOf<typeof Resumed>

// errors ----------------------------------------------------------------------

/**
 * There is no such agent, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class AgentNotFound extends Schema.TaggedError<AgentNotFound>()(
  "AgentNotFound",
  { agentId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "Agent not found"
  }
}

/**
 * The agent belongs to another team than the task. It would never be given it: a team's tasks are
 * done by its own agents.
 *
 * @category errors
 * @since 0.1.0
 */
export class AgentInOtherTeam extends Schema.TaggedError<AgentInOtherTeam>()(
  "AgentInOtherTeam",
  { agentId: AgentId, teamId: TeamId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Agent ${this.agentId} is not in the team of the task, ${this.teamId}`
  }
}

// rules -----------------------------------------------------------------------

/**
 * What the creator of an agent decides.
 *
 * @category models
 * @since 0.1.0
 */
export type Wanted = Pick<Agent, "teamId" | "name" | "role" | "model" | "config">

/**
 * Creates an agent. Whether its name is free is decided where it is written.
 *
 * @category rules
 * @since 0.1.0
 */
export const create = (
  wanted: Wanted,
  facts: { readonly agentId: AgentId; readonly autoCreated?: boolean }
): Decision<AgentEvent> =>
  accept({
    type: "agent.created",
    data: { ...wanted, agentId: facts.agentId, autoCreated: facts.autoCreated ?? false }
  })

/**
 * The manager that every team has from its first moment.
 *
 * @category rules
 * @since 0.1.0
 */
export const managerOf = (teamId: TeamId): Wanted => ({
  teamId,
  name: "manager",
  role: "manager",
  model: defaultModel,
  config: { description: "Team manager: decomposes tasks and coordinates work" }
})

/**
 * The runner that an agent's configuration names; null for one that connects by itself.
 *
 * @category rules
 * @since 0.1.0
 */
export const runnerOf = ({ config }: Pick<Agent, "config">): string | null => {
  const runner = config["runner"]
  return typeof runner === "string" && runner !== "" ? runner : null
}

/**
 * Derives what an agent does right now.
 *
 * @category rules
 * @since 0.1.0
 */
export const statusOf = (
  { isPaused }: Pick<AgentRecord, "isPaused">,
  facts: { readonly hasLiveRun: boolean }
): AgentStatus => (isPaused ? "paused" : facts.hasLiveRun ? "working" : "idle")

/**
 * Pauses an agent, so that nothing new is started for it, or lets it go on. A run that it has goes on.
 * Asking for what is so already records nothing.
 *
 * @category rules
 * @since 0.1.0
 */
export const pause = (
  { id: agentId, isPaused, teamId }: AgentRecord,
  to: boolean
): Decision<AgentEvent> =>
  isPaused === to
    ? accept()
    : accept({ type: `agent.${to ? "paused" : "resumed"}`, data: { agentId, teamId } })

/**
 * Folds one event into the agent.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: AgentRecord | undefined,
  event: AgentEvent,
  at: Timestamp
): AgentRecord | undefined => {
  if (event.type !== "agent.created") {
    return before && { ...before, isPaused: event.type === "agent.paused" }
  }
  const { agentId, autoCreated: _, ...rest } = event.data
  return { id: agentId, ...rest, isPaused: false, createdAt: at }
}
