/**
 * Foreman as plain promises: camelCase methods, plain numbers and objects, refusals thrown as their
 * classes. For people who do not write Effect; works over any client of the catalogue.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { type AnyHandler, asCodec, mapRecord, type Methods } from "../internal/dynamic.ts"
import type { CallOptions } from "./Authorization.ts"
import * as DryRun from "./DryRun.ts"
import type { Client, Commands, DryRuns } from "./Handlers.ts"
import type { Invoke, InvokeOptions } from "./Invoke.ts"
import type * as Operation from "./Operation.ts"
import { InvalidInput, problemsOf, type Refusal } from "./Refusal.ts"
import type * as Wire from "./Wire.ts"

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
 * A method for every command of the catalogue, on plain values, that shows the events that it would
 * write. Nothing is written.
 *
 * It rejects with what the command would be refused with.
 *
 * @category models
 * @since 0.1.0
 */
export type DryRunFacade<C extends Operation.Catalogue> = {
  readonly [Key in Commands<C>]: (
    input: Operation.PlainInput<C[Key]>,
    options?: FacadeOptions
  ) => Promise<DryRun.DryRun<Operation.PlainOutput<C[Key]>>>
}

/**
 * What came of an operation that was called by its name: its answer on wire data, or its refusal.
 *
 * @category models
 * @since 0.1.0
 */
export type Invoked = { readonly answer: Wire.Json } | { readonly refusal: Refusal }

/**
 * Calls an operation by its name, with wire data: for tools and transports of one's own. A refusal is
 * data like an answer; only what is nobody's wish rejects.
 *
 * @category models
 * @since 0.1.0
 */
export type PromisedInvoke = (
  name: string,
  input: Wire.Json,
  options?: InvokeOptions & FacadeOptions
) => Promise<Invoked>

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
): Facade<C> => wrap(catalogue, client, run, ({ output }) => output)

/**
 * Wraps a client that rehearses commands into promises.
 *
 * @category services
 * @since 0.1.0
 */
export const makeDryRuns = <const C extends Operation.Catalogue, E, R>(
  catalogue: C,
  client: DryRuns<C, E, R>,
  run: Run<R>
): DryRunFacade<C> => wrap(catalogue, client, run, ({ output }) => DryRun.schemaOf(output))

/**
 * Wraps the door of transports into a promise.
 *
 * @category services
 * @since 0.1.0
 */
export const makeInvoke =
  <R>(invoke: Invoke<never, R>, run: Run<R>): PromisedInvoke =>
  (name, input, { signal, ...options } = {}) => {
    const invoked = Effect.match(invoke(name, input, options), {
      onSuccess: (answer): Invoked => ({ answer }),
      onFailure: (refusal): Invoked => ({ refusal })
    })
    return stopAt(signal, () => run(invoked, signal && { signal }))
  }

// internal --------------------------------------------------------------------

/** A method on plain values for each operation that the client has, answering by this schema. */
const wrap = <R, Out>(
  catalogue: Operation.Catalogue,
  client: Methods<R>,
  run: Run<R>,
  answerOf: (operation: Operation.Any) => Operation.Pure
): Out =>
  mapRecord(client, (key, method: AnyHandler<R>) => {
    const operation = catalogue[key]
    if (operation === undefined) throw new TypeError(`The catalogue has no operation ${key}`)
    const decode = Schema.decodeUnknownEffect(asCodec(operation.input))
    const encode = Schema.encodeEffect(asCodec(answerOf(operation)))
    const call = (input: unknown, options: CallOptions) =>
      decode(input, { errors: "all", onExcessProperty: "error" }).pipe(
        Effect.mapError(({ issue }) => new InvalidInput({ problems: problemsOf(issue) })),
        Effect.flatMap((decoded) => method(decoded, options)),
        Effect.flatMap((output) => Effect.orDie(encode(output)))
      )
    return (input: unknown, { idempotencyKey, signal }: FacadeOptions = {}) =>
      stopAt(signal, () => run(call(input, { idempotencyKey }), signal && { signal }))
  })

/** Rejects with the reason of the signal, as the platform's own functions do. */
const stopAt = async <A>(signal: AbortSignal | undefined, start: () => Promise<A>): Promise<A> => {
  if (signal === undefined) return start()
  signal.throwIfAborted()
  return start().catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
}
