/**
 * The binding of operations to what does the work: one line per operation.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { mapRecord, type Methods } from "../internal/dynamic.ts"
import { authorize, type CallOptions, type CurrentActor } from "./Authorization.ts"
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
): Client<C, never, R | CurrentActor> => {
  const bound: Methods<R> = handlers
  return mapRecord(catalogue, (key, operation: Operation.Any) => {
    const handler = bound[key]
    if (handler === undefined) throw new TypeError(`No handler for the operation ${operation.name}`)
    const lowered = Uuid.lowered(operation.input)
    return (given: unknown, options?: CallOptions) => {
      const input = lowered(given)
      return authorize(
        operation,
        input,
        Effect.suspend(() => handler(input)),
        options
      )
    }
  })
}
