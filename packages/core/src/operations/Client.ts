/**
 * A typed client over anything that can invoke: this process, REST, or a recording.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { mapRecord } from "../internal/dynamic.ts"
import type { CallOptions } from "./Authorization.ts"
import * as DryRun from "./DryRun.ts"
import type { Client, DryRuns } from "./Handlers.ts"
import type { Invoke } from "./Invoke.ts"
import * as Operation from "./Operation.ts"
import { common, type Refusal } from "./Refusal.ts"
import * as Wire from "./Wire.ts"

// errors ----------------------------------------------------------------------

/**
 * A request that got no answer of the catalogue: nothing came, or something that cannot be used.
 *
 * `status` is that of the HTTP answer, null when there was none. `retryable` says that the same
 * request may succeed later; a command that is sent again needs the idempotency key of the first.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClientError extends Schema.TaggedError<ClientError>()("ClientError", {
  operation: Schema.String,
  url: Schema.optionalKey(Schema.String),
  status: Schema.NullOr(Schema.Int),
  retryable: Schema.Boolean,
  cause: Schema.Defect()
}) {
  override get message() {
    const answer = this.status === null ? "no answer" : `an answer it cannot use (${this.status})`
    const from = this.url === undefined ? "" : ` from ${this.url}`
    return [`${this.operation} got ${answer}${from}`, ...wordsOf(this.cause)].join(": ")
  }
}

// services --------------------------------------------------------------------

/**
 * A client with a typed method per operation. Refusals come back as their classes.
 *
 * @category services
 * @since 0.1.0
 */
export const make = <const C extends Operation.Catalogue, E, R>(
  catalogue: C,
  invoke: Invoke<E, R>
): Client<C, E | ClientError, R> => methodsOf(catalogue, invoke, ({ output }) => output)

/**
 * A client with a typed method per command, which shows what the command would do.
 *
 * **Gotchas**
 *
 * A server that is older than dry runs would carry the command out. Its answer is a `ClientError`
 * then, as it is no dry run.
 *
 * @category services
 * @since 0.1.0
 */
export const makeDryRuns = <const C extends Operation.Catalogue, E, R>(
  catalogue: C,
  invoke: Invoke<E, R>
): DryRuns<C, E | ClientError, R> => {
  const commands = Object.entries(catalogue).filter(([, { kind }]) => kind === "command")
  const rehearse: Invoke<E, R> = (name, input, options) =>
    invoke(name, input, { ...options, dryRun: true })
  return methodsOf(Object.fromEntries(commands), rehearse, ({ output }) => DryRun.schemaOf(output))
}

// internal --------------------------------------------------------------------

/** A method for each operation, whose answer has this schema. */
const methodsOf = <E, R, Out>(
  catalogue: Operation.Catalogue,
  invoke: Invoke<E, R>,
  answerOf: (operation: Operation.Any) => Operation.Pure
): Out =>
  mapRecord(catalogue, (_, operation: Operation.Any) => {
    const encode = Schema.encodeUnknownEffect(Wire.of(operation.input))
    const decode = Schema.decodeUnknownEffect(Wire.of(answerOf(operation)))
    const decodeRefusal = fromRefusal(operation)
    return (input: unknown, options?: CallOptions) =>
      Effect.orDie(encode(input)).pipe(
        Effect.flatMap((wire) => invoke(operation.name, wire, options)),
        Effect.catchIf(isRefusal, decodeRefusal),
        Effect.flatMap((output) => Effect.mapError(decode(output), unexpected(operation)))
      )
  })

/** What a cause says, and what the causes behind it say: `fetch failed` alone explains nothing. */
const wordsOf = (cause: unknown, depth = 0): ReadonlyArray<string> => {
  if (typeof cause === "string") return [cause.slice(0, 500)]
  if (!(cause instanceof Error) || depth > 4) return []
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause.cause
  const own = cause.message === "" ? [] : [cause.message.slice(0, 500)]
  return [...own, ...wordsOf(inner, depth + 1)]
}

const isRefusal = (error: unknown): error is Refusal =>
  typeof error === "object" && error !== null && "code" in error && "facts" in error

/** Turns refusal data back into the class that declared it. */
const fromRefusal = (operation: Operation.Any) => {
  const classes = new Map(
    [...operation.errors, ...common].map((error) => [
      Operation.codeOf(error),
      Schema.decodeUnknownEffect(Wire.of(error))
    ])
  )
  return ({ code, facts, status }: Refusal): Effect.Effect<never, unknown> => {
    const decode = classes.get(code)
    if (decode === undefined) return Effect.fail(unexpected(operation, status)(code))
    return decode({ _tag: code, ...facts }).pipe(
      Effect.mapError(unexpected(operation, status)),
      Effect.flatMap(Effect.fail)
    )
  }
}

const unexpected =
  (operation: Operation.Any, status: number | null = null) =>
  (cause: unknown) =>
    new ClientError({
      operation: operation.name,
      status,
      retryable: status !== null && status >= 500,
      cause
    })
