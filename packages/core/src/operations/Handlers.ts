/**
 * The binding of operations to what does the work: one line per operation.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { mapRecord, type Methods } from "../internal/dynamic.ts"
import { authorize, type CallOptions, type CurrentActor, rehearse } from "./Authorization.ts"
import type { DryRun } from "./DryRun.ts"
import type * as Operation from "./Operation.ts"
import * as Uuid from "./Uuid.ts"

// models ----------------------------------------------------------------------

/**
 * What answers an operation: exactly its input, its output and its refusals.
 *
 * @category operations
 * @since 0.1.0
 */
export type Handler<T extends Operation.Any, R = CurrentActor> = (
  input: Operation.Input<T>
) => Effect.Effect<Operation.Output<T>, Operation.Refusals<T>, R>

/**
 * A handler for every operation of the catalogue. A missing or a surplus one does not compile.
 *
 * @category operations
 * @since 0.1.0
 */
export type Handlers<C extends Operation.Catalogue, R = CurrentActor> = {
  readonly [Key in keyof C]: Handler<C[Key], R>
}

/**
 * A method for every operation of the catalogue, with typed input, output and refusals.
 *
 * `E` is what may go wrong on the way to Foreman: nothing inside its process.
 *
 * @category operations
 * @since 0.1.0
 */
export type Client<C extends Operation.Catalogue, E = never, R = CurrentActor> = {
  readonly [Key in keyof C]: (
    input: Operation.Input<C[Key]>,
    options?: CallOptions
  ) => Effect.Effect<Operation.Output<C[Key]>, Operation.Refusals<C[Key]> | E, R>
}

/**
 * A method for every command of the catalogue that shows what it would do, and does nothing.
 *
 * @category operations
 * @since 0.1.0
 */
export type DryRuns<C extends Operation.Catalogue, E = never, R = CurrentActor> = {
  readonly [Key in Commands<C>]: (
    input: Operation.Input<C[Key]>,
    options?: CallOptions
  ) => Effect.Effect<DryRun<Operation.Output<C[Key]>>, Operation.Refusals<C[Key]> | E, R>
}

/**
 * The keys of a catalogue's commands.
 *
 * @category operations
 * @since 0.1.0
 */
export type Commands<C extends Operation.Catalogue> = {
  readonly [Key in keyof C]: C[Key]["kind"] extends "command" ? Key : never
}[keyof C]

// services --------------------------------------------------------------------

/**
 * A client that calls the handlers in this process: authorized, without encoding anything.
 *
 * @category operations
 * @since 0.1.0
 */
export const client = <const C extends Operation.Catalogue, R = CurrentActor>(
  catalogue: C,
  handlers: Handlers<C, R>
): Client<C, never, R | CurrentActor> => bind(catalogue, handlers, authorize)

/**
 * A client that rehearses the commands of the catalogue in this process.
 *
 * @category operations
 * @since 0.1.0
 */
export const dryRuns = <const C extends Operation.Catalogue, R = CurrentActor>(
  catalogue: C,
  handlers: Handlers<C, R>
): DryRuns<C, never, R | CurrentActor> => {
  const commands = Object.entries(catalogue).filter(([, { kind }]) => kind === "command")
  return bind(Object.fromEntries(commands), handlers, rehearse)
}

// internal --------------------------------------------------------------------

type Middleware = <E, R>(
  operation: Operation.Any,
  input: unknown,
  call: Effect.Effect<unknown, E, R>,
  options?: CallOptions
) => Effect.Effect<unknown, unknown, R | CurrentActor>

/** A method for each operation: what it calls passes through the middleware. */
const bind = <R, Out>(
  catalogue: Operation.Catalogue,
  handlers: Methods<R>,
  middleware: Middleware
): Out =>
  mapRecord(catalogue, (key, operation: Operation.Any) => {
    const handler = handlers[key]
    if (handler === undefined) throw new TypeError(`No handler for the operation ${operation.name}`)
    const lowered = Uuid.lowered(operation.input)
    return (given: unknown, options?: CallOptions) => {
      const input = lowered(given)
      const call = Effect.suspend(() => handler(input))
      return middleware(operation, input, call, options)
    }
  })
