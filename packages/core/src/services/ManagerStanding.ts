/**
 * Where a manager's wishes are carried out, and in whose name.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import { type Command, CurrentCommand } from "../operations/Command.ts"
import type { Any, Input, Output } from "../operations/Operation.ts"
import { PermissionDenied } from "../operations/Refusal.ts"
import * as Wire from "../operations/Wire.ts"
import * as WireEncoder from "../operations/WireEncoder.ts"
import * as CommandId from "./CommandId.ts"
import * as LocalTeam from "./LocalTeam.ts"
import { organizationIn } from "./ProjectPlace.ts"
import type { Shell } from "./Shell.ts"

// services --------------------------------------------------------------------

/**
 * The organisation whose board a caller sees: its own, else the local one; undefined before that is
 * there.
 *
 * @category services
 * @since 0.1.0
 */
export const seenFrom = (shell: Shell["Service"]) => organizationIn(shell, undefined)

/**
 * The local team as far as a caller sees it: who acts in another organisation is not told of it.
 *
 * @category services
 * @since 0.1.0
 */
export const visible = <E, R>(local: Effect.Effect<LocalTeam.LocalTeam | undefined, E, R>) =>
  CurrentActor.use(({ organizationId: own }) =>
    Effect.map(local, (team) => (own === null || own === team?.organizationId ? team : undefined))
  )

/**
 * The local team, for a caller that may command it: who acts for a single task or in another
 * organisation may not.
 *
 * @category services
 * @since 0.1.0
 */
export const commanding = Effect.fnUntraced(function* <E, R>(
  local: Effect.Effect<LocalTeam.LocalTeam | undefined, E, R>
) {
  const actor = yield* CurrentActor
  const denied = new PermissionDenied({ permission: "task:plan" })
  if (actor.run !== undefined) return yield* denied
  return (yield* visible(local)) ?? (yield* denied)
})

/**
 * Carries out an operation for the caller as the whole of the present command: under its key, and kept
 * with its input, so that the key is good for this and nothing else.
 *
 * The command's own permission was asked already, and includes the operation's.
 *
 * @category services
 * @since 0.1.0
 */
export const asCaller = Effect.fnUntraced(function* <T extends Any, E, R>(
  operation: T,
  handler: (input: Input<T>) => Effect.Effect<Output<T>, E, R>,
  input: Input<T>
) {
  const command = yield* CurrentCommand
  const kept = { ...command, ...codecOf(operation) }
  return yield* Effect.provideService(handler(input), CurrentCommand, kept)
})

/**
 * The same in the name of the local team's manager.
 *
 * @category services
 * @since 0.1.0
 */
export const asManager = <T extends Any, E, R>(
  local: LocalTeam.LocalTeam,
  operation: T,
  handler: (input: Input<T>) => Effect.Effect<Output<T>, E, R>,
  input: Input<T>
) =>
  Effect.provideService(
    asCaller(operation, handler, input),
    CurrentActor,
    LocalTeam.managerOf(local)
  )

/**
 * Notes under its key that the present command was carried out, which has nothing to write. Whoever
 * repeats it with another input is refused.
 *
 * @category services
 * @since 0.1.0
 */
export const noted = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  local: LocalTeam.LocalTeam
) {
  const command = yield* CurrentCommand
  if (command.key === undefined) return
  const nothing = { events: [], answer: () => null }
  yield* shell
    .transact({ organization: local.organizationId }, () => Effect.succeed(nothing))
    .pipe(
      Effect.provideService(CurrentCommand, { ...command, ...noAnswer }),
      Effect.provideService(CurrentActor, LocalTeam.managerOf(local))
    )
})

/**
 * Says whether the present command was carried out before under the same key: then what is told of the
 * present state is no reason against it.
 *
 * @category services
 * @since 0.1.0
 */
export const isRepeated = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  { managerId, organizationId }: LocalTeam.LocalTeam
) {
  const { key, name } = yield* CurrentCommand
  if (key === undefined) return false
  const receipt = CommandId.receiptOf(managerId, name, key)
  const found = yield* shell.read((driver) => driver.receipt(organizationId, receipt))
  return found !== undefined
})

/**
 * How the answer of a command is kept of which nobody needs one.
 *
 * @category services
 * @since 0.1.0
 */
export const noAnswer: Pick<Command, "encodeAnswer" | "decodeAnswer"> = {
  encodeAnswer: () => null,
  decodeAnswer: () => null
}

// internal --------------------------------------------------------------------

const codecs = new WeakMap<Any, Pick<Command, "encodeAnswer" | "decodeAnswer">>()

const codecOf = (operation: Any) => {
  const known = codecs.get(operation) ?? {
    encodeAnswer: WireEncoder.make(operation.output),
    decodeAnswer: Schema.decodeUnknownSync(Wire.of(operation.output))
  }
  codecs.set(operation, known)
  return known
}
