/**
 * The port that tells somebody outside what happened: a manager agent, or any program with a URL.
 *
 * Which notifications there are, in which order and how often they are tried is core's. A notifier
 * sends one and says whether it has arrived.
 *
 * @since 0.1.0
 */
import { Context, Data } from "effect"
import type { Effect } from "effect"

// models ----------------------------------------------------------------------

/**
 * What somebody is told: a run is over, a person must decide, or an agent has a question. Its ids are
 * text, as manager agents write them, and its texts are short.
 *
 * @category models
 * @since 0.1.0
 */
export type Notification = RunFinished | ApprovalNeeded | QuestionAsked

/**
 * What every notification says.
 *
 * @category models
 * @since 0.1.0
 */
export interface Told {
  /** Of the event that is told: it stays the same however often this is sent. */
  readonly key: string
  /** When it happened. */
  readonly at: string
  readonly organizationId: string
  readonly projectId: string | null
  readonly moduleId: string | null
  readonly taskId: string | null
  /** What the task is about, in one line. */
  readonly summary: string | null
}

/**
 * A run is over.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunFinished extends Told {
  readonly kind: "run_finished"
  readonly runId: string
  readonly runState: "succeeded" | "failed" | "cancelled" | "lost"
  /** How it ended: `exit:1`, `timeout`. */
  readonly cause: string
  /** What the agent said last, cut short. */
  readonly answer: string | null
}

/**
 * A person must decide before work goes on.
 *
 * @category models
 * @since 0.1.0
 */
export interface ApprovalNeeded extends Told {
  readonly kind: "approval_needed"
  readonly approvalId: string
  readonly reason: string
  readonly riskLevel: string
}

/**
 * An agent asks a person.
 *
 * @category models
 * @since 0.1.0
 */
export interface QuestionAsked extends Told {
  readonly kind: "question"
  readonly requestId: string
  readonly requestKind: string
  readonly question: string
  readonly options: ReadonlyArray<string>
}

// errors ----------------------------------------------------------------------

/**
 * A notification has not arrived, or nobody has said that it has. It is sent again.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotifyError extends Data.TaggedError("NotifyError")<{
  readonly notifier: string
  /** `redirected`: the receiver has moved, and is not followed. */
  readonly reason: "unreachable" | "timeout" | "redirected" | "refused"
  readonly status: number | null
}> {
  override get message() {
    const answered = this.status === null ? "" : `: HTTP ${this.status}`
    return `${this.notifier} is ${this.reason}${answered}`
  }
}

// services --------------------------------------------------------------------

/**
 * One way to somebody outside.
 *
 * @category services
 * @since 0.1.0
 */
export interface Notifier {
  /** Under which it is remembered what has arrived: `openclaw`. */
  readonly name: string
  /** Has a bound of its own. */
  readonly send: (notification: Notification) => Effect.Effect<void, NotifyError>
}

/**
 * The notifiers of this process.
 *
 * @category services
 * @since 0.1.0
 */
export class Notifiers extends Context.Service<Notifiers, ReadonlyArray<Notifier>>()(
  "@foreman/core/Notifiers"
) {}
