/**
 * The command that is being carried out: its name, its key, and how its answer is kept.
 *
 * The middleware of the operations provides it to what a caller asks for; reactors provide it
 * themselves, with a key derived from what they react to.
 *
 * @since 0.1.0
 */
import { Context, Effect } from "effect"

// models ----------------------------------------------------------------------

/**
 * A command on its way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Command {
  readonly name: string
  /** The caller's key; absent when the caller gave none. */
  readonly key?: string | undefined
  /** The command's input as wire data: tells the same wish from another one. */
  readonly input: () => unknown
  readonly encodeAnswer: (answer: unknown) => unknown
  readonly decodeAnswer: (stored: unknown) => unknown
  readonly correlationId?: string | undefined
  readonly causationId?: number | undefined
  /** How long its parts have taken so far, if somebody wants to know. */
  readonly phases?: Phases | undefined
}

/**
 * The parts of a command, in milliseconds: all of its transaction, what of that is not the wait in
 * its queue, what of that is the store's, and what it waited for beside, such as a person's answer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Phases {
  transact: number
  attempt: number
  commit: number
  wait: number
}

// services --------------------------------------------------------------------

/**
 * The present command.
 *
 * @category services
 * @since 0.1.0
 */
export const CurrentCommand = Context.Reference<Command>("@foreman/core/CurrentCommand", {
  defaultValue: () => ({
    name: "internal",
    input: () => null,
    encodeAnswer: (answer) => answer ?? null,
    decodeAnswer: (stored) => stored
  })
})

/**
 * Carries out a reactor's command under a derived key: repeating it changes nothing. Its answer is
 * plain JSON.
 *
 * @category services
 * @since 0.1.0
 */
export const derived =
  (name: string, key: string, causationId?: number) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(effect, CurrentCommand, underKey(name, key, causationId))

/**
 * What commands carry out on their way, beside the commands of the catalogue.
 *
 * @category services
 * @since 0.1.0
 */
export const parts = ["local_project", "local_team"] as const

/**
 * Carries out what another command needs on its way as a command of its own, without a key: whether it
 * was done is told by what it makes.
 *
 * @category services
 * @since 0.1.0
 */
export const apart =
  (name: (typeof parts)[number] | "register_repo") =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(effect, CurrentCommand, {
      name,
      input: () => null,
      encodeAnswer: (answer) => answer ?? null,
      decodeAnswer: (stored) => stored
    })

/**
 * A reactor's command under a derived key.
 *
 * @category services
 * @since 0.1.0
 */
export const underKey = (name: string, key: string, causationId?: number): Command => ({
  name,
  key,
  causationId,
  phases: newPhases(),
  input: () => null,
  encodeAnswer: (answer) => answer ?? null,
  decodeAnswer: (stored) => stored
})

/**
 * Phases of a command that has not begun.
 *
 * @category services
 * @since 0.1.0
 */
export const newPhases = (): Phases => ({ transact: 0, attempt: 0, commit: 0, wait: 0 })
