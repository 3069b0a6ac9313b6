/**
 * Proof that the events are the truth: replays an organisation's history into an empty store, says
 * where the stored rows differ from it, and puts the right ones in their place when it is asked to.
 *
 * What only the present knows (ranks, the operational tables) is neither compared nor changed.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Condition, Driver, Row, Step, StoreError } from "../ports/Driver.ts"
import * as DriverMemory from "../ports/DriverMemory.ts"
import { tableOf } from "../ports/Tables.ts"
import type * as RebuildChain from "./RebuildChain.ts"
import { ChainBroken } from "./RebuildChain.ts"
import * as RebuildLook from "./RebuildLook.ts"
import { NeverAtRest } from "./RebuildLook.ts"
import type { NotReplayable } from "./RebuildReplay.ts"

// models ----------------------------------------------------------------------

/**
 * A row that stands otherwise than the events say; null where there is none.
 *
 * @category models
 * @since 0.1.0
 */
export interface Difference extends RebuildLook.Difference {}

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
  /** Up to where events are missing at the end, null where none are. */
  readonly missingTo: number | null
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
  const rebuilt = yield* DriverMemory.make
  const see = () => Effect.void
  return comparisonOf(yield* RebuildLook.inspect({ driver, rebuilt, organization, see }))
})

/**
 * Puts the rows that the events say in the place of those that differ, and compares again.
 *
 * One batch changes all that one comparison found. It holds only while each of these rows is what was
 * compared, so that others may write meanwhile: then it begins again, a few times at most.
 *
 * **Gotchas**
 *
 * Nothing is changed where the chain of hashes is broken or its end is missing: what was forged there
 * would become what stands.
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
  const see = (broken: RebuildChain.Broken) =>
    Effect.fail(new ChainBroken({ organization, ...broken }))
  let repaired = 0
  for (let tries = 0; tries < maxTries; tries++) {
    const rebuilt = yield* DriverMemory.make
    const found = yield* RebuildLook.inspect({ driver, rebuilt, organization, see })
    if (found.total === 0) return { repaired, comparison: comparisonOf(found) }
    const { suspects } = found
    const steps = [...stepsOf(suspects), ...(yield* ranksAgain(driver, organization, suspects))]
    const answer = yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
    if (answer._tag === "Committed") repaired += suspects.length
  }
  return yield* new NeverAtRest({ organization })
})

// internal --------------------------------------------------------------------

const maxTries = 10

const comparisonOf = (found: RebuildLook.Found): Comparison => {
  const { broken, differences, last, rows, total } = found
  const { position: firstBroken, missingTo } = broken ?? { position: null, missingTo: null }
  return { position: last.position, rows, differences, total, firstBroken, missingTo }
}

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
    const kept = Object.keys(rebuilt).filter((column) => RebuildLook.notCompared.has(column))
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

export { ChainBroken } from "./RebuildChain.ts"
export { NeverAtRest } from "./RebuildLook.ts"
export { NotReplayable } from "./RebuildReplay.ts"
