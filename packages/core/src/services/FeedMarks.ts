/**
 * Places in the feed of all organisations that are too long for a cursor: each is stored once, and
 * cursors name it.
 *
 * A mark is found by the digest of what it says, so nobody can change it under another, and
 * followers of one process share the latest one for as long as they are near it.
 *
 * @internal
 */
import { Effect } from "effect"
import * as Canonical from "../events/Canonical.ts"
import { StoreUnavailable } from "../operations/Refusal.ts"
import type { Driver, Row, StoreError } from "../ports/Driver.ts"
import { markMicros, markUseMicros } from "./Retention.ts"
import type { Shell } from "./Shell.ts"
import type { StoreClock } from "./StoreClock.ts"

// models ----------------------------------------------------------------------

/** The position in each organisation, by its id. */
export type Positions = ReadonlyMap<string, number>

/** A stored place. */
export interface Mark {
  readonly id: string
  readonly body: string
  readonly positions: Positions
  /** The organisations of it in their order, by which a cursor names them. */
  readonly order: ReadonlyArray<string>
  readonly placeOf: ReadonlyMap<string, number>
}

/** What marks are kept with. */
export interface Keeping {
  readonly shell: Shell["Service"]
  readonly clock: StoreClock["Service"]
  /** The latest mark that this process made. */
  latest: Mark | undefined
}

// rules -----------------------------------------------------------------------

/** Whether this can be a position. */
export const isPosition = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0

/** Whether text can be the id of a mark. */
export const isId = (text: unknown): text is string =>
  typeof text === "string" && /^[0-9a-f]{32}$/.test(text)

// services --------------------------------------------------------------------

/** Makes a mark of a place. It is durable when this is done. */
export const make = Effect.fnUntraced(function* (keeping: Keeping, positions: Positions) {
  const sorted = [...positions].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const body = JSON.stringify(sorted)
  const id = (yield* Effect.promise(() => Canonical.digest(body))).slice(0, 32)
  const mark = markOf(id, body, sorted)
  yield* use(keeping, mark)
  keeping.latest = mark
  return mark
})

/** The mark of that id, which is used by that; undefined where there is none that can be read. */
export const get = Effect.fnUntraced(function* (keeping: Keeping, id: string) {
  const row = yield* rowOf(keeping, id)
  if (row === undefined) return undefined
  const body = String(row["body"])
  const entries = entriesOf(body)
  if (entries === undefined) return undefined
  const mark = markOf(id, body, entries)
  yield* use(keeping, mark, row)
  return mark
})

/** Says that a mark is in use. One that is gone is stored again. */
export const use = Effect.fnUntraced(function* (
  keeping: Keeping,
  { body, id }: Pick<Mark, "body" | "id">,
  known?: Row
) {
  const { clock, shell } = keeping
  let row = known ?? (yield* rowOf(keeping, id))
  for (let tries = 0; tries < maxTries; tries++) {
    const at = yield* clock.now
    if (row !== undefined && at - Number(row["at"]) < markUseMicros) return
    const step =
      row === undefined
        ? ({ _tag: "Insert", table, row: { id, body, at } } as const)
        : ({ _tag: "Set", table, key: { id }, row: { at } } as const)
    const answer = yield* shell.read((driver) =>
      driver.commit({ organization, reliesOn: [], steps: [step], events: [] })
    )
    if (answer._tag === "Committed") return
    row = yield* rowOf(keeping, id)
  }
  return yield* new StoreUnavailable({ retryable: true })
})

/** Forgets marks that nobody has used for long, so many at most, and says how many. */
export const forget = Effect.fnUntraced(function* (
  driver: Driver,
  now: number,
  limit: number
): Effect.fn.Return<number, StoreError> {
  const to = now - markMicros
  const index = "feed_marks_by_time"
  const query = { organization, table, index, equals: {}, range: { column: "at", to }, limit }
  const rows = yield* driver.find(query)
  for (const { id = "" } of rows) {
    // One at a time: who uses one meanwhile keeps it, and the others go all the same.
    const where = [{ columns: ["at"], is: "<=", than: to }] as const
    const steps = [{ _tag: "Delete", table, key: { id }, where }] as const
    yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
  }
  return rows.length
})

// internal --------------------------------------------------------------------

const organization = "system"
const table = "feed_marks"

/** As often as somebody else may be faster: one stores it, another forgets it, it is stored again. */
const maxTries = 4

type Entries = ReadonlyArray<readonly [string, number]>

const markOf = (id: string, body: string, entries: Entries): Mark => {
  const order = entries.map(([name]) => name)
  const placeOf = new Map(order.map((name, index) => [name, index]))
  return { id, body, positions: new Map(entries), order, placeOf }
}

const isEntry = (entry: unknown): entry is readonly [string, number] =>
  Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string" && isPosition(entry[1])

const entriesOf = (body: string): Entries | undefined => {
  try {
    const entries: unknown = JSON.parse(body)
    return Array.isArray(entries) && entries.every(isEntry) ? entries : undefined
  } catch {
    return undefined
  }
}

const rowOf = ({ shell }: Keeping, id: string) =>
  shell.read((driver) => driver.get(organization, table, { id }))
