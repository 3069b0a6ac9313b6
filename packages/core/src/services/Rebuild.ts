/**
 * Proof that the events are the truth: replays an organisation's history into an empty store and
 * says where the stored rows differ from it.
 *
 * It changes nothing. What only the present knows (ranks, the operational tables) is not compared.
 *
 * @since 0.1.0
 */
import { Data, Effect } from "effect"
import type { Driver, Row, StoredEvent, StoreError } from "../ports/Driver.ts"
import * as DriverMemory from "../ports/DriverMemory.ts"
import { tableOf, tables } from "../ports/Tables.ts"
import { timestamp } from "../rules/Identifier.ts"
import * as Envelope from "./Envelope.ts"
import * as Session from "./Session.ts"

// models ----------------------------------------------------------------------

/**
 * A row that stands otherwise than the events say; null where there is none.
 *
 * @category models
 * @since 0.1.0
 */
export interface Difference {
  readonly table: string
  readonly key: Row
  readonly stored: Row | null
  readonly rebuilt: Row | null
}

/**
 * What a comparison found.
 *
 * @category models
 * @since 0.1.0
 */
export interface Comparison {
  /** The position of the last event that counts. */
  readonly position: number
  /** How many rows the organisation has, by table. */
  readonly rows: Readonly<Record<string, number>>
  /** The first differences, 100 at most. */
  readonly differences: ReadonlyArray<Difference>
  /** How many there are in all. */
  readonly total: number
}

// errors ----------------------------------------------------------------------

/**
 * An event cannot follow the ones before it, so the history is not what Foreman wrote.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotReplayable extends Data.TaggedError("NotReplayable")<{
  readonly organization: string
  readonly position: number
  readonly cause: unknown
}> {
  override get message() {
    return `The event ${this.position} of ${this.organization} cannot be replayed`
  }
}

/**
 * So much happens in the organisation that no moment could be compared. Nothing is wrong with it.
 *
 * @category errors
 * @since 0.1.0
 */
export class NeverAtRest extends Data.TaggedError("NeverAtRest")<{
  readonly organization: string
}> {
  override get message() {
    return `${this.organization} did not rest long enough to be compared; try again`
  }
}

// services --------------------------------------------------------------------

/**
 * Compares every projection of an organisation, row for row, with the fold of its events.
 *
 * **Gotchas**
 *
 * All that the organisation has is made again in the memory of this process. While others write, the
 * comparison goes on from where they are, a few times at most.
 *
 * @category services
 * @since 0.1.0
 */
export const compare = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string
): Effect.fn.Return<Comparison, StoreError | NotReplayable | NeverAtRest> {
  const both = { driver, rebuilt: yield* DriverMemory.make, organization }
  let position = yield* replay(both, 0)
  const { differences, rows, total } = yield* look(both)
  // What was written between the replay and the look seems different, so it is looked at again.
  let suspects = differences
  for (let tries = 0; tries < maxTries; tries++) {
    const before = position
    position = yield* replay(both, before)
    if (position > before) suspects = yield* lookAgain(both, suspects)
    else break
    if (suspects.length === 0) break
    if (tries === maxTries - 1) return yield* new NeverAtRest({ organization })
  }
  return {
    position,
    rows,
    differences: suspects.slice(0, mostDifferences),
    total: total - differences.length + suspects.length
  }
})

// internal --------------------------------------------------------------------

const maxTries = 10
const pageSize = 500
const mostDifferences = 100
/** More than these are counted, but not looked at again. */
const mostSuspects = 10_000

/** The longest chain of dependents is found after the commit. */
const notCompared = new Set(["rank"])

interface Both {
  readonly driver: Driver
  readonly rebuilt: Driver
  readonly organization: string
}

/** Replays what comes after a position, and answers the last one. */
const replay = Effect.fnUntraced(function* ({ driver, organization, rebuilt }: Both, from: number) {
  for (let after = from; ;) {
    const page = yield* driver.readAll(organization, { after, limit: pageSize })
    for (const command of byCommand(page)) yield* refold(rebuilt, organization, command)
    after = page.at(-1)?.position ?? after
    if (page.length < pageSize) return after
  }
})

