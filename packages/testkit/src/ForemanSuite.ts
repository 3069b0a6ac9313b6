/**
 * What Foreman promises over any store, as tests that each store runs in one line.
 *
 * The store's own promises are those of `StoreSuite`; here everything is asked from outside, through
 * the operations.
 *
 * @since 0.1.0
 */
import { describe, layer } from "@effect/vitest"

import * as Claims from "./ForemanSuiteClaims.ts"
import * as Dispatch from "./ForemanSuiteDispatch.ts"
import * as Events from "./ForemanSuiteEvents.ts"
import * as Failures from "./ForemanSuiteFailures.ts"
import * as HumanRequestEnds from "./ForemanSuiteHumanRequestEnds.ts"
import * as HumanRequestRefusals from "./ForemanSuiteHumanRequestRefusals.ts"
import * as HumanRequests from "./ForemanSuiteHumanRequests.ts"
import * as Housekeeping from "./ForemanSuiteHousekeeping.ts"
import * as ListRefusals from "./ForemanSuiteListRefusals.ts"
import * as ManyOrganizations from "./ForemanSuiteManyOrganizations.ts"
import * as Paging from "./ForemanSuitePaging.ts"
import * as Path from "./ForemanSuitePath.ts"
import * as Processes from "./ForemanSuiteProcesses.ts"
import * as Races from "./ForemanSuiteRaces.ts"
import * as Rebuild from "./ForemanSuiteRebuild.ts"
import * as Receipts from "./ForemanSuiteReceipts.ts"
import * as Refusals from "./ForemanSuiteRefusals.ts"
import * as Roles from "./ForemanSuiteRoles.ts"
import * as Runs from "./ForemanSuiteRuns.ts"
import * as Shutdown from "./ForemanSuiteShutdown.ts"
import * as TaskRefusals from "./ForemanSuiteTaskRefusals.ts"
import * as Tenancy from "./ForemanSuiteTenancy.ts"
import { type Backend, layerOf } from "./ForemanSuiteSubject.ts"

export type { Backend } from "./ForemanSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Runs the promises of core against a store, with the real clock.
 *
 * **Example** (Testing Foreman over a store)
 *
 * ```ts
 * import { DriverMemory } from "@foreman/core"
 * import { ForemanSuite } from "@foreman/testkit"
 *
 * ForemanSuite.run("memory", { layer: () => DriverMemory.layer })
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const run = (name: string, backend: Backend): void => {
  describe(`Foreman over ${name}`, () => {
    layer(layerOf(backend), { excludeTestServices: true })((it) => {
      describe("an operation", () => Refusals.register(it))
      describe("a question", () => ListRefusals.register(it))
      describe("an operation on tasks", () => TaskRefusals.register(it))
      describe("a crowd", () => Races.register(it))
      describe("a claim", () => Claims.register(it))
      describe("a dispatch", () => Dispatch.register(it))
      describe("an operation on human requests", () => HumanRequestRefusals.register(it))
      describe("a human request", () => HumanRequests.register(it))
      describe("a key", () => Receipts.register(it))
      describe("an organization", () => Tenancy.register(it))
      describe("a role", () => Roles.register(it))
      describe("the log", () => Events.register(it))
      describe("a list", () => Paging.register(it))
      describe("a projection", () => Rebuild.register(it))
    })
    describe("the feed", () => ManyOrganizations.register(backend))
    describe("the housekeeper", () => Housekeeping.register(backend))
    describe("the path", () => Path.register(backend))
    describe("an attempt", () => Failures.register(backend))
    describe("a run", () => Runs.register(backend))
    describe("human requests", () => HumanRequestEnds.register(backend))
    describe("a process", () => Processes.register(backend))
    describe("an end", () => Shutdown.register(backend))
  })
}
