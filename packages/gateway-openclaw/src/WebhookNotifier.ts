/**
 * Tells any program with a URL what happened: one POST of JSON, named and signed.
 *
 * @since 0.1.0
 */
import type { Notifier } from "@foreman/core"
import { Clock, Effect } from "effect"
import { post } from "./internal/post.ts"
import * as Signature from "./Signature.ts"

// models ----------------------------------------------------------------------

/**
 * Where to send, and how.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** An http or https URL. */
  readonly url: string
  /** What the notifications are signed with. Without it they are not. */
  readonly secret?: string | undefined
  /** Until the receiver has answered, 10 s unless said. */
  readonly timeoutMillis?: number
  /** Under which it is remembered what has arrived, `webhook` unless said. */
  readonly name?: string
}

/**
 * The body of a notification: what kind, when, and its facts under their wire names.
 *
 * @category models
 * @since 0.1.0
 */
export interface Body {
  readonly type: "run.finished" | "approval.needed" | "question.asked"
  readonly id: string
  readonly timestamp: string
  readonly data: Readonly<Record<string, string | null | ReadonlyArray<string>>>
}

// rules -----------------------------------------------------------------------

/**
 * Says a notification in JSON. Ids are text, and what does not exist is null.
 *
 * @category rules
 * @since 0.1.0
 */
export const bodyOf = (notification: Notifier.Notification): Body => ({
  type: types[notification.kind],
  id: notification.key,
  timestamp: notification.at,
  data: {
    organization_id: notification.organizationId,
    project_id: notification.projectId,
    module_id: notification.moduleId,
    task_id: notification.taskId,
    summary: notification.summary,
    ...factsOf(notification)
  }
})

// services --------------------------------------------------------------------

/**
 * Makes a notifier for a URL.
 *
 * @category services
 * @since 0.1.0
 */
export const make = ({
  name = "webhook",
  secret,
  timeoutMillis = defaultTimeoutMillis,
  url
}: Options): Notifier.Notifier => ({
  name,
  send: Effect.fnUntraced(function* (notification) {
    const body = JSON.stringify(bodyOf(notification))
    const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const headers = Signature.headersOf({ key: notification.key, seconds, body }, secret)
    yield* post({ notifier: name, url: new URL(url), headers, body, timeoutMillis })
  })
})

/**
 * How long a receiver may take to answer unless said otherwise.
 *
 * @category configuration
 * @since 0.1.0
 */
export const defaultTimeoutMillis = 10_000

// internal --------------------------------------------------------------------

const types = {
  run_finished: "run.finished",
  approval_needed: "approval.needed",
  question: "question.asked"
} as const

const factsOf = (notification: Notifier.Notification): Body["data"] => {
  switch (notification.kind) {
    case "run_finished": {
      const { answer, cause, runId, runState } = notification
      return { run_id: runId, run_state: runState, cause, answer }
    }
    case "approval_needed": {
      const { approvalId, reason, riskLevel } = notification
      return { approval_id: approvalId, reason, risk_level: riskLevel }
    }
    case "question": {
      const { options, question, requestId, requestKind } = notification
      return { request_id: requestId, request_kind: requestKind, question, options }
    }
  }
}
