/**
 * Foreman as plain promises: camelCase methods, plain numbers and objects, refusals thrown as their
 * classes. For people who do not write Effect; works over any client of the catalogue.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { asCodec, mapRecord, type Methods } from "../internal/dynamic.ts"
import type { CallOptions } from "./Authorization.ts"
import type { Client } from "./Handlers.ts"
import type * as Operation from "./Operation.ts"
import { InvalidInput, problemsOf } from "./Refusal.ts"

// models ----------------------------------------------------------------------

/**
 * What a caller may add to a call of the facade.
 *
 * @category models
 * @since 0.1.0
 */
export interface FacadeOptions extends CallOptions {
  /** Interrupts the call. */
  readonly signal?: AbortSignal
}

/**
 * A method for every operation of the catalogue, on plain values.
 *
 * A method rejects with the refusal's own class, and with `InvalidInput` before anything is asked when
 * its input does not fit.
 *
 * @category models
 * @since 0.1.0
 */
export type Facade<C extends Operation.Catalogue> = {
  readonly [Key in keyof C]: (
    input: Operation.PlainInput<C[Key]>,
    options?: FacadeOptions
  ) => Promise<Operation.PlainOutput<C[Key]>>
}

/**
 * Runs an effect and rejects with its own error, as `Effect.runPromise` and runtimes do.
 *
 * @category models
 * @since 0.1.0
 */
export type Run<R> = <A, E>(
  effect: Effect.Effect<A, E, R>,
  options?: Effect.RunOptions
) => Promise<A>

// services --------------------------------------------------------------------

/**
 * Wraps a client into promises.
 *
 * @category services
 * @since 0.1.0
 */
export const make = <const C extends Operation.Catalogue, E, R>(
  catalogue: C,
  client: Client<C, E, R>,
  run: Run<R>
): Facade<C> => {
  const methods: Methods<R> = client
  return mapRecord(catalogue, (key, operation: Operation.Any) => {
    const decode = Schema.decodeUnknownEffect(asCodec(operation.input))
    const encode = Schema.encodeEffect(asCodec(operation.output))
    const call = (input: unknown, options: CallOptions) =>
      decode(input, { errors: "all", onExcessProperty: "error" }).pipe(
        Effect.mapError(({ issue }) => new InvalidInput({ problems: problemsOf(issue) })),
        Effect.flatMap((decoded) => methods[key]!(decoded, options)),
        Effect.flatMap((output) => Effect.orDie(encode(output)))
      )
    return (input: unknown, { idempotencyKey, signal }: FacadeOptions = {}) =>
      stopAt(signal, () => run(call(input, { idempotencyKey }), signal && { signal }))
  })
}

// internal --------------------------------------------------------------------

/** Rejects with the reason of the signal, as the platform's own functions do. */
const stopAt = async <A>(signal: AbortSignal | undefined, start: () => Promise<A>): Promise<A> => {
  if (signal === undefined) return start()
  signal.throwIfAborted()
  return start().catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
}