/**
 * Events of one command stand together, and were folded together. A caller may use its key for
 * another command too, but that was decided at another time, or is folded in the same way.
 */
const byCommand = (
  events: ReadonlyArray<StoredEvent>
): ReadonlyArray<ReadonlyArray<StoredEvent>> => {
  const commands: Array<Array<StoredEvent>> = []
  let latest: unknown
  for (const event of events) {
    const { at, metadata } = Envelope.bodyOf(event)
    const id = JSON.stringify([metadata["command_id"], at])
    const present = id === latest ? commands.at(-1) : undefined
    if (present === undefined) commands.push([event])
    else present.push(event)
    latest = id
  }
  return commands
}

const refold = Effect.fnUntraced(
  function* (into: Driver, organization: string, stored: ReadonlyArray<StoredEvent>) {
    const [first] = stored
    if (first === undefined) return
    const events = yield* Effect.try(() => stored.map(Envelope.open))
    const at = timestamp(Envelope.bodyOf(first).at)
    const { steps } = yield* Session.make(into, organization).fold(events, at)
    const answer = yield* into.commit({ organization, reliesOn: [], steps, events: [] })
    if (answer._tag !== "Committed") return yield* Effect.fail(answer)
  },
  (effect, _, organization, stored) =>
    Effect.mapError(
      effect,
      (cause) => new NotReplayable({ organization, position: stored[0]?.position ?? 0, cause })
    )
)

const look = Effect.fnUntraced(function* (both: Both) {
  const { driver, organization, rebuilt } = both
  const rows: Record<string, number> = {}
  const differences: Array<Difference> = []
  let total = 0
  const note = (difference: Difference) => {
    total += 1
    if (differences.length < mostSuspects) differences.push(difference)
  }
  for (const table of projected) {
    rows[table] = 0
    yield* eachRow(driver, organization, table, (stored, key) =>
      Effect.map(rebuilt.get(organization, table, key), (other) => {
        rows[table] = (rows[table] ?? 0) + 1
        if (!isSame(table, stored, other)) note({ table, key, stored, rebuilt: other ?? null })
      })
    )
    yield* eachRow(rebuilt, organization, table, (row, key) =>
      Effect.map(driver.get(organization, table, key), (stored) => {
        if (stored === undefined) note({ table, key, stored: null, rebuilt: row })
      })
    )
  }
  return { rows, differences, total }
})

const lookAgain = Effect.fnUntraced(function* (
  { driver, organization, rebuilt }: Both,
  suspects: ReadonlyArray<Difference>
) {
  const differences: Array<Difference> = []
  for (const { key, table } of suspects) {
    const stored = yield* driver.get(organization, table, key)
    const other = yield* rebuilt.get(organization, table, key)
    const isGone = stored === undefined && other === undefined
    if (isGone || (stored !== undefined && isSame(table, stored, other))) continue
    differences.push({ table, key, stored: stored ?? null, rebuilt: other ?? null })
  }
  return differences
})

const projected = Object.keys(tables).filter((name) => tableOf(name).kind === "projection")

const eachRow = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  table: string,
  see: (row: Row, key: Row) => Effect.Effect<void, StoreError>
) {
  const columns = tableOf(table).key.filter((column) => column !== "organization")
  const query = { organization, table, index: "key", equals: {}, limit: pageSize }
  for (let after: Row | undefined; ;) {
    const page = yield* driver.find(after === undefined ? query : { ...query, after })
    for (const row of page) {
      yield* see(row, Object.fromEntries(columns.map((column) => [column, row[column] ?? null])))
    }
    if (page.length < pageSize) return
    after = page.at(-1)
  }
})

const isSame = (table: string, left: Row, right: Row | undefined): boolean =>
  right !== undefined &&
  Object.keys(tableOf(table).columns).every(
    (column) => notCompared.has(column) || (left[column] ?? null) === (right[column] ?? null)
  )
