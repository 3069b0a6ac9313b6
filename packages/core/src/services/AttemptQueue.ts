/**
 * The command that queues an attempt: run, lease, move and token in one commit, before anything is
 * started.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Row, Step } from "../ports/Driver.ts"
import { system } from "../rules/Actor.ts"
import * as Agent from "../rules/Agent.ts"
import type { AgentId, RunId, TaskId } from "../rules/Identifier.ts"
import * as Lease from "../rules/Lease.ts"
import * as Repository from "../rules/Repository.ts"
import * as Run from "../rules/Run.ts"
import type { Span } from "../rules/Span.ts"
import * as Task from "../rules/Task.ts"
import * as ApprovalGate from "./ApprovalGate.ts"
import { feedbackOf } from "./AttemptFeedback.ts"
import { asSystem, gone, NotStarted, placeOf } from "./AttemptShell.ts"
import * as Lanes from "./Lanes.ts"
import * as Leases from "./Leases.ts"
import { make as makePolicies, type Policies } from "./Policies.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided, type Place, type Plan, type Shell, type ShellFailure } from "./Shell.ts"
import { repositoriesOf } from "./TaskRepositories.ts"
import { blockersOf, reliedOn } from "./TaskSession.ts"
import { fenceOf, type Tenure } from "./Tenure.ts"
import type { Issued } from "./Tokens.ts"

// models ----------------------------------------------------------------------

/**
 * An attempt that has been queued, with all that its start needs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Attempt {
  readonly run: Run.Run
  readonly task: Task.Task
  readonly agent: Agent.AgentRecord
  readonly repository: Repository.Repository | null
  /** Why the task came back, if it did. */
  readonly feedback: string | null
}

/**
 * What is queued: which task for which agent, as which run, with the token that the run is given.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted {
  readonly taskId: TaskId
  readonly agentId: AgentId
  /** Made just now. */
  readonly runId: RunId
  readonly issued: Issued
  /** What the dispatcher has read of the task and the agent already. */
  readonly known?: Known
  /** What judges whether it may begin: what comes with Foreman, unless others are given. */
  readonly policies?: Policies
  /** How long the run is taken to live without a word, if not as usual. */
  readonly terms?: Lease.Terms | undefined
}

/**
 * Rows of a task and of an agent with the version of the task's stream, read at one moment, the ids of
 * the first two repositories of the task's team, and what holds where the task is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Known {
  readonly task: Row
  readonly version: number
  readonly agent: Row
  readonly teamRepositories: ReadonlyArray<string>
  readonly terms?: ApprovalGate.Terms | undefined
}

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
      Effect.fnUntraced(function* (session, now) {
        const read = isFirst ? known : undefined
        isFirst = false
        const found = yield* free(session, { taskId, agentId, known: read })
        if (found.isHeld) return waiting(tenure, [Task.held(found.task, "repository_needed")])
        const asking = { task: found.task, repositoryId: found.repository?.id ?? null }
        spans = yield* Leases.spansOf(session.driver, session.organization, asking)
        const facts = { ...found, spans, now, terms: read?.terms }
        return yield* planOf(session, tenure, wanted, facts)
      })
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

interface Sought {
  readonly taskId: TaskId
  readonly agentId: AgentId
  readonly known: Known | undefined
}

/** The task and its agent, if both are free; `isHeld` when nobody can tell the repository. */
const free = Effect.fnUntraced(function* (session: Session, { agentId, known, taskId }: Sought) {
  const notReady = () => new NotStarted({ reason: "not_ready" })
  const task = yield* reliedOn(session, taskId).pipe(
    Effect.catchTag("TaskNotFound", () => Effect.fail(notReady()))
  )
  const openDependencies =
    known === undefined
      ? (yield* blockersOf(session, task)).length
      : Number(known.task["open_dependencies"])
  if (!Task.isReady(task, { openDependencies })) return yield* notReady()
  const agent = yield* session.get(Projection.agents, { id: agentId })
  const isFree = agent !== undefined && !agent.isPaused && Agent.runnerOf(agent) !== null
  if (!isFree) return yield* new NotStarted({ reason: "agent_busy" })
  if (task.assigneeId !== null && task.assigneeId !== agentId) return yield* notReady()
  const repositories = yield* repositoriesOf(session, task, known?.teamRepositories)
  const repository = repositories[0] ?? null
  return { task, agent, repository, isHeld: repositories.length > 1 }
})

