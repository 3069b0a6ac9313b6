/**
 * Who asks, and whether they may. Every call of every surface passes here; no handler checks
 * a role.
 *
 * @since 0.1.0
 */
import { Context, Effect, Schema } from "effect"
import { type Actor, may } from "../rules/Actor.ts"
import type { Any } from "./Operation.ts"
import { type Command, CurrentCommand } from "./Command.ts"
import { PermissionDenied } from "./Refusal.ts"
import * as Wire from "./Wire.ts"

// models ----------------------------------------------------------------------

/**
 * What a caller may add to a call. Queries take no notice of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallOptions {
  /** Makes a command safe to repeat: the same key and input give the stored answer. */
  readonly idempotencyKey?: string | undefined
  /** What the events of a command are found by; the command itself unless given. */
  readonly correlationId?: string | undefined
}

// services --------------------------------------------------------------------

/**
 * Who makes the present call. A transport provides it after it has authenticated the caller.
 *
 * @effect-leakable-service
 * @category services
 * @since 0.1.0
 */
export class CurrentActor extends Context.Service<CurrentActor, Actor>()(
  "@foreman/core/CurrentActor"
) {}

/**
 * The middleware: lets an operation run if the current actor has its permission, and gives a
 * command its name, its key and the form of its receipt. A query has nothing to repeat.
 *
 * @category operations
 * @since 0.1.0
 */
export const authorize = <A, E, R>(
  operation: Any,
  input: unknown,
  call: Effect.Effect<A, E, R>,
  options: CallOptions = {}
): Effect.Effect<A, E | PermissionDenied, R | CurrentActor> =>
  CurrentActor.use((actor): Effect.Effect<A, E | PermissionDenied, R> => {
    const { kind, permission } = operation
    if (!may(actor, permission)) return Effect.fail(new PermissionDenied({ permission }))
    if (kind === "query") return call
    return Effect.provideService(call, CurrentCommand, commandOf(operation, input, options))
  })

// internal --------------------------------------------------------------------

const commandOf = (
  operation: Any,
  input: unknown,
  { correlationId, idempotencyKey: key }: CallOptions
): Command => {
  const { decode, encode, encodeInput } = codecsOf(operation)
  return {
    name: operation.name,
    key,
    correlationId,
    input: () => encodeInput(input),
    encodeAnswer: encode,
    decodeAnswer: decode
  }
}

const codecs = new WeakMap<Any, ReturnType<typeof makeCodecs>>()

const codecsOf = (operation: Any) => {
  const known = codecs.get(operation) ?? makeCodecs(operation)
  codecs.set(operation, known)
  return known
}

const makeCodecs = ({ input, output }: Any) => ({
  encodeInput: Schema.encodeUnknownSync(Wire.of(input)),
  encode: Schema.encodeUnknownSync(Wire.of(output)),
  decode: Schema.decodeUnknownSync(Wire.of(output))
})
