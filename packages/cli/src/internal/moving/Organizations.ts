/**
 * Which organizations a store has.
 */
import type { Driver } from "@foreman/core"
import { Effect } from "effect"

// services --------------------------------------------------------------------

/** The names of all that have a history, in their order. */
export const of = Effect.fnUntraced(function* (driver: Driver.Driver) {
  const names: Array<string> = []
  for (;;) {
    const page = { after: names.at(-1) ?? "", limit: pageSize }
    const rows = yield* driver.ask("system", "heads", page)
    names.push(...rows.map((row) => String(row["organization"])))
    if (rows.length < pageSize) return names
  }
})

// internal --------------------------------------------------------------------

const pageSize = 500
