/**
 * The doctor: looks at a store and says what in it cannot be. It reads only, and in pages.
 *
 * Whatever it says holds at any moment, also right after a crash and while others write. It looks at
 * what the port of the store answers, so it does not see the disk, git, processes or grants.
 *
 * Not looked at, of the invariants that the design lists:
 *
 * - Not there yet: asynchronous projections (I-12, I-13), the ends of leases
 *   (I-32, I-33), a worker's heartbeat (I-37), what follows a rejection (I-43 to I-45), budgets (I-46 to
 *   I-51), receipts of messages per recipient (I-56 to I-59), passwords (I-69), row security (I-71).
 * - Needs what stands beside the store: processes (I-35), workspaces (I-36), bytes that no artifact
 *   has (I-53), and of those that one has whether they are its own (I-52), git (I-61 to I-63, I-65, and
 *   of I-64 whether the commit is on the branch), the file of the database (I-72), a list of secrets
 *   (I-70).
 * - Holds only at rest: that nothing is stuck (I-25).
 * - Follows from others: first and last events of a stream (I-07: I-11, I-18 and I-34), one dispatch
 *   for each attempt (I-38: I-27), how much an organization keeps (I-55: I-11), a result before a
 *   review (I-23: the rules alone say so yet).
 * - No past to look at: that nothing reads the time (I-10), the token and the rights of who wrote an
 *   event (I-31, I-67).
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { ArtifactStore } from "../ports/ArtifactStore.ts"
import * as Chain from "../ports/Chain.ts"
import type { Driver, StoreError } from "../ports/Driver.ts"
import * as DoctorArtifacts from "./DoctorArtifacts.ts"
import * as DoctorLog from "./DoctorLog.ts"
import * as DoctorRebuild from "./DoctorRebuild.ts"
import * as DoctorRows from "./DoctorRows.ts"
import * as DoctorTally from "./DoctorTally.ts"
import * as DoctorWork from "./DoctorWork.ts"
import type * as Rebuild from "./Rebuild.ts"
import * as RebuildChain from "./RebuildChain.ts"

// models ----------------------------------------------------------------------

/**
 * The id of an invariant that the doctor looks at.
 *
 * @category models
 * @since 0.1.0
 */
export type InvariantId = DoctorTally.InvariantId

/**
 * One thing that is not as it must be. It never quotes what is stored.
 *
 * @category models
 * @since 0.1.0
 */
export interface Violation extends DoctorTally.Violation {}

/**
 * What came of one invariant: how much was looked at, how much of it is wrong, and the first 20.
 *
 * @category models
 * @since 0.1.0
 */
export interface Finding extends DoctorTally.Finding {}

/**
 * Where to look, and at what.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** All that have events unless said. */
  readonly organizations?: ReadonlyArray<string>
  /** All unless said. */
  readonly invariants?: ReadonlyArray<InvariantId>
  /** Where the bytes of artifacts are, if they are to be looked for. */
  readonly artifacts?: ArtifactStore
}

/**
 * What a check found.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  readonly organizations: number
  readonly events: number
  readonly findings: ReadonlyArray<Finding>
  /** How many violations there are in all. */
  readonly violations: number
}

// rules -----------------------------------------------------------------------

/**
 * Every invariant that the doctor looks at.
 *
 * @category models
 * @since 0.1.0
 */
export const invariants: ReadonlyArray<InvariantId> = DoctorTally.ids

// services --------------------------------------------------------------------

