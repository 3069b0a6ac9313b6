/**
 * What an explanation of a task consists of, and the facts that it is made of.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { Role } from "./Actor.ts"
import type { Approval } from "./ApprovalEvent.ts"
import { AgentId, RunId, TaskId, Timestamp } from "./Identifier.ts"
import type { Terms } from "./Lease.ts"
import { type Run, RunStatus } from "./RunEvent.ts"
import type { Task } from "./TaskModel.ts"
import { type Hold, Status } from "./TaskWords.ts"

// models ----------------------------------------------------------------------

/**
 * Whether a task runs, and if not, whether anything is in its way.
 *
 * @category schemas
 * @since 0.1.0
 */
export const State = Schema.Literals(["running", "next", "waiting", "over"]).annotate({
  description:
    "next: nothing is in its way; waiting: the reasons are; over: it is done or cancelled"
})
export type State = typeof State.Type

/**
 * What can stand in a task's way.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Code = Schema.Literals([
  "asks_person",
  "run_failed",
  "started_by_hand",
  "in_review",
  "in_approval",
  "merging",
  "approval_pending",
  "approval_rejected",
  "approval_expired",
  "backoff",
  "quota",
  "dead_letter",
  "rejected",
  "landing_failed",
  "repository_needed",
  "repository_unusable",
  "home_away",
  "runner_unusable",
  "paused",
  "dependency_cancelled",
  "dependency_open",
  "dispatch_paused",
  "assignee_unknown",
  "assignee_paused",
  "assignee_without_runner",
  "no_agent",
  "agents_paused",
  "agents_without_runner",
  "nobody_dispatches",
  "approval_needed",
  "forbidden",
  "scope_taken",
  "scope_wanted",
  "agents_busy",
  "behind",
  "no_room"
])
export type Code = typeof Code.Type

/**
 * One thing that stands in a task's way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reason extends Schema.Schema.Type<typeof Reason> {}
export const Reason = Schema.Struct({
  code: Code,
  words: Schema.String.annotate({ description: "What is in the way, for people" }),
  facts: Schema.Record(Schema.String, Schema.Unknown).annotate({
    description: "Which things that is about, for programs"
  }),
  todo: Schema.String.annotate({ description: "What ends it" })
})

/**
 * A run, as far as an explanation tells of it.
 *
 * @category models
 * @since 0.1.0
 */
export const ExplainedRun = Schema.Struct({
  runId: RunId,
  agentId: AgentId,
  attempt: Schema.Int,
  status: RunStatus,
  cause: Schema.NullOr(Schema.String),
  words: Schema.String.annotate({ description: "How it stands or ended, for people" }),
  since: Timestamp.annotate({ description: "When it came to stand so" })
})

/**
 * A task's place in the queue, as those see it who may have it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Queued extends Schema.Schema.Type<typeof Queued> {}
export const Queued = Schema.Struct({
  before: Schema.Int.annotate({ description: "How many its agents are given before it" }),
  isMore: Schema.Boolean.annotate({ description: "There are more than were counted" })
})

/**
 * Who dispatches where the task is to be started.
 *
 * @category models
 * @since 0.1.0
 */
export const Dispatching = Schema.Struct({
  name: Schema.String,
  holder: Schema.String,
  until: Timestamp.annotate({ description: "Until when, unless it says so again" }),
  liveRuns: Schema.Int.annotate({
    description: "How many runs of this organization it carries out"
  })
})

/**
 * Why a task is or is not running.
 *
 * @category models
 * @since 0.1.0
 */
export interface Explanation extends Schema.Schema.Type<typeof Explanation> {}
export const Explanation = Schema.Struct({
  taskId: TaskId,
  status: Status,
  state: State,
  words: Schema.String.annotate({ description: "The answer in one sentence" }),
  reasons: Schema.Array(Reason).annotate({
    description: "What is in its way; the first is the one to do something about"
  }),
  queue: Schema.NullOr(Queued),
  dispatcher: Schema.NullOr(Dispatching),
  run: Schema.NullOr(ExplainedRun).annotate({ description: "The run that it has" }),
  lastRun: Schema.NullOr(ExplainedRun).annotate({ description: "The run before that" })
})

/**
 * An agent that may have the task, with what it works at.
 *
 * @category models
 * @since 0.1.0
 */
export interface Worker {
  readonly id: AgentId
  readonly name: string
  readonly role: Role
  readonly isPaused: boolean
  readonly runner: string | null
  readonly run: { readonly runId: RunId; readonly taskId: TaskId } | null
}

/**
 * What came of rehearsing the dispatch, if it could be rehearsed.
 *
 * @category models
 * @since 0.1.0
 */
export type Trial =
  | { readonly _tag: "Begins" }
  | {
      readonly _tag: "Asks" | "Forbidden"
      readonly risk: string
      readonly rule: string
      readonly reason: string
    }
  | { readonly _tag: "Holds"; readonly hold: Hold }
  | { readonly _tag: "Refused"; readonly reason: string }

/**
 * The last that was heard of a live run and of the process that carries it out, in microseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sign {
  /** Until when the run is taken to live. */
  readonly until: number
  readonly now: number
  /** Whether that process holds the lease under which it dispatches. */
  readonly isAttended: boolean
}

/**
 * What is known of a task when it is explained. Lists are bounded by whoever reads them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Facts {
  readonly task: Task
  readonly openDependencies: number
  /** Those that are not done, as far as they were read. */
  readonly dependencies: ReadonlyArray<{ readonly id: TaskId; readonly status: Status }>
  /** The latest of its dispatch. */
  readonly approval: Approval | null
  readonly isDispatchPaused: boolean
  /** Who may have it: its assignee, or the engineers of its team. */
  readonly workers: ReadonlyArray<Worker>
  /** The lane on which it is to be started, and who holds that. */
  readonly lane: { readonly name: string; readonly dispatcher: Explanation["dispatcher"] }
  /** How many runs the dispatcher carries out at most, where that is known. */
  readonly mostRuns: number | null
  readonly trial: Trial | null
  /** Null where it is not in the queue. */
  readonly queue: Queued | null
  /** An idle agent is left for it when those before it have theirs. */
  readonly hasAgent: boolean
  /** The task before it that is to be given what it wants to write. */
  readonly rival: TaskId | null
  /** The live run that may write what it wants to write. */
  readonly heldBy: Worker["run"]
  readonly run: Run | null
  /** Of its live run. Null where the store has none. */
  readonly sign: Sign | null
  /** How long runs are taken to live without a word. */
  readonly terms: Terms
  readonly lastRun: Run | null
  /** What its live run asks people, as ids of human requests. */
  readonly questions: ReadonlyArray<number>
  readonly review: { readonly id: number; readonly attempt: number } | null
  readonly mergeJob: { readonly id: number; readonly status: string } | null
}