interface Found
  extends
    Pick<Attempt, "agent" | "repository" | "task">,
    Pick<ApprovalGate.Intent, "now" | "terms"> {
  /** What the run may write, and nobody else meanwhile. */
  readonly spans: ReadonlyArray<Span>
}

/** Nothing begins; the events say what the task waits for. */
const waiting = (
  tenure: Tenure,
  events: ReadonlyArray<DomainEvent>
): Plan<Attempt | null, NotStarted> => ({
  guards: [fenceOf(tenure)],
  onGuard: () => gone,
  events,
  answer: () => null
})

/** The attempt as it is to be written, where nobody else may write what it may. */
const planOf = Effect.fnUntraced(function* (
  session: Session,
  tenure: Tenure,
  { agentId, issued, policies = own, runId, taskId, terms = Lease.defaults }: Wanted,
  { spans, ...intent }: Found
) {
  const { agent, now, repository, task } = intent
  if (Lanes.of(repository) !== tenure.name) return yield* elsewhere(repository)
  const gated = yield* ApprovalGate.pass(session, policies, { ...intent, runId })
  if (!gated.isOpen) return waiting(tenure, gated.events)
  const runner = Agent.runnerOf(agent) ?? ""
  const repositoryId = repository?.id ?? null
  const holder = Lanes.holderIn(tenure)
  const facts = {
    runId,
    agentId,
    runner,
    holder,
    repositoryId,
    actorId: system.id,
    spans,
    held: []
  }
  const feedback = task.isRework ? yield* feedbackOf(session, task) : null
  const events = yield* Effect.orDie(decided(Run.queue(task, facts)))
  const plan: Plan<Attempt | null, NotStarted> = {
    events: [...gated.events, ...events],
    guards: guardsOf(tenure, agentId),
    also: [...issued.steps, Leases.heartbeatOf(runId, now, terms)],
    answer: ({ after }) => ({
      run: after<Run.Run>(Projection.runs, { id: runId }),
      task: after<Task.Task>(Projection.tasks, { id: taskId }),
      agent,
      repository,
      feedback
    }),
    onGuard: (_, guard) => refusals[guard] ?? gone,
    onConstraint: {
      runs_one_live_per_agent: () => new NotStarted({ reason: "agent_busy" }),
      runs_one_live_per_task: () => new NotStarted({ reason: "not_ready" }),
      // No question comes before it: it would cost each start what only a refused one needs.
      lease_spans_apart: () => taken,
      lease_spans_key: () => taken
    }
  }
  return plan
})

/** What has to be so still where the attempt is written, and what it means where it is not. */
const guardsOf = (tenure: Tenure, agentId: AgentId): ReadonlyArray<Step> => {
  const notPaused = [{ columns: ["is_paused"], is: "=", than: false }] as const
  return [
    fenceOf(tenure),
    { _tag: "Require", table: "agents", key: { id: agentId }, where: notPaused },
    { _tag: "Require", table: "organizations", key: {}, where: notPaused }
  ]
}

/** What judges where nobody gives policies of one's own. */
const own = makePolicies()

const refusals: ReadonlyArray<NotStarted> = [
  gone,
  new NotStarted({ reason: "agent_busy" }),
  new NotStarted({ reason: "paused" })
]

const taken = new NotStarted({ reason: "scope_taken" })

const isTaken = (error: { readonly _tag: string }): error is NotStarted => error === taken

/** The refusal with the run that holds what was wanted, if it still does. */
const holderOf = (shell: Shell["Service"], { organization }: Tenure, spans: ReadonlyArray<Span>) =>
  Effect.map(
    shell.read((driver) => Leases.holdersOf(driver, organization, spans, 1)),
    ([held]) =>
      held === undefined ? taken : new NotStarted({ reason: "scope_taken", heldBy: held.runId })
  )

const elsewhere = (repository: Repository.Repository | null) => {
  const home = repository === null ? null : Repository.homeOf(repository)
  return new NotStarted({ reason: "elsewhere", ...(home === null ? {} : { home }) })
}