/**
 * Looks at every organisation of a store.
 *
 * **Gotchas**
 *
 * An organisation is made again in memory to be compared, so a large one takes its time. One in which
 * so much happens that it cannot be compared is a failure of the check, not a finding.
 *
 * **Example** (Nothing is wrong with nothing)
 *
 * ```ts import.meta.vitest
 * import { Effect } from "effect"
 * import { Doctor, DriverMemory } from "@foreman/core"
 *
 * const report = await Effect.runPromise(Effect.flatMap(DriverMemory.make, Doctor.check))
 *
 * report.violations // => 0
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const check = Effect.fnUntraced(function* (
  driver: Driver,
  options: Options = {}
): Effect.fn.Return<Report, StoreError | Rebuild.NeverAtRest> {
  const tally = DoctorTally.make(options.invariants)
  const names = options.organizations ?? (yield* organizationsOf(driver))
  let events = 0
  for (const organization of names) {
    const place = { driver, organization, tally: tally.within(organization) }
    events += yield* lookAt(place)
    const { artifacts } = options
    if (artifacts !== undefined && tally.wants("I-52")) {
      yield* DoctorArtifacts.look(place, artifacts)
    }
  }
  const findings = tally.findings()
  const violations = findings.reduce((sum, finding) => sum + finding.violations, 0)
  return { organizations: names.length, events, findings, violations }
})

// internal --------------------------------------------------------------------

const pageSize = 500

const organizationsOf = Effect.fnUntraced(function* (driver: Driver) {
  const names: Array<string> = []
  for (;;) {
    const after = names.at(-1) ?? ""
    const page = yield* driver.ask("system", "heads", { after, limit: pageSize })
    names.push(...page.map((row) => String(row["organization"])))
    if (page.length < pageSize) return names
  }
})

const lookAt = Effect.fnUntraced(function* (place: DoctorRows.Place) {
  const { driver, organization, tally } = place
  const before = yield* RebuildChain.headOf(driver, organization)
  const log = DoctorLog.make(tally, organization)
  const rebuilding = tally.wants("I-11") ? yield* DoctorRebuild.make(place) : undefined
  const work = DoctorWork.make(tally)
  const receipts = DoctorRows.makeReceipts(place, before)
  let events = 0
  for (let after = 0; ;) {
    const page = yield* driver.readAll(organization, { after, limit: pageSize })
    const previous = log.last()
    const firstBroken = tally.wants("I-05", "I-11")
      ? yield* Effect.promise(() => Chain.firstBroken(page, previous))
      : undefined
    const seen = yield* log.look(page, firstBroken)
    if (rebuilding !== undefined) yield* rebuilding.take(page, firstBroken)
    for (const one of seen) work.look(one)
    if (tally.wants("I-16", "I-17", "I-68")) yield* receipts(seen)
    events += page.length
    const { position } = log.last()
    if (page.length < pageSize || position <= after) break
    after = position
  }
  work.close()
  const head = { before, after: yield* RebuildChain.headOf(driver, organization) }
  yield* judgeEnds(place, log, head)
  if (tally.wants("I-15", "I-22", "I-34", "I-54", "I-66", "I-68", "I-73"))
    yield* DoctorRows.look(place)
  if (rebuilding !== undefined) yield* rebuilding.judge
  return events
})

/** The log ends where the head was, or later where somebody has written meanwhile. */
const judgeEnds = Effect.fnUntraced(function* (
  { driver, organization, tally }: DoctorRows.Place,
  log: DoctorLog.Log,
  head: { readonly before: number; readonly after: number }
) {
  const end = log.last().position
  const isThere = head.before <= end && end <= head.after
  const problem = isThere ? undefined : `the log ends at ${end}, the head is ${head.after}`
  tally.judge("I-02", "head", problem)
  const streams = [...log.streams]
  for (let from = 0; from < streams.length; from += pageSize) {
    const some = streams.slice(from, from + pageSize)
    const stored = yield* driver.versions(
      organization,
      some.map(([stream]) => stream)
    )
    for (const [index, [stream, version]] of some.entries()) {
      const present = stored[index]?.version ?? 0
      const lag = present < version ? `has version ${present}, its events ${version}` : undefined
      tally.judge("I-01", `stream ${DoctorLog.holdsToken(stream) ? "" : stream}`, lag)
    }
  }
})
