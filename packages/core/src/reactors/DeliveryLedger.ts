/**
 * What is still to be told through one channel, and how far the events are dealt with: rows that only
 * the holder of the channel's tenure writes.
 *
 * @internal
 */
import { Data, Effect, type Semaphore } from "effect"
import type { Row, Step } from "../ports/Driver.ts"
import { headOf } from "../services/Events.ts"
import type { Shell } from "../services/Shell.ts"
import type { StoreClock } from "../services/StoreClock.ts"
import { fenceOf, type Tenure } from "../services/Tenure.ts"

// models ----------------------------------------------------------------------

/** A channel, and who has it. */
export interface Place {
  readonly shell: Shell["Service"]
  readonly clock: StoreClock["Service"]
  readonly tenure: Tenure
  readonly channel: string
  /** Whoever takes in must not miss that what it would stand behind has just gone. */
  readonly lock: Semaphore.Semaphore
}

/** A notification before its first try. */
export interface Entry {
  readonly position: number
  /** What is about one subject arrives in order. */
  readonly subject: string
  readonly body: string
}

/** A notification that is due. */
export interface Delivery extends Entry {
  readonly attempts: number
  readonly since: number
}

/** How often it is tried, and for how long. */
export interface Patience {
  readonly firstMillis: number
  readonly mostMillis: number
  readonly deadlineMillis: number
  readonly keepDeadMillis: number
}

// errors ----------------------------------------------------------------------

/** Another process has the channel now. */
export class Superseded extends Data.TaggedError("Superseded") {}

// rules -----------------------------------------------------------------------

/** How long to wait after so many tries in vain: twice as long each time, up to a bound. */
export const pauseOf = (attempts: number, { firstMillis, mostMillis }: Patience): number =>
  Math.min(firstMillis * 2 ** Math.min(attempts - 1, 30), mostMillis)

// services --------------------------------------------------------------------

/**
 * Where to read on. A channel that is new is told what happens from now on, and of an organisation
 * that is newer than it everything.
 */
export const begin = Effect.fnUntraced(function* (place: Place, isOlder: boolean) {
  const { channel, shell, tenure } = place
  const { organization, token } = tenure
  const name = cursorOf(channel)
  const row = yield* shell.read((driver) => driver.get(organization, "cursors", { name }))
  if (row !== undefined) return Number(row["position"])
  const position = isOlder ? 0 : yield* shell.read((driver) => headOf(driver, organization))
  yield* write(place, [{ _tag: "Insert", table: "cursors", row: { name, position, token } }])
  return position
})

/** Takes in notifications, and that all events up to a position are dealt with. */
export const add = (place: Place, position: number, entries: ReadonlyArray<Entry>) =>
  place.lock.withPermits(1)(take(place, position, entries))

/** It has arrived: the next of its subject is due. */
export const arrived = (place: Place, delivery: Delivery) =>
  place.lock.withPermits(1)(settle(place, delivery))

/** It has not arrived. Answers whether it is given up, so that what is behind it gets its turn. */
export const failed = (place: Place, delivery: Delivery, problem: string, patience: Patience) =>
  place.lock.withPermits(1)(put(place, delivery, problem, patience))

/** What is due, the longest first, without what is on its way. */
export const due = Effect.fnUntraced(function* (
  place: Place,
  busy: ReadonlySet<number>,
  most: number
) {
  // One that arrives while this is read may still be among the rows.
  const known = new Set(busy)
  const to = yield* place.clock.now
  const rows = yield* found(place, "due", { from: 0, to }, most + known.size)
  return rows
    .map(deliveryOf)
    .filter(({ position }) => !known.has(position))
    .slice(0, most)
})

/** How many milliseconds until something is due that is not on its way, if anything is. */
export const untilDue = Effect.fnUntraced(function* (place: Place, busy: ReadonlySet<number>) {
  const rows = yield* found(place, "due", { from: 0 }, 1 + busy.size)
  const next = rows.find((row) => !busy.has(Number(row["position"])))
  return next === undefined
    ? undefined
    : Math.max(0, (Number(next["due"]) - (yield* place.clock.now)) / 1000)
})

