/**
 * What Foreman promises over any store, as tests that each store runs in one line.
 *
 * The store's own promises are those of `StoreSuite`; here everything is asked from outside, through
 * the operations.
 *
 * @since 0.1.0
 */
import { describe, layer } from "@effect/vitest"
import { Layer } from "effect"

import { Manager } from "@foreman/core"
import * as ApprovalRecovery from "./ForemanSuiteApprovalRecovery.ts"
import * as ApprovalDecisions from "./ForemanSuiteApprovalDecisions.ts"
import * as Approvals from "./ForemanSuiteApprovals.ts"
import * as Artifacts from "./ForemanSuiteArtifacts.ts"
import * as CommandApprovals from "./ForemanSuiteCommandApprovals.ts"
import * as Claims from "./ForemanSuiteClaims.ts"
import * as Deliveries from "./ForemanSuiteDeliveries.ts"
import * as Control from "./ForemanSuiteControl.ts"
import * as Dispatch from "./ForemanSuiteDispatch.ts"
import * as DryRuns from "./ForemanSuiteDryRun.ts"
import * as Events from "./ForemanSuiteEvents.ts"
import * as Explains from "./ForemanSuiteExplain.ts"
import * as Failures from "./ForemanSuiteFailures.ts"
import * as HumanRequestEnds from "./ForemanSuiteHumanRequestEnds.ts"
import * as HumanRequestRefusals from "./ForemanSuiteHumanRequestRefusals.ts"
import * as HumanRequests from "./ForemanSuiteHumanRequests.ts"
import * as HandOvers from "./ForemanSuiteHandOver.ts"
import * as HandOverDoubt from "./ForemanSuiteHandOverDoubt.ts"
import * as HandOverEnds from "./ForemanSuiteHandOverEnds.ts"
import * as Housekeeping from "./ForemanSuiteHousekeeping.ts"
import * as Leases from "./ForemanSuiteLeases.ts"
import * as Lies from "./ForemanSuiteLies.ts"
import * as ListRefusals from "./ForemanSuiteListRefusals.ts"
import * as Managers from "./ForemanSuiteManager.ts"
import * as ManyOrganizations from "./ForemanSuiteManyOrganizations.ts"
import * as Paging from "./ForemanSuitePaging.ts"
import * as Path from "./ForemanSuitePath.ts"
import * as Processes from "./ForemanSuiteProcesses.ts"
import * as Projects from "./ForemanSuiteProjects.ts"
import * as Races from "./ForemanSuiteRaces.ts"
import * as Reaper from "./ForemanSuiteReaper.ts"
import * as Rebuild from "./ForemanSuiteRebuild.ts"
import * as Receipts from "./ForemanSuiteReceipts.ts"
import * as Retries from "./ForemanSuiteRetries.ts"
import * as Refusals from "./ForemanSuiteRefusals.ts"
import * as Inbox from "./ForemanSuiteInbox.ts"
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
    // Nobody works in the organisations that the tests share, so no manager waits for anybody.
    const patience = Layer.succeed(Manager.ManagerConfig, { waitMillis: 1 })
    const shared = Layer.provide(layerOf(backend), patience)
    layer(shared, { excludeTestServices: true })((it) => {
      describe("an operation", () => Refusals.register(it))
      describe("a question", () => ListRefusals.register(it))
      describe("an operation on tasks", () => TaskRefusals.register(it))
      describe("a crowd", () => Races.register(it))
      describe("an approval", () => Approvals.register(it))
      describe("a decision", () => ApprovalDecisions.register(it))
      describe("a claim", () => Claims.register(it))
      describe("a dispatch", () => Dispatch.register(it))
      describe("a dry run", () => DryRuns.register(it))
      describe("an operation on human requests", () => HumanRequestRefusals.register(it))
      describe("a human request", () => HumanRequests.register(it))
      describe("a key", () => Receipts.register(it))
      describe("an organization", () => Tenancy.register(it))
      describe("a project", () => Projects.register(it))
      describe("a role", () => Roles.register(it))
      describe("an inbox", () => Inbox.register(it))
      describe("the log", () => Events.register(it))
      describe("a list", () => Paging.register(it))
      describe("a projection", () => Rebuild.register(it))
    })
    describe("an explanation", () => Explains.register(backend))
    describe("the feed", () => ManyOrganizations.register(backend))
    describe("a notifier", () => Deliveries.register(backend))
    describe("the housekeeper", () => Housekeeping.register(backend))
    describe("a hand-over", () => HandOvers.register(backend))
    describe("what was handed over", () => HandOverEnds.register(backend))
    describe("hand-overs in doubt", () => HandOverDoubt.register(backend))
    describe("a manager", () => Managers.register(backend))
    describe("a stop or a pause", () => Control.register(backend))
    describe("a runner that lies", () => Lies.register(backend))
    describe("a failure", () => Retries.register(backend))
    describe("a process that is gone", () => Reaper.register(backend))
    describe("leases", () => Leases.register(backend))
    describe("the path", () => Path.register(backend))
    describe("an attempt", () => Failures.register(backend))
    describe("a run", () => Runs.register(backend))
    describe("an artifact", () => Artifacts.register(backend))
    describe("an approved dispatch", () => ApprovalRecovery.register(backend))
    describe("what an agent asks", () => CommandApprovals.register(backend))
    describe("human requests", () => HumanRequestEnds.register(backend))
    describe("a process", () => Processes.register(backend))
    describe("an end", () => Shutdown.register(backend))
  })
}
