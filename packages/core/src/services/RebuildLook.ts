/**
 * Looks where the rows of a store differ from those that were made again, also while others write.
 *
 * @internal
 */
import { Data, Effect } from "effect"
import type { Driver, Row, StoreError } from "../ports/Driver.ts"
import { tableOf, tables } from "../ports/Tables.ts"
import * as RebuildChain from "./RebuildChain.ts"
import type { NotReplayable } from "./RebuildReplay.ts"

// models ----------------------------------------------------------------------

/** A row that stands otherwise than the events say; null where there is none. */
export interface Difference {
  readonly table: string
  readonly key: Row
  readonly stored: Row | null
  readonly rebuilt: Row | null
}

/** How far the events go, and what of the rows does not follow from them. */
export interface Found extends RebuildChain.Replayed {
  readonly rows: Readonly<Record<string, number>>
  /** All that a repair would change at once. */
  readonly suspects: ReadonlyArray<Difference>
  /** The first of them, as many as are shown. */
  readonly differences: ReadonlyArray<Difference>
  readonly total: number
}

// errors ----------------------------------------------------------------------

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

// rules -----------------------------------------------------------------------

/** The longest chain of dependents is found after the commit. */
export const notCompared: ReadonlySet<string> = new Set(["rank"])

// services --------------------------------------------------------------------

/** Compares, from where a replay into the other store has come to. */
export const inspect = Effect.fnUntraced(function* <E>(
  both: RebuildChain.Both<E>,
  from: RebuildChain.Replayed = RebuildChain.beginning
): Effect.fn.Return<Found, E | StoreError | NotReplayable | NeverAtRest> {
  const { organization } = both
  let replayed = yield* RebuildChain.replay(both, from)
  const { differences, rows, total } = yield* look(both)
  // What was written between the replay and the look seems different, so it is looked at again.
  let suspects = differences
  for (let tries = 0; tries < maxTries; tries++) {
    const before = replayed.last.position
    replayed = yield* RebuildChain.replay(both, replayed)
    if (replayed.last.position > before) suspects = yield* lookAgain(both, suspects)
    else break
    if (suspects.length === 0) break
    if (tries === maxTries - 1) return yield* new NeverAtRest({ organization })
  }
  const left = total - differences.length + suspects.length
  const first = suspects.slice(0, mostDifferences)
  return { ...replayed, rows, suspects, differences: first, total: left }
})

// internal --------------------------------------------------------------------

const maxTries = 10
const pageSize = 500
const mostDifferences = 100
/** More than these are counted, but not looked at again. */
const mostSuspects = 10_000

type Both = RebuildChain.Both<unknown>

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
