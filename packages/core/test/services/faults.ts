/**
 * Stores that fail as real ones do, for the tests of what is above them.
 */
import { Effect } from "effect"

import { Driver } from "@foreman/core"

/** What a broken store says. */
export const broken = (
  kind: Partial<Pick<Driver.StoreError, "retryable" | "ambiguous">> = {}
): Driver.StoreError =>
  new Driver.StoreError({
    operation: "commit",
    cause: "pulled the plug",
    retryable: false,
    ambiguous: false,
    ...kind
  })

/** A store whose commits go another way, chosen by how many there were before. */
export const committing = (
  driver: Driver.Driver,
  way: (
    count: number,
    commit: Effect.Effect<Driver.Answer, Driver.StoreError>,
    batch: Driver.Batch
  ) => Effect.Effect<Driver.Answer, Driver.StoreError>
): Driver.Driver => {
  let count = 0
  return {
    ...driver,
    commit: (batch) => Effect.suspend(() => way(count++, driver.commit(batch), batch))
  }
}
