/**
 * How the store in memory is held and filled: both work on a copy.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { genesis, preimage } from "./Chain.ts"
import { type Hint, type StoredEvent, StoreError } from "./Driver.ts"
import { commit } from "./MemoryCommit.ts"
import { compareValues } from "./MemoryOrder.ts"
import { sha256 } from "./Sha256.ts"
import * as State from "./MemoryState.ts"
import * as MemoryTables from "./MemoryTables.ts"
import * as Transfer from "./Transfer.ts"

// services --------------------------------------------------------------------

/**
 * The state at this moment. What is written into the other one later does not show here.
 *
 * @category services
 * @since 0.1.0
 */
export const hold = (state: State.State): Transfer.Hold =>
  Effect.sync(() =>
    reading({
      ...state,
      organizations: new Map(Array.from(state.organizations, ([name, one]) => [name, copy(one)])),
      sequences: new Map(state.sequences),
      shared: copyTables(state.shared)
    })
  )

/**
 * Fills another state and puts it in the place of this one when it is done.
 *
 * @category services
 * @since 0.1.0
 */
export const fill = (state: State.State, publish: (hint: Hint) => void): Transfer.Fill =>
  Effect.fnUntraced(function* <A, E, R>(body: (into: Transfer.Filling) => Effect.Effect<A, E, R>) {
    yield* refuseUsed(state)
    const other = State.empty()
    const times = new Map<string, number>()
    const answer = yield* body(filling(other, times))
    yield* refuseUsed(state)
    for (const [name, at] of times) State.organizationOf(other, name).at = at
    move(other, state)
    for (const [organization, { events }] of other.organizations) {
      if (events.length > 0) publish({ organization, position: events.length })
    }
    return answer
  })

// internal --------------------------------------------------------------------

/** A copy is only read in the order of keys, so it needs no index. */
const copyTables = (
  tables: State.Organization["tables"]
): ReadonlyMap<string, MemoryTables.MemoryTable> =>
  new Map(
    Array.from(tables, ([name, table]) => [
      name,
      { name, rows: new Map(table.rows), unique: [], indexes: [] }
    ])
  )

const copy = (one: State.Organization): State.Organization => ({
  ...one,
  events: [...one.events],
  streams: new Map(),
  receipts: new Map(one.receipts),
  tables: copyTables(one.tables)
})

const reading = (state: State.State): Transfer.Snapshot => {
  const at = (organization: string) => State.lookAt(state, organization)
  return {
    readAll: (organization, { after, limit }) =>
      Effect.sync(() => at(organization).events.slice(after, after + Math.max(limit, 0))),
    get: (organization, table, key) =>
      attempt("get", () => {
        const { rows } = State.tableIn(state, at(organization), table)
        return rows.get(MemoryTables.keyOf(table, { ...key, organization }))
      }),
    find: (query) =>
      attempt("find", () =>
        MemoryTables.find(State.tableIn(state, at(query.organization), query.table), query)
      ),
    organizations: (page) =>
      Effect.sync(() =>
        named(namesIn(state), (name) => name, page).map((organization) => {
          const { at: time, events } = at(organization)
          return { organization, position: events.length, at: time }
        })
      ),
    receipts: (organization, page) =>
      Effect.sync(() =>
        named([...at(organization).receipts], ([key]) => key, page).map(
          ([key, { at: time, receipt }]) => ({
            key,
            digest: receipt.digest,
            answer: receipt.answer,
            at: time
          })
        )
      ),
    sequences: Effect.sync(() =>
      Array.from(state.sequences, ([name, next]) => ({ name, next })).toSorted((left, right) =>
        compareValues(left.name, right.name)
      )
    )
  }
}

