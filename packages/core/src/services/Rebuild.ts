/**
 * Proof that the events are the truth: replays an organisation's history into an empty store, says
 * where the stored rows differ from it, and puts the right ones in their place when it is asked to.
 *
 * What only the present knows (ranks, the operational tables) is neither compared nor changed.
 *
 * @since 0.1.0
 */
import { Data, Effect } from "effect"
import type { Condition, Driver, Row, Step, StoreError } from "../ports/Driver.ts"
import * as DriverMemory from "../ports/DriverMemory.ts"
import { tableOf, tables } from "../ports/Tables.ts"
import * as RebuildChain from "./RebuildChain.ts"
import { ChainBroken } from "./RebuildChain.ts"
import type { NotReplayable } from "./RebuildReplay.ts"

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
  /**
   * The first position that is missing or whose hash does not follow, null where the chain holds.
   * Where there is one, somebody changed the events, and the differences say nothing of the rows.
   */
  readonly firstBroken: number | null
}

/**
 * What a repair has done.
 *
 * @category models
 * @since 0.1.0
 */
export interface Repair {
  /** How many rows were put in, changed or taken away. */
  readonly repaired: number
  /** How the organisation compares now: without a difference. */
  readonly comparison: Comparison
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
  const found = yield* inspect({ driver, organization, see: () => Effect.void })
  const { firstBroken, last, rows, suspects, total } = found
  const differences = suspects.slice(0, mostDifferences)
  return { position: last.position, rows, differences, total, firstBroken }
})

/**
 * Puts the rows that the events say in the place of those that differ, and compares again.
 *
 * One batch changes all that one comparison found. It holds only while each of these rows is what was
 * compared, so that others may write meanwhile: then it begins again, a few times at most.
 *
 * **Gotchas**
 *
 * Nothing is changed where the chain of hashes is broken: what was forged there would become what stands.
 *
 * Ranks are found again by the next server that starts: where tasks or their edges differed, it ranks
 * from the beginning.
 *
 * @category services
 * @since 0.1.0
 */
export const repair = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string
): Effect.fn.Return<Repair, StoreError | NotReplayable | NeverAtRest | ChainBroken> {
  const see = (position: number) => Effect.fail(new ChainBroken({ organization, position }))
  let repaired = 0
  for (let tries = 0; tries < maxTries; tries++) {
    const found = yield* inspect({ driver, organization, see })
    const { firstBroken, last, rows, suspects, total } = found
    if (total === 0) {
      const { position } = last
      return { repaired, comparison: { position, rows, differences: [], total, firstBroken } }
    }
    const steps = [...stepsOf(suspects), ...(yield* ranksAgain(driver, organization, suspects))]
    const answer = yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
    if (answer._tag === "Committed") repaired += suspects.length
  }
  return yield* new NeverAtRest({ organization })
})

// internal --------------------------------------------------------------------

const maxTries = 10
const pageSize = 500
const mostDifferences = 100
/** More than these are counted, but not looked at again. */
const mostSuspects = 10_000

/** The longest chain of dependents is found after the commit. */
const notCompared = new Set(["rank"])

type Both = RebuildChain.Both<unknown>

const inspect = Effect.fnUntraced(function* <E>(place: Omit<RebuildChain.Both<E>, "rebuilt">) {
  const { organization } = place
  const both = { ...place, rebuilt: yield* DriverMemory.make }
  let replayed = yield* RebuildChain.replay(both)
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
  return { ...replayed, rows, suspects, total: total - differences.length + suspects.length }
})

/**
 * A wrong row goes as it was seen, and the right one comes with the rank of the wrong one. All that go
 * are gone before one comes, or two rows that have each other's name would be in each other's way.
 */
const stepsOf = (suspects: ReadonlyArray<Difference>): ReadonlyArray<Step> => {
  const leave = suspects.flatMap(({ key, stored, table }): ReadonlyArray<Step> =>
    stored === null ? [] : [{ _tag: "Delete", table, key, where: conditionsOf(table, key, stored) }]
  )
  const come = suspects.flatMap(({ rebuilt, stored, table }): ReadonlyArray<Step> => {
    if (rebuilt === null) return []
    const kept = Object.keys(rebuilt).filter((column) => notCompared.has(column))
    const own = kept.map((column) => [column, stored?.[column] ?? rebuilt[column] ?? null] as const)
    return [{ _tag: "Insert", table, row: { ...rebuilt, ...Object.fromEntries(own) } }]
  })
  return [...leave, ...come]
}

const conditionsOf = (table: string, key: Row, stored: Row): ReadonlyArray<Condition> =>
  Object.keys(tableOf(table).columns)
    .filter((column) => column !== "organization" && !(column in key))
    .map((column) => ({ columns: [column], is: "=", than: stored[column] ?? null }))

/** Where the ranks have come to, if what they follow from was wrong: the beginning. */
const ranksAgain = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  suspects: ReadonlyArray<Difference>
) {
  if (!suspects.some(({ table }) => table === "tasks" || table === "task_dependencies")) return []
  const key = { name: "ranks" }
  const row = yield* driver.get(organization, "cursors", key)
  const step: Step = { _tag: "Set", table: "cursors", key, row: { position: 0 } }
  return row === undefined ? [] : [step]
})

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

export { ChainBroken } from "./RebuildChain.ts"
export { NotReplayable } from "./RebuildReplay.ts"
