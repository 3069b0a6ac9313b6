/**
 * The bytes of artifacts, which may be elsewhere than the store that names them.
 */
import type { ArtifactStore, Driver, Settings } from "@foreman/core"
import { Effect } from "effect"
import { resolve } from "node:path"
import { counted } from "../Counted.ts"
import * as Organizations from "./Organizations.ts"

// rules -----------------------------------------------------------------------

/** What is said of bytes that stayed behind, and what brings them. */
export const sentenceOf = (
  count: number,
  { artifactRoot, databaseUrl }: Settings.Settings
): string => {
  // A folder that servers of a database share has a mark, which a copy would overwrite.
  const isOwn = databaseUrl === undefined
  const copy = `copy what is in the other store's folder of artifacts to ${resolve(artifactRoot)}, or `
  return (
    `The bytes of ${counted(count, "artifact")} are not here: ${isOwn ? copy : ""}import into ` +
    "an empty store what foreman export FILE --artifacts writes of the other one"
  )
}

// services --------------------------------------------------------------------

/** Whether there are any artifacts whose bytes are still kept, wherever that is. */
export const areKept = Effect.fnUntraced(function* (driver: Driver.Driver) {
  for (const organization of yield* Organizations.of(driver)) {
    if ((yield* driver.find({ ...kept, organization, limit: 1 })).length > 0) return true
  }
  return false
})

/** How many artifacts have their bytes not where they should be. */
export const missing = Effect.fnUntraced(function* (
  driver: Driver.Driver,
  artifacts: ArtifactStore.ArtifactStore
) {
  let count = 0
  for (const organization of yield* Organizations.of(driver)) {
    const query = { ...kept, organization, limit: pageSize }
    for (let after: Driver.Row | undefined; ;) {
      const page = yield* driver.find(after === undefined ? query : { ...query, after })
      const found = yield* Effect.forEach(
        page,
        ({ digest }) =>
          // What cannot be read is not there for whoever asks, and the doctor says why.
          Effect.orElseSucceed(artifacts.has(organization, String(digest)), () => false),
        { concurrency: 4 }
      )
      count += found.filter((isThere) => !isThere).length
      if (page.length < pageSize) break
      after = page.at(-1)
    }
  }
  return count
})

// internal --------------------------------------------------------------------

const kept = { table: "artifacts", index: "artifacts_by_age", equals: { is_removed: false } }

const pageSize = 500