const filling = (state: State.State, times: Map<string, number>): Transfer.Filling => ({
  ...reading(state),
  append: (events) =>
    Effect.suspend(() => {
      for (const event of events) {
        const { organization, position } = event
        if (!follows(State.organizationOf(state, organization), event)) {
          return Effect.fail(new Transfer.NotNext({ organization, position }))
        }
      }
      return Effect.void
    }),
  keep: (organization, receipts) =>
    attempt("keep", () => {
      const kept = State.organizationOf(state, organization).receipts
      for (const { at, ...receipt } of receipts) {
        if (kept.has(receipt.key)) throw new Error(`The receipt ${receipt.key} is there twice`)
        kept.set(receipt.key, { receipt: { organization, ...receipt }, at })
      }
    }),
  number: (sequences) =>
    Effect.sync(() => {
      for (const { name, next } of sequences) state.sequences.set(name, next)
    }),
  stand: ({ at, organization }) => Effect.sync(() => void times.set(organization, at)),
  write: (organization, steps) =>
    attempt("write", () => {
      const answer = commit(state, { organization, reliesOn: [], steps, events: [] }, 0)
      if (answer._tag !== "Committed") throw new Error(`A step was refused: ${answer._tag}`)
    })
})

/** Appends an event if it is the next one. */
const follows = ({ events, streams }: State.Organization, event: StoredEvent): boolean => {
  const earlier = streams.get(event.stream) ?? []
  const hash = sha256(preimage(events.at(-1)?.hash ?? genesis, event))
  const isNext =
    event.position === events.length + 1 &&
    event.version === earlier.length + 1 &&
    compareValues(hash, event.hash) === 0
  if (!isNext) return false
  events.push(event)
  earlier.push(event)
  streams.set(event.stream, earlier)
  return true
}

/** The organisations of which anything is kept. One that was only asked for is not. */
const namesIn = (state: State.State): ReadonlyArray<string> => {
  const names = new Set<string>()
  for (const [name, one] of state.organizations) {
    if (usedIn(one) !== undefined || one.at > 0) names.add(name)
  }
  for (const { rows } of state.shared.values()) {
    for (const row of rows.values()) names.add(String(row["organization"]))
  }
  return [...names]
}

const usedIn = ({ events, receipts, tables }: State.Organization): string | undefined => {
  if (events.length > 0) return "events"
  if (receipts.size > 0) return "receipts"
  return [...tables].find(([, { rows }]) => rows.size > 0)?.[0]
}

const refuseUsed = (state: State.State): Effect.Effect<void, Transfer.StoreNotEmpty> =>
  Effect.suspend(() => {
    const own = [...state.organizations.values()].map(usedIn).find((name) => name !== undefined)
    const shared = [...state.shared].find(([, { rows }]) => rows.size > 0)?.[0]
    const table = own ?? shared ?? (state.sequences.size > 0 ? "sequences" : undefined)
    return table === undefined ? Effect.void : Effect.fail(new Transfer.StoreNotEmpty({ table }))
  })

const move = (from: State.State, to: State.State): void => {
  for (const [name, one] of from.organizations) to.organizations.set(name, one)
  for (const [name, { rows }] of from.shared) {
    const table = to.shared.get(name)
    for (const [key, row] of rows) if (table !== undefined) MemoryTables.put(table, key, row)
  }
  for (const [name, next] of from.sequences) to.sequences.set(name, next)
  for (const { at } of from.organizations.values()) to.at = Math.max(to.at, at)
}

const named = <A>(
  things: ReadonlyArray<A>,
  nameOf: (thing: A) => string,
  { after, limit }: Transfer.NamePage
): ReadonlyArray<A> =>
  things
    .filter((thing) => compareValues(nameOf(thing), after) > 0)
    .toSorted((left, right) => compareValues(nameOf(left), nameOf(right)))
    .slice(0, Math.max(limit, 0))

const attempt = <A>(operation: string, body: () => A): Effect.Effect<A, StoreError> =>
  Effect.try({
    try: body,
    catch: (cause) => new StoreError({ operation, cause, retryable: false, ambiguous: false })
  })
