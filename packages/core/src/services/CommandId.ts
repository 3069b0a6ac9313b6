/**
 * The ids of commands whose callers gave no key.
 *
 * @internal
 */
import type { Effect } from "effect"
import { random } from "../internal/random.ts"

// services --------------------------------------------------------------------

/** A new id. Each sorts after those before it, so their receipts are written side by side. */
export const next = (): Effect.Effect<string> => random.uuidV7()

/** Under which key a command's receipt is found: whose it is, what it is, and its id. */
export const receiptOf = (principal: string, name: string, id: string): string =>
  `${principal}/${name}/${id}`
