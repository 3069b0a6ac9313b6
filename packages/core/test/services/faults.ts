/**
 * Stores that fail as real ones do, for the tests of what is above them.
 */
import { Effect, Latch } from "effect"

import { ArtifactStore, Driver } from "@foreman/core"

/** What a broken store says. */
export const broken = (
  kind: Partial<Pick<Driver.StoreError, "retryable" | "ambiguous" | "cause">> = {}
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

/** A store whose every answer goes another way. */
const answering = (
  driver: Driver.Driver,
  way: <A>(answer: Effect.Effect<A, Driver.StoreError>) => Effect.Effect<A, Driver.StoreError>
): Driver.Driver => ({
  ...driver,
  allocate: (...input) => way(driver.allocate(...input)),
  commit: (batch) => way(driver.commit(batch)),
  versions: (...input) => way(driver.versions(...input)),
  readStream: (...input) => way(driver.readStream(...input)),
  readAll: (...input) => way(driver.readAll(...input)),
  receipt: (...input) => way(driver.receipt(...input)),
  get: (...input) => way(driver.get(...input)),
  find: (query) => way(driver.find(query)),
  ask: (...input) => way(driver.ask(...input))
})

/** A store that can leave, and come back. */
export interface Leaving {
  readonly store: Driver.Driver
  /** Whatever else lies there is away with it. */
  readonly way: <A, E>(answer: Effect.Effect<A, E>) => Effect.Effect<A, E | Driver.StoreError>
  readonly leave: () => void
  readonly comeBack: () => void
}

/** A store that is away while it is told so: all that it is asked fails, as it does then. */
export const leaving = (driver: Driver.Driver): Leaving => {
  let isAway = false
  const gone = broken({ retryable: true, cause: new Error("connect ECONNREFUSED 127.0.0.1:5432") })
  const way: Leaving["way"] = (answer) =>
    Effect.andThen(
      Effect.suspend(() => (isAway ? Effect.fail(gone) : Effect.void)),
      answer
    )
  const set = (isNow: boolean) => () => {
    isAway = isNow
  }
  return { store: answering(driver, way), way, leave: set(true), comeBack: set(false) }
}

/** A store that says nothing while it is away, and answers late what it was asked then. */
export const hanging = (driver: Driver.Driver): Leaving => {
  const here = Latch.makeUnsafe(true)
  const way: Leaving["way"] = (answer) => here.whenOpen(answer)
  return {
    store: answering(driver, way),
    way,
    leave: () => void here.closeUnsafe(),
    comeBack: () => void here.openUnsafe()
  }
}

/** Bytes that lie in a store, and go and come back with it. */
export const keptIn = (
  { way }: Leaving,
  artifacts: ArtifactStore.ArtifactStore
): ArtifactStore.ArtifactStore => ({
  ...artifacts,
  put: (organization, bytes, options) =>
    Effect.mapError(way(artifacts.put(organization, bytes, options)), (error) =>
      error instanceof Driver.StoreError
        ? new ArtifactStore.ArtifactStoreError({ operation: "put", cause: error, retryable: true })
        : error
    )
})
