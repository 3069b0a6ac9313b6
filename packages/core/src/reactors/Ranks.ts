/**
 * Keeps the rank of every task: the length of the longest chain of tasks that wait for it.
 *
 * It comes after the commit and is never part of it, so the queue may prefer the wrong one of two
 * equals for a moment. Each step ranks one task from those that wait for it directly, next to the
 * data and as they stand then. A rank that changed is handed on to what that task waits for, up or
 * down, so a chain that is cut or cancelled counts no longer.
 *
 * Nobody hands on what another one changed and left, so each step requires that the organisation's
 * cursor is still under the tenure of who makes it.
 *
 * @internal
 */
import { Data, Effect, Stream } from "effect"
import type { Condition, Row, Step, StoredEvent } from "../ports/Driver.ts"
import * as Feed from "../ports/Feed.ts"
import * as Task from "../rules/Task.ts"
import * as Envelope from "../services/Envelope.ts"
import { headOf, headsOf } from "../services/Events.ts"
import * as Projection from "../services/Projection.ts"
import type { Shell } from "../services/Shell.ts"
import type { Tenure } from "../services/Tenure.ts"

// models ----------------------------------------------------------------------

/** Where tasks are ranked, and what has to hold meanwhile. */
export interface Place {
  readonly shell: Shell["Service"]
  readonly organization: string
  readonly fence: ReadonlyArray<Step>
}

// errors ----------------------------------------------------------------------

/** Another process ranks the tasks now. */
export class Superseded extends Data.TaggedError("Superseded") {}

// services --------------------------------------------------------------------

/**
 * Ranks what the events of all organisations ask for, from where the last reactor was: what it did
 * not finish is begun again. Ends when another one has the tenure.
 */
export const follow = (shell: Shell["Service"], tenure: Tenure): Effect.Effect<void> => {
  const once = Effect.catchTag(
    followOnce(shell, tenure),
    ["StoreError", "StoreUnavailable"],
    (error) =>
      Effect.andThen(
        shell.outage.missed("Ranks are not kept up to date", error),
        Effect.sleep("1 second")
      )
  )
  return Effect.catchTag(Effect.forever(once), "Superseded", () =>
    Effect.logWarning("Another process ranks the tasks now")
  )
}

/**
 * Ranks tasks, and on from each whose rank has changed; when thorough, on from all of them, for what
 * was begun before and not finished. No step looks at more than a few hundred tasks.
 */
export const settle = Effect.fnUntraced(function* (
  place: Place,
  tasks: Iterable<number>,
  isThorough: boolean
) {
  const wanted = new Set(tasks)
  const settled = new Set<number>()
  for (let size = smallestRegion; wanted.size > 0; size = Math.min(size * 2, largestRegion)) {
    const region = yield* regionOf(place, wanted, size)
    const order = dependentsFirst(region)
    if (order.length === 0) continue
    yield* rank(place, order)
    for (const id of order) {
      const beyond = (region.get(id)?.dependsOn ?? []).filter((other) => !region.has(other))
      const isNew = isThorough && !settled.has(id)
      if (isThorough) settled.add(id)
      if (beyond.length === 0) continue
      if (isNew || (yield* nodeOf(place, id))?.rank !== region.get(id)?.rank) {
        for (const other of beyond) wanted.add(other)
      }
    }
  }
})

// internal --------------------------------------------------------------------

const name = "ranks"
const table = "cursors"

/** How many events may be read again after a restart, in each organisation. */
const eventsBetweenCursors = 500

/** A single edge seldom concerns many tasks; a long chain is done in few steps all the same. */
const smallestRegion = 32
const largestRegion = 512

interface Node {
  readonly rank: number
  readonly dependsOn: ReadonlyArray<number>
}

type Region = ReadonlyMap<number, Node>

const followOnce = Effect.fnUntraced(function* (shell: Shell["Service"], tenure: Tenure) {
  const { driver } = shell
  const heads = yield* shell.read(headsOf)
  const cursors = new Map<string, number>()
  for (const organization of Object.keys(heads)) {
    const row = yield* shell.read(() => driver.get(organization, table, { name }))
    if (row !== undefined) cursors.set(organization, Number(row["position"]))
  }
  /** Up to where somebody else may have begun what is to be ranked. */
  const doubtful = new Map<string, number>()
  const work = Effect.fnUntraced(function* (
    organization: string,
    events: ReadonlyArray<StoredEvent>
  ) {
    const place: Place = { shell, organization, fence: [fenceOf(tenure)] }
    const tasks = yield* waitedFor(place, events)
    const position = events.at(-1)?.position ?? 0
    const saved = cursors.get(organization) ?? 0
    if (tasks.size > 0) {
      if (!doubtful.has(organization)) {
        yield* save(place, tenure, saved)
        doubtful.set(organization, yield* shell.read(() => headOf(driver, organization)))
      }
      const isThorough = (events[0]?.position ?? 0) <= (doubtful.get(organization) ?? 0)
      yield* settle(place, tasks, isThorough)
    }
    if (position - saved < eventsBetweenCursors) return
    yield* save(place, tenure, position)
    cursors.set(organization, position)
  })
  return yield* Feed.followAll(driver, {
    after: Object.fromEntries(cursors),
    rest: followingRest
  }).pipe(
    Stream.runForEachArray((page) => {
      const byOrganization = Map.groupBy(page, ({ organization }) => organization)
      return Effect.forEach(byOrganization, ([organization, events]) => work(organization, events))
    })
  )
})

