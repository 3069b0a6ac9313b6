/**
 * What a service's method is: the other half of an operation.
 *
 * @since 0.1.0
 */
import type { Effect } from "effect"
import type { CurrentActor } from "../operations/Authorization.ts"
import type { Any, Errors, Input, Output } from "../operations/Operation.ts"
import type { InvalidInput } from "../operations/Refusal.ts"
import type { NotYourTask } from "../rules/Actor.ts"
import type { ShellFailure } from "./Shell.ts"

// models ----------------------------------------------------------------------

/**
 * What answers an operation in a service: its input, its output and its own refusals, or a failure
 * of the shell.
 *
 * @category services
 * @since 0.1.0
 */
export type Method<T extends Any> = (
  input: Input<T>
) => Effect.Effect<Output<T>, Errors<T> | ShellFailure | InvalidInput | NotYourTask, CurrentActor>
