/**
 * What starting an attempt decides: whether task and agent are free, where the run works, whether the
 * policy lets it begin, and what is written then.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Row, Step, StoreError } from "../ports/Driver.ts"
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
import { gone, NotStarted } from "./AttemptShell.ts"
import * as Lanes from "./Lanes.ts"
import * as Leases from "./Leases.ts"
import { make as makePolicies, type Policies } from "./Policies.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided, type Plan } from "./Shell.ts"
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

/**
 * What has been read beside the task and its agent; what is missing is read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Seen {
  readonly openDependencies?: number
  readonly teamRepositories?: ReadonlyArray<string>
  readonly terms?: ApprovalGate.Terms | undefined
}

/**
 * What is decided: the run with what it holds, or what the task waits for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decided {
  readonly begins: boolean
  readonly spans: ReadonlyArray<Span>
  readonly plan: Plan<Attempt | null, NotStarted>
}

// services --------------------------------------------------------------------

/**
 * Decides about an attempt from what a session reads.
 *
 * @category services
 * @since 0.1.0
 */
export const decide = Effect.fnUntraced(function* (
  session: Session,
  tenure: Tenure,
  wanted: Omit<Wanted, "known">,
  seen: Seen & { readonly now: number }
): Effect.fn.Return<Decided, NotStarted | StoreError> {
  const found = yield* free(session, wanted, seen)
  const { now, terms } = seen
  if (found.isHeld) {
    const plan = waiting(tenure, [Task.held(found.task, "repository_needed")])
    return { begins: false, spans: [], plan }
  }
  const asking = { task: found.task, repositoryId: found.repository?.id ?? null }
  const spans = yield* Leases.spansOf(session.driver, session.organization, asking)
  return yield* planOf(session, tenure, wanted, { ...found, spans, now, terms })
})

/**
 * What a commit is refused with whose spans somebody else holds.
 *
 * @category errors
 * @since 0.1.0
 */
export const taken: NotStarted = new NotStarted({ reason: "scope_taken" })

// internal --------------------------------------------------------------------

/** The task and its agent, if both are free; `isHeld` when nobody can tell the repository. */
const free = Effect.fnUntraced(function* (
  session: Session,
  { agentId, taskId }: Pick<Wanted, "agentId" | "taskId">,
  seen: Seen
) {
  const notReady = () => new NotStarted({ reason: "not_ready" })
  const task = yield* reliedOn(session, taskId).pipe(
    Effect.catchTag("TaskNotFound", () => Effect.fail(notReady()))
  )
  const openDependencies = seen.openDependencies ?? (yield* blockersOf(session, task)).length
  if (!Task.isReady(task, { openDependencies })) return yield* notReady()
  const agent = yield* session.get(Projection.agents, { id: agentId })
  const isFree = agent !== undefined && !agent.isPaused && Agent.runnerOf(agent) !== null
  if (!isFree) return yield* new NotStarted({ reason: "agent_busy" })
  if (task.assigneeId !== null && task.assigneeId !== agentId) return yield* notReady()
  const repositories = yield* repositoriesOf(session, task, seen.teamRepositories)
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
  { agentId, issued, policies = own, runId, taskId, terms = Lease.defaults }: Omit<Wanted, "known">,
  { spans, ...intent }: Found
): Effect.fn.Return<Decided, NotStarted | StoreError> {
  const { agent, now, repository, task } = intent
  if (Lanes.of(repository) !== tenure.name) return yield* elsewhere(repository)
  const gated = yield* ApprovalGate.pass(session, policies, { ...intent, runId })
  if (!gated.isOpen) return { begins: false, spans, plan: waiting(tenure, gated.events) }
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
  return { begins: true, spans, plan }
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

const elsewhere = (repository: Repository.Repository | null) => {
  const home = repository === null ? null : Repository.homeOf(repository)
  return new NotStarted({ reason: "elsewhere", ...(home === null ? {} : { home }) })
}
