/**
 * What the doctor sees of artifacts: what their rows say, and whether their bytes are there.
 *
 * @internal
 */
import { Effect } from "effect"
import type { ArtifactStore } from "../ports/ArtifactStore.ts"
import type { Row, StoreError } from "../ports/Driver.ts"
import { harmless, pathOf } from "../rules/Artifact.ts"
import type { RunId } from "../rules/Identifier.ts"
import type { Place } from "./DoctorRows.ts"

// rules -----------------------------------------------------------------------

/** What of a row cannot be: a path that is not made of its run and a harmless name, no digest. */
export const problemOf = (row: Row): string | undefined => {
  const name = String(row["name"])
  // As: what is in this column names a run, which is looked at beside this.
  const isOwn = row["path"] === pathOf(String(row["run_id"]) as RunId, name)
  if (!isOwn || harmless(name) !== name) return "has another path than its run and its name say"
  const isWhole = /^[0-9a-f]{64}$/.test(String(row["digest"])) && Number(row["size"]) >= 0
  return isWhole ? undefined : "has no digest or no size"
}

// services --------------------------------------------------------------------

/** Looks for the bytes of every artifact that has not lost them. */
export const look = Effect.fnUntraced(function* (
  { driver, organization, tally }: Place,
  artifacts: ArtifactStore
): Effect.fn.Return<void, StoreError> {
  const query = { organization, table: "artifacts", index: "key", equals: {}, limit: pageSize }
  for (let after: Row | undefined; ;) {
    const page = yield* driver.find(after === undefined ? query : { ...query, after })
    for (const row of page) {
      if (row["is_removed"] === true) continue
      const sight = yield* Effect.match(artifacts.has(organization, String(row["digest"])), {
        onFailure: ({ message }) => `has bytes that cannot be read: ${message}`,
        onSuccess: (isThere) => (isThere ? undefined : "has no bytes where they should be")
      })
      tally.judge("I-52", `artifacts ${String(row["id"])}`, sight)
    }
    if (page.length < pageSize) return
    after = page.at(-1)
  }
})

// internal --------------------------------------------------------------------

const pageSize = 500