/** What waits for a task changes its place in the queue, which has time. */
const followingRest = "10 millis"

const fenceOf = ({ token }: Tenure): Step => {
  const where: ReadonlyArray<Condition> = [{ columns: ["token"], is: "=", than: token }]
  return { _tag: "Require", table, key: { name }, where }
}

/** Says how far the ranks are under this tenure, unless a later one has said it already. */
const save = Effect.fnUntraced(function* (
  { organization, shell }: Place,
  { token }: Tenure,
  position: number
) {
  const row = { position, token }
  const where: ReadonlyArray<Condition> = [{ columns: ["token"], is: "<=", than: token }]
  const known = yield* shell.read((driver) => driver.get(organization, table, { name }))
  const step: Step =
    known === undefined
      ? { _tag: "Insert", table, row: { name, ...row } }
      : { _tag: "Set", table, key: { name }, row, where }
  const answer = yield* shell.read((driver) =>
    driver.commit({ organization, reliesOn: [], steps: [step], events: [] })
  )
  if (answer._tag !== "Committed") return yield* new Superseded()
})

/** The tasks whose dependents may be others after these events. */
const waitedFor = Effect.fnUntraced(function* (place: Place, events: ReadonlyArray<StoredEvent>) {
  const found = new Set<number>()
  for (const event of events) {
    if (!concerns.has(event.type)) continue
    const { data } = Envelope.bodyOf(event)
    if (event.type === "task.created") numbersOf(data["depends_on"]).forEach((id) => found.add(id))
    else if (event.type !== "task.status_changed") found.add(Number(data["depends_on_id"]))
    else if (data["to"] === "cancelled") {
      const row = yield* rowOf(place, Number(data["task_id"]))
      if (row !== undefined) Projection.tasks.fromRow(row).dependsOn.forEach((id) => found.add(id))
    }
  }
  return found
})

/** What is done waited for what was done before, and neither is in a queue. */
const concerns = new Set([
  "task.created",
  "task.dependency_added",
  "task.dependency_removed",
  "task.status_changed"
])

const numbersOf = (list: unknown): ReadonlyArray<number> =>
  Array.isArray(list) ? list.map(Number) : []

/**
 * Wanted tasks and what they wait for, so many at most, each with the rank it has now. What is taken
 * is wanted no longer. The youngest come first: mostly these are the ones that wait.
 */
const regionOf = Effect.fnUntraced(function* (place: Place, wanted: Set<number>, size: number) {
  const first = [...wanted].toSorted((a, b) => b - a).slice(0, largestRegion)
  const most = Math.max(size, first.length)
  const region = new Map<number, Node>()
  const queue = new Set(first)
  // A set lists what is added while it is walked.
  for (const id of queue) {
    if (region.size >= most) break
    wanted.delete(id)
    const node = yield* nodeOf(place, id)
    if (node === undefined) continue
    region.set(id, node)
    for (const other of node.dependsOn) queue.add(other)
  }
  return region
})

const rowOf = ({ organization, shell }: Place, id: number) =>
  shell.read((driver) => driver.get(organization, Projection.tasks.table, { id }))

/** A task that may still be in a queue. */
const nodeOf = (place: Place, id: number) =>
  Effect.map(rowOf(place, id), (row: Row | undefined): Node | undefined => {
    if (row === undefined) return undefined
    const { dependsOn, status } = Projection.tasks.fromRow(row)
    return Task.isFinal(status) ? undefined : { rank: Number(row["rank"]), dependsOn }
  })

/** Each after those of the region that wait for it, so that one pass is enough. */
const dependentsFirst = (region: Region): ReadonlyArray<number> => {
  const waiting = new Map<number, number>()
  for (const { dependsOn } of region.values()) {
    for (const id of dependsOn) waiting.set(id, (waiting.get(id) ?? 0) + 1)
  }
  const order = new Set([...region.keys()].filter((id) => !waiting.has(id)))
  for (const id of order) {
    for (const other of region.get(id)?.dependsOn ?? []) {
      const left = (waiting.get(other) ?? 0) - 1
      waiting.set(other, left)
      if (left === 0 && region.has(other)) order.add(other)
    }
  }
  // Rows that were read while edges changed may seem to go in a circle; their events come next.
  return [...order, ...[...region.keys()].filter((id) => !order.has(id))]
}

const rank = Effect.fnUntraced(function* (
  { fence, organization, shell }: Place,
  tasks: ReadonlyArray<number>
) {
  const ranked = tasks.map((task): Step => ({
    _tag: "Apply",
    name: "rank_task",
    parameters: { task }
  }))
  const answer = yield* shell.read((driver) =>
    driver.commit({ organization, reliesOn: [], steps: [...fence, ...ranked], events: [] })
  )
  if (answer._tag !== "Committed") return yield* new Superseded()
})
