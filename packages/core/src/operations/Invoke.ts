/**
 * The door through which every transport calls: a name and wire data in, wire data or a refusal
 * out.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { type AnyHandler, type Methods, recordOf } from "../internal/dynamic.ts"
import type { CallOptions, CurrentActor } from "./Authorization.ts"
import type { DryRun } from "./DryRun.ts"
import { client, dryRuns, type Handlers } from "./Handlers.ts"
import * as Operation from "./Operation.ts"
import { common, InvalidInput, problemsOf, type Refusal } from "./Refusal.ts"
import * as Wire from "./Wire.ts"
import * as WireEncoder from "./WireEncoder.ts"

// models ----------------------------------------------------------------------

/**
 * What a transport may add to a call.
 *
 * @category models
 * @since 0.1.0
 */
export interface InvokeOptions extends CallOptions {
  /** REST ignores fields it does not know; MCP refuses them. */
  readonly unknownFields?: Wire.UnknownFields
  /**
   * Shows what a command would do, and does nothing: the answer is `{ dry_run: true, events, more,
   * answer }`. Queries take no notice of it.
   */
  readonly dryRun?: boolean | undefined
}

/**
 * Calls an operation by its name, with wire data. Every transport has only this.
 *
 * A name that no operation has is the refusal `UnknownOperation`.
 *
 * @category operations
 * @since 0.1.0
 */
export type Invoke<E = never, R = CurrentActor> = (
  name: string,
  input: Wire.Json,
  options?: InvokeOptions
) => Effect.Effect<Wire.Json, Refusal | E, R>

// services --------------------------------------------------------------------

/**
 * Binds the catalogue to its handlers.
 *
 * @category operations
 * @since 0.1.0
 */
export const invoke = <const C extends Operation.Catalogue, R = CurrentActor>(
  catalogue: C,
  handlers: Handlers<C, R>
): Invoke<never, R | CurrentActor> => {
  const methods: Methods<R | CurrentActor> = client(catalogue, handlers)
  // As: what walks a catalogue takes no notice of types; a query has no method here.
  const rehearsals = dryRuns(catalogue, handlers) as Partial<Methods<R | CurrentActor>>
  const doors = new Map(
    Object.entries(catalogue).map(([key, operation]) => [
      operation.name,
      door(operation, methods[key]!, rehearsals[key])
    ])
  )
  return (name, input, options) =>
    doors.get(name)?.(input, options) ?? Effect.fail(unknownOperation(name))
}

/**
 * Puts a refusal into the form that crosses the wire.
 *
 * @category operations
 * @since 0.1.0
 */
export const toRefusal = (operation: Operation.Any) => {
  const classes = new Map(
    [...operation.errors, ...common].map((error) => [
      Operation.codeOf(error),
      {
        status: Operation.statusOf(error),
        encode: Schema.encodeSync(Wire.of(error))
      }
    ])
  )
  return (error: { readonly _tag: string; readonly message: string }): Refusal => {
    const known = classes.get(error._tag)
    if (known === undefined) throw new TypeError(`${operation.name} does not declare ${error._tag}`)
    const { _tag, ...facts } = recordOf(known.encode(error))
    const message = operation.says?.[error._tag]?.(facts) ?? error.message
    return { code: String(_tag), message, status: known.status, facts }
  }
}

// internal --------------------------------------------------------------------

/** Decode, call, encode. An output that does not encode is our mistake and dies. */
const door = <R>(operation: Operation.Any, method: AnyHandler<R>, rehearsal?: AnyHandler<R>) => {
  const decode = Schema.decodeUnknownEffect(Wire.of(operation.input))
  const encode = WireEncoder.make(operation.output)
  const refusal = toRefusal(operation)
  const dryRun = ({ answer, events, more }: DryRun<unknown>) => ({
    dry_run: true,
    events,
    more,
    ...(answer === undefined ? {} : { answer: encode(answer) })
  })
  return (input: Wire.Json, { dryRun: isDry, unknownFields, ...options }: InvokeOptions = {}) =>
    decode(input, {
      errors: "all",
      onExcessProperty: unknownFields === "refuse" ? "error" : "ignore"
    }).pipe(
      Effect.mapError(({ issue }) => new InvalidInput({ problems: problemsOf(issue) })),
      Effect.flatMap((decoded) =>
        isDry === true && rehearsal !== undefined
          ? Effect.map(rehearsal(decoded, options), dryRun)
          : Effect.map(method(decoded, options), encode)
      ),
      Effect.mapError(refusal)
    )
}

const unknownOperation = (name: string): Refusal => ({
  code: "UnknownOperation",
  message: `There is no operation ${name}`,
  status: 404,
  facts: { name }
})
