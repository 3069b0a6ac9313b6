/**
 * What stops work and lets it go on: one run, one agent, or all dispatch of an organisation; and what
 * live runs hold.
 *
 * @since 0.1.0
 */
import { Agent, AgentNotFound } from "../rules/Agent.ts"
import { AgentId, OrganizationId, RunId } from "../rules/Identifier.ts"
import * as Lease from "../rules/Lease.ts"
import { Organization, OrganizationNotFound } from "../rules/Organization.ts"
import * as Run from "../rules/Run.ts"
import * as Operation from "./Operation.ts"

// services --------------------------------------------------------------------

export const stopTaskRun = Operation.make("stop_task_run", {
  title: "Stop task run",
  description:
    "Stops a run that is queued, starting or running, wherever it is carried out. What it wrote is " +
    "kept. Its task waits until somebody retries it.",
  kind: "command",
  permission: "run:control",
  http: { method: "POST", path: "/api/v1/task-runs/:run_id/stop" },
  cli: "run stop",
  input: { runId: RunId },
  output: Run.Run,
  errors: [Run.RunNotFound, Run.RunIsOver],
  tool: { roles: ["manager"] }
})

export const pauseAgent = Operation.make("pause_agent", {
  title: "Pause agent",
  description: "Starts nothing new for an agent. A run that it has goes on.",
  kind: "command",
  permission: "run:control",
  http: { method: "POST", path: "/api/v1/agents/:agent_id/pause" },
  cli: "agent pause",
  input: { agentId: AgentId },
  output: Agent,
  errors: [AgentNotFound],
  tool: { roles: ["manager"] }
})

export const resumeAgent = Operation.make("resume_agent", {
  title: "Resume agent",
  description: "Lets an agent that was paused be given tasks again.",
  kind: "command",
  permission: "run:control",
  http: { method: "POST", path: "/api/v1/agents/:agent_id/resume" },
  cli: "agent resume",
  input: { agentId: AgentId },
  output: Agent,
  errors: [AgentNotFound],
  tool: { roles: ["manager"] }
})

export const pauseDispatch = Operation.make("pause_dispatch", {
  title: "Pause dispatch",
  description:
    "Starts nothing new in an organization until its dispatch is resumed. Runs that are live go on.",
  kind: "command",
  permission: "team:configure",
  http: { method: "POST", path: "/api/v1/orgs/:org_id/pause" },
  cli: "org pause",
  input: { orgId: OrganizationId },
  output: Organization,
  errors: [OrganizationNotFound],
  tool: false
})

export const resumeDispatch = Operation.make("resume_dispatch", {
  title: "Resume dispatch",
  description: "Lets the dispatch of an organization that was paused go on.",
  kind: "command",
  permission: "team:configure",
  http: { method: "POST", path: "/api/v1/orgs/:org_id/resume" },
  cli: "org resume",
  input: { orgId: OrganizationId },
  output: Organization,
  errors: [OrganizationNotFound],
  tool: false
})

export const listLeases = Operation.makeList("list_leases", {
  title: "List leases",
  description:
    "Lists what the live runs of an organization may write, by path. No two of them meet; whoever " +
    "wants what another one holds waits in the queue.",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/orgs/:org_id/leases" },
  cli: "lease list",
  input: { orgId: OrganizationId },
  item: Lease.Held,
  errors: [],
  tool: false
})
