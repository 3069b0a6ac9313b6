/**
 * The command that queues an attempt: run, lease, move and token in one commit, before anything is
 * started.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Row } from "../ports/Driver.ts"
import type { AgentId, TaskId } from "../rules/Identifier.ts"
import type { Span } from "../rules/Span.ts"
import * as ApprovalGate from "./ApprovalGate.ts"
import {
  type Attempt,
  decide,
  type Known,
  type Seen,
  taken,
  type Wanted
} from "./AttemptDecision.ts"
import { asSystem, NotStarted, placeOf } from "./AttemptShell.ts"
import * as Leases from "./Leases.ts"
import * as Projection from "./Projection.ts"
import type { Place, Shell, ShellFailure } from "./Shell.ts"
import type { Tenure } from "./Tenure.ts"

export type { Attempt, Known, Wanted } from "./AttemptDecision.ts"

// services --------------------------------------------------------------------

/**
 * Queues an attempt: run, lease, move and token in one commit, before anything is started.
 *
 * A task that needs a repository which cannot be told is held instead. One whose scope is taken is
 * left in the queue.
 *
 * @category services
 * @since 0.1.0
 */
export const queue = (
  shell: Shell["Service"],
  tenure: Tenure,
  wanted: Wanted
): Effect.Effect<Attempt, NotStarted | ShellFailure> => {
  const { agentId, known, runId, taskId } = wanted
  let isFirst = true
  let spans: ReadonlyArray<Span> = []
  return asSystem(
    `run/${runId}/queue`,
    shell.transact(
      { ...placeOf(tenure, taskId), isKeyNew: true, ...knownOf(taskId, agentId, known) },
      (session, now) => {
        const seen = isFirst ? seenIn(known) : {}
        isFirst = false
        return Effect.map(decide(session, tenure, wanted, { ...seen, now }), (decision) => {
          spans = decision.spans
          return decision.plan
        })
      }
    )
  ).pipe(
    Effect.filterOrFail(
      (attempt) => attempt !== null,
      () => new NotStarted({ reason: "held" })
    ),
    Effect.catchIf(isTaken, () => Effect.flatMap(holderOf(shell, tenure, spans), Effect.fail))
  )
}

/**
 * What is known of a task that `startable` answered, with an agent that `idle_agents` did.
 *
 * @category services
 * @since 0.1.0
 */
export const knownFrom = (task: Row, agent: Row): Known => {
  const { project_policy: policy, team_settings: settings } = task
  return {
    task,
    agent,
    version: Number(task["version"]),
    teamRepositories: JSON.parse(String(task["team_repositories"])),
    // Of a team that is not there nothing is known.
    terms:
      typeof settings === "string"
        ? ApprovalGate.termsFrom(JSON.parse(settings), typeof policy === "string" ? policy : null)
        : undefined
  }
}

// internal --------------------------------------------------------------------

const knownOf = (taskId: TaskId, agentId: AgentId, known: Known | undefined): Partial<Place> => {
  if (known === undefined) return {}
  const { agent, task, version } = known
  const rows = [
    { projection: Projection.tasks, key: { id: taskId }, row: task },
    { projection: Projection.agents, key: { id: agentId }, row: agent }
  ]
  return { known: { versions: [{ stream: `task:${taskId}`, version }], rows } }
}

const seenIn = (known: Known | undefined): Seen =>
  known === undefined
    ? {}
    : {
        openDependencies: Number(known.task["open_dependencies"]),
        teamRepositories: known.teamRepositories,
        terms: known.terms
      }

const isTaken = (error: { readonly _tag: string }): error is NotStarted => error === taken

/** The refusal with the run that holds what was wanted, if it still does. */
const holderOf = (shell: Shell["Service"], { organization }: Tenure, spans: ReadonlyArray<Span>) =>
  Effect.map(
    shell.read((driver) => Leases.holdersOf(driver, organization, spans, 1)),
    ([held]) =>
      held === undefined ? taken : new NotStarted({ reason: "scope_taken", heldBy: held.runId })
  )
