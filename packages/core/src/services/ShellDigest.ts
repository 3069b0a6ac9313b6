/**
 * What tells the input of a command from another one under the same key.
 *
 * @internal
 */
import { Effect } from "effect"
import * as Canonical from "../events/Canonical.ts"
import type { Command } from "../operations/Command.ts"
import { hexOf, sha256 } from "../ports/Sha256.ts"

// services --------------------------------------------------------------------

/** The digest of a command's input. */
export const digestOf = ({ input }: Pick<Command, "input">): Effect.Effect<string> => {
  const wish = input()
  if (wish === null) return ofNothing
  return Effect.promise(() => Canonical.digest(Canonical.stringify(wish)))
}

// internal --------------------------------------------------------------------

/** A reactor's command has no input: its key says all of it, and its digest is not made anew. */
const ofNothing = Effect.succeed(hexOf(sha256(new TextEncoder().encode("null"))))
