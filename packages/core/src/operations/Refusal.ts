/**
 * The refusals that every operation shares, and the form in which all of them cross the wire.
 *
 * @since 0.1.0
 */
import { Schema, SchemaIssue } from "effect"
import { NotYourTask, Permission } from "../rules/Actor.ts"

// models ----------------------------------------------------------------------

/**
 * A refusal as data: what every transport receives and puts into its own envelope.
 *
 * `code` names the refusal's class and `status` is its HTTP status.
 *
 * @category models
 * @since 0.1.0
 */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly status: number
  /** The fields of the refusal's class under their wire names. */
  readonly facts: Readonly<Record<string, unknown>>
}

/**
 * What a caller learns when Foreman itself fails: nothing but that. The log has the rest.
 *
 * @category operations
 * @since 0.1.0
 */
export const internalError: Refusal = {
  code: "InternalError",
  message: "Foreman failed; its log says why",
  status: 500,
  facts: {}
}

/**
 * How one contract shows a refusal.
 *
 * @category models
 * @since 0.1.0
 */
export type Envelope = (refusal: Refusal) => Readonly<Record<string, unknown>>

// errors ----------------------------------------------------------------------

/**
 * The caller's role has not the permission that the operation needs.
 *
 * @category errors
 * @since 0.1.0
 */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()(
  "PermissionDenied",
  {
    permission: Permission
  },
  { httpApiStatus: 403 }
) {
  override get message() {
    return sentences[this.permission] ?? `This needs the permission ${this.permission}`
  }
}

/**
 * The input does not fit the operation's schema.
 *
 * Every problem has the path of its field, under its name in the input, with dots: `tags.0`. The empty
 * path is the input as a whole.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()(
  "InvalidInput",
  {
    problems: Schema.Array(Schema.Struct({ path: Schema.String, problem: Schema.String }))
  },
  { httpApiStatus: 422 }
) {
  override get message() {
    return this.problems.map(({ path, problem }) => `${path}: ${problem}`).join("; ")
  }
}

/**
 * A command came with a key that another command or another input had before. Nothing was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class IdempotencyKeyReused extends Schema.TaggedError<IdempotencyKeyReused>()(
  "IdempotencyKeyReused",
  {
    idempotencyKey: Schema.String
  },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `The key ${this.idempotencyKey} was used with another input`
  }
}

/**
 * The run in whose name the caller acts is over, or a newer one has its task.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunTokenStale extends Schema.TaggedError<RunTokenStale>()(
  "RunTokenStale",
  { runId: Schema.String },
  { httpApiStatus: 401 }
) {
  override get message() {
    return `Run ${this.runId} is over; its token no longer counts`
  }
}

/**
 * Others changed the same thing again and again. Nothing was changed; try again.
 *
 * @category errors
 * @since 0.1.0
 */
export class Busy extends Schema.TaggedError<Busy>()(
  "Busy",
  { retryable: Schema.Literal(true) },
  { httpApiStatus: 503 }
) {
  override get message() {
    return "Too many others change the same thing right now; try again"
  }
}

/**
 * The store does not answer. A command with an idempotency key can be repeated safely.
 *
 * @category errors
 * @since 0.1.0
 */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()(
  "StoreUnavailable",
  { retryable: Schema.Boolean },
  { httpApiStatus: 503 }
) {
  override get message() {
    return "The store does not answer right now; try again"
  }
}

// rules -----------------------------------------------------------------------

/**
 * What any operation may answer beside its own refusals.
 *
 * @category errors
 * @since 0.1.0
 */
export const common = [
  PermissionDenied,
  NotYourTask,
  InvalidInput,
  IdempotencyKeyReused,
  RunTokenStale,
  Busy,
  StoreUnavailable
] as const

/**
 * Any refusal that every operation shares.
 *
 * @category errors
 * @since 0.1.0
 */
export type CommonRefusal = (typeof common)[number]["Type"]

/**
 * The envelope of the platform's REST: `{ detail, code, ...facts }`.
 *
 * @category operations
 * @since 0.1.0
 */
export const platform: Envelope = ({ code, facts, message }) => ({
  detail: message,
  code,
  ...facts
})

/**
 * The envelope of the manager API: `{ error, code, ...facts }`.
 *
 * @category operations
 * @since 0.1.0
 */
export const manager: Envelope = ({ code, facts, message }) => ({ error: message, code, ...facts })

/**
 * The envelope that an agent reads: `{ code, detail, ...facts }`.
 *
 * @category operations
 * @since 0.1.0
 */
export const agent: Envelope = ({ code, facts, message }) => ({ code, detail: message, ...facts })

/**
 * The facts of `InvalidInput`: every problem of an input, each with its place. Of more than a
 * hundred, the first hundred.
 *
 * @category operations
 * @since 0.1.0
 */
export const problemsOf = (issue: SchemaIssue.Issue): InvalidInput["problems"] =>
  format(issue)
    .issues.slice(0, maxProblems)
    .map(({ message, path = [] }) => ({ path: path.map(String).join("."), problem: message }))

// internal --------------------------------------------------------------------

/** What an agent may read, who can do nothing about a permission. */
const sentences: { readonly [name in Permission]?: string } = {
  "approval:decide":
    "A person decides this, never an agent: on the server's page, with foreman approval, or over " +
    "REST with a token of their own",
  "human:respond":
    "A person answers this, never an agent: on the server's page, with foreman request respond, or " +
    "over REST with a token of their own"
}

const maxProblems = 100

const format = SchemaIssue.makeFormatterStandardSchemaV1()