/** Forgets what was given up long ago. */
export const forget = Effect.fnUntraced(function* (place: Place, { keepDeadMillis }: Patience) {
  const to = (yield* place.clock.now) - keepDeadMillis * 1000
  for (;;) {
    const rows = yield* found(place, "dead", { from: 0, to }, atOnce)
    if (rows.length === 0) return
    yield* write(
      place,
      rows.map((row): Step => ({
        _tag: "Delete",
        table,
        key: keyOf(place, Number(row["position"]))
      }))
    )
  }
})

// internal --------------------------------------------------------------------

const table = "deliveries"
const atOnce = 200

const take = Effect.fnUntraced(function* (
  place: Place,
  position: number,
  entries: ReadonlyArray<Entry>
) {
  const { channel, clock, tenure } = place
  const now = yield* clock.now
  const waiting = new Set<string>()
  const steps: Array<Step> = []
  for (const { subject, ...entry } of entries) {
    const isBehind = waiting.has(subject) || (yield* firstOf(place, subject, "due")) !== undefined
    waiting.add(subject)
    const state = isBehind ? "behind" : "due"
    const row = { channel, subject, state, attempts: 0, due: now, since: now, problem: null }
    steps.push({ _tag: "Insert", table, row: { ...entry, ...row } })
  }
  const cursor: Step = {
    _tag: "Set",
    table: "cursors",
    key: { name: cursorOf(channel) },
    row: { position, token: tenure.token }
  }
  yield* write(place, [...steps, cursor])
})

const settle = Effect.fnUntraced(function* (place: Place, delivery: Delivery) {
  const gone: Step = { _tag: "Delete", table, key: keyOf(place, delivery.position) }
  yield* write(place, [gone, ...(yield* release(place, delivery))])
})

const put = Effect.fnUntraced(function* (
  place: Place,
  delivery: Delivery,
  problem: string,
  patience: Patience
) {
  const now = yield* place.clock.now
  const attempts = delivery.attempts + 1
  const key = keyOf(place, delivery.position)
  const isDead = now - delivery.since >= patience.deadlineMillis * 1000
  const row: Row = isDead
    ? { state: "dead", attempts, problem, due: now }
    : { attempts, problem, due: now + pauseOf(attempts, patience) * 1000 }
  const next = isDead ? yield* release(place, delivery) : []
  yield* write(place, [{ _tag: "Set", table, key, row }, ...next])
  return isDead
})

const cursorOf = (channel: string) => `notifier:${channel}`

const keyOf = ({ channel }: Place, position: number) => ({ channel, position })

const deliveryOf = (row: Row): Delivery => ({
  position: Number(row["position"]),
  subject: String(row["subject"]),
  body: String(row["body"]),
  attempts: Number(row["attempts"]),
  since: Number(row["since"])
})

const found = (
  { channel, shell, tenure: { organization } }: Place,
  state: "due" | "dead",
  between: { readonly from: number; readonly to?: number },
  limit: number
) =>
  shell.read((driver) =>
    driver.find({
      organization,
      table,
      index: "deliveries_by_state",
      equals: { channel, state },
      range: { column: "due", ...between },
      limit
    })
  )

const firstOf = (
  { channel, shell, tenure: { organization } }: Place,
  subject: string,
  state: "behind" | "due"
) =>
  Effect.map(
    shell.read((driver) =>
      driver.find({
        organization,
        table,
        index: "deliveries_by_subject",
        equals: { channel, subject, state },
        limit: 1
      })
    ),
    ([row]) => row
  )

/** What lets the next of a subject go. */
const release = Effect.fnUntraced(function* (place: Place, { subject }: Delivery) {
  const next = yield* firstOf(place, subject, "behind")
  if (next === undefined) return []
  const now = yield* place.clock.now
  const step: Step = {
    _tag: "Set",
    table,
    key: keyOf(place, Number(next["position"])),
    row: { state: "due", due: now, since: now }
  }
  return [step]
})

/** Writes under the tenure only: whoever has lost it changes nothing any more. */
const write = Effect.fnUntraced(function* ({ shell, tenure }: Place, steps: ReadonlyArray<Step>) {
  const { organization } = tenure
  const answer = yield* shell.read((driver) =>
    driver.commit({ organization, reliesOn: [], steps: [fenceOf(tenure), ...steps], events: [] })
  )
  if (answer._tag !== "Committed") return yield* new Superseded()
})
