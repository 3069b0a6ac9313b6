/**
 * What a store promises, as tests that every one of them runs.
 *
 * Left open on purpose: which of several paths between two tasks is found, what a broken store says,
 * how long hints take, and in which order the batches of concurrent callers are written.
 *
 * @since 0.1.0
 */
import { describe, layer } from "@effect/vitest"

import * as Commits from "./StoreSuiteCommits.ts"
import * as Constraints from "./StoreSuiteConstraints.ts"
import * as Feeds from "./StoreSuiteFeed.ts"
import * as Guards from "./StoreSuiteGuards.ts"
import * as Leases from "./StoreSuiteLeases.ts"
import * as Questions from "./StoreSuiteQuestions.ts"
import * as Reads from "./StoreSuiteReads.ts"
import * as Receipts from "./StoreSuiteReceipts.ts"
import * as Restores from "./StoreSuiteRestore.ts"
import * as Schemas from "./StoreSuiteSchema.ts"
import * as SetChanges from "./StoreSuiteSetChanges.ts"
import { type Backend, layerOf } from "./StoreSuiteSubject.ts"
import * as Together from "./StoreSuiteTogether.ts"

export type { Backend, Console, Described } from "./StoreSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Runs the promises of the port against a store, with the real clock.
 *
 * **Example** (Testing a store)
 *
 * ```ts
 * import { DriverMemory } from "@foreman/core"
 * import { StoreSuite } from "@foreman/testkit"
 *
 * StoreSuite.run("memory", { layer: () => DriverMemory.layer })
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const run = (name: string, backend: Backend): void => {
  describe(`the store ${name}`, () => {
    layer(layerOf(backend), { excludeTestServices: true })((it) => {
      describe("a commit", () => Commits.register(it))
      describe("commits together", () => Together.register(it))
      describe("a receipt", () => Receipts.register(it))
      describe("a guard", () => Guards.register(it))
      describe("a constraint", () => Constraints.register(it))
      describe("a read", () => Reads.register(it))
      describe("a question", () => Questions.register(it))
      describe("a set change", () => SetChanges.register(it))
      describe("spans of leases", () => Leases.register(it))
    })
    describe("a follower", () => Feeds.register(backend))
    describe("the tables", () => Schemas.register(backend))
    describe("a store that is moved", () => Restores.register(backend))
  })
}
