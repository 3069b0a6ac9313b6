/**
 * Who asks, and whether they may. Every call of every surface passes here; no handler checks
 * a role.
 *
 * @since 0.1.0
 */
import { Context, Effect, Schema } from "effect"
import { recordOf } from "../internal/dynamic.ts"
import { type Actor, may, NotYourTask, principalOf } from "../rules/Actor.ts"
import { TaskId } from "../rules/Identifier.ts"
import type { Any } from "./Operation.ts"
import { type Command, newPhases } from "./Command.ts"
import * as DryRun from "./DryRun.ts"
import { observe } from "./Observation.ts"
import { InvalidInput, PermissionDenied } from "./Refusal.ts"
import * as Text from "./Text.ts"
import * as Wire from "./Wire.ts"
import * as WireEncoder from "./WireEncoder.ts"

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
 * What the middleware refuses.
 *
 * @category errors
 * @since 0.1.0
 */
export type Barred = PermissionDenied | InvalidInput | NotYourTask

/**
 * The middleware: lets an operation run if the current actor has its permission, holds a run to its
 * one task, refuses text that cannot be kept, and gives a command its name, its key and the form of
 * its receipt. A query has nothing to repeat. Both are observed, refused or not.
 *
 * @category operations
 * @since 0.1.0
 */
export const authorize = <A, E, R>(
  operation: Any,
  input: unknown,
  call: Effect.Effect<A, E, R>,
  options: CallOptions = {}
): Effect.Effect<A, E | Barred, R | CurrentActor> =>
  CurrentActor.use((actor): Effect.Effect<A, E | Barred, R> => {
    const { kind, name } = operation
    const { correlationId } = options
    const command = kind === "query" ? undefined : commandOf(operation, input, options)
    const checked = check(actor, operation, input, call)
    return observe({ name, kind, actor, command, correlationId }, checked)
  })

/**
 * The same middleware around a dry run of a command. As nothing is carried out, it is observed like a
 * query.
 *
 * @category operations
 * @since 0.1.0
 */
export const rehearse = <A, E, R>(
  operation: Any,
  input: unknown,
  call: Effect.Effect<A, E, R>,
  options: CallOptions = {}
): Effect.Effect<DryRun.DryRun<A>, E | Barred, R | CurrentActor> =>
  CurrentActor.use((actor): Effect.Effect<DryRun.DryRun<A>, E | Barred, R> => {
    const { name } = operation
    const { correlationId } = options
    const command = commandOf(operation, input, options)
    const rehearsed = DryRun.of(check(actor, operation, input, call))
    return observe({ name, kind: "query", actor, command, correlationId }, rehearsed)
  })

// internal --------------------------------------------------------------------

const check = <A, E, R>(
  actor: Actor,
  operation: Any,
  input: unknown,
  call: Effect.Effect<A, E, R>
): Effect.Effect<A, E | Barred, R> => {
  const barred = barOf(actor, operation, input)
  return barred === undefined ? call : Effect.fail(barred)
}

const barOf = (actor: Actor, operation: Any, input: unknown): Barred | undefined => {
  const { kind, permission } = operation
  if (!may(actor, permission)) return new PermissionDenied({ permission })
  if (kind === "query") return undefined
  const problems = Text.problemsOf(input)
  return problems.length > 0
    ? new InvalidInput({ problems })
    : foreignTaskOf(actor, operation, input)
}

/** A run changes and judges its own task only; what a message is about is another thing. */
const foreignTaskOf = (
  actor: Actor,
  { permission }: Any,
  input: unknown
): NotYourTask | undefined => {
  const isAboutTasks = permission.startsWith("task:") || permission.startsWith("review:")
  // Managers name tasks by text.
  const named = Number(recordOf(input)["taskId"])
  if (actor.run === undefined || !isAboutTasks || !Number.isSafeInteger(named) || named < 1) {
    return undefined
  }
  const taskId = TaskId.make(named)
  return taskId === actor.run.taskId
    ? undefined
    : new NotYourTask({ actor: principalOf(actor), taskId })
}

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
    phases: newPhases(),
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
  encode: WireEncoder.make(output),
  decode: Schema.decodeUnknownSync(Wire.of(output))
})
