/**
 * Which text can be kept everywhere: no NUL, and no half of a surrogate pair.
 *
 * A column of a store, an environment variable and the UTF-8 of the log cannot hold either, so the
 * same text would not be the same everywhere.
 *
 * @since 0.1.0
 */
import type { InvalidInput } from "./Refusal.ts"
import { keyOf } from "./Wire.ts"

// rules -----------------------------------------------------------------------

/**
 * The places of an input whose text cannot be kept, by their wire names; at most 100.
 *
 * **Example** (A title with a NUL in it)
 *
 * ```ts import.meta.vitest
 * import { Text } from "@foreman/core"
 *
 * Text.problemsOf({ title: "a\u0000b", tags: ["fine"] }).map(({ path }) => path) // => ["title"]
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const problemsOf = (input: unknown): InvalidInput["problems"] => {
  const problems: Array<InvalidInput["problems"][number]> = []
  const look = (value: unknown, path: ReadonlyArray<string>): void => {
    if (problems.length >= 100) return
    if (typeof value === "string" && !isKept(value)) {
      problems.push({
        path: path.map(keyOf).join("."),
        problem: "Expected text without NUL, in whole characters"
      })
    }
    if (typeof value !== "object" || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      look(key, path)
      look(inner, [...path, key])
    }
  }
  look(input, [])
  return problems
}

// internal --------------------------------------------------------------------

const isKept = (text: string): boolean => text.isWellFormed() && !text.includes("\u0000")
