/**
 * What one attempt at a decision has read: rows as things of the rules, and the versions of the
 * streams that it relies on.
 *
 * A version is read before the row, so a row that changed in between makes the commit a conflict.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Driver, Row, Step, StoreError, StreamVersion, Value } from "../ports/Driver.ts"
import type { Timestamp } from "../rules/Identifier.ts"
import { all, type AnyProjection, type Projection } from "./Projection.ts"

// models ----------------------------------------------------------------------

/**
 * Reads for one attempt at a decision.
 *
 * @category models
 * @since 0.1.0
 */
export interface Session {
  readonly driver: Driver
  readonly organization: string
  /** From now on the decision holds only while the stream does not move. */
  readonly relyOn: (stream: string) => Effect.Effect<void, StoreError>
  /** A thing by its key, or undefined. */
  readonly get: <State>(
    projection: Pick<Projection<State, never>, "table" | "fromRow">,
    key: Row
  ) => Effect.Effect<State | undefined, StoreError>
  readonly versions: () => ReadonlyArray<StreamVersion>
  /** What things are after the events, and the steps that write them. */
  readonly fold: (
    events: ReadonlyArray<DomainEvent>,
    at: Timestamp
  ) => Effect.Effect<Folded, StoreError>
}

/**
 * What was read before an attempt, all of it at one moment.
 *
 * @category models
 * @since 0.1.0
 */
export interface Known {
  readonly versions: ReadonlyArray<StreamVersion>
  readonly rows: ReadonlyArray<{
    readonly projection: Pick<AnyProjection, "table" | "fromRow">
    readonly key: Row
    readonly row: Row
  }>
}

/**
 * Things after some events.
 *
 * @category models
 * @since 0.1.0
 */
export interface Folded {
  readonly steps: ReadonlyArray<Step>
  /** The thing after the events; the caller knows that one of them made or changed it. */
  readonly after: <State>(projection: Pick<Projection<State, never>, "table">, key: Row) => State
}

// services --------------------------------------------------------------------

/**
 * Begins an attempt. What is known already is not read again, and relied on like everything else.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (driver: Driver, organization: string, known?: Known): Session => {
  const versions = new Map(known?.versions.map((version) => [version.stream, version]))
  const things = new Map<string, unknown>(
    known?.rows.map(({ key, projection, row }) => [
      placeOf(projection.table, key),
      projection.fromRow(row)
    ])
  )
  const rows = new Map(
    known?.rows.map(({ key, projection, row }) => [placeOf(projection.table, key), row])
  )
  const load = (projection: Pick<AnyProjection, "table" | "fromRow">, key: Row) => {
    const place = placeOf(projection.table, key)
    if (things.has(place)) return Effect.succeed(things.get(place))
    return Effect.map(driver.get(organization, projection.table, key), (row) => {
      const thing = row === undefined ? undefined : projection.fromRow(row)
      things.set(place, thing)
      if (row !== undefined) rows.set(place, row)
      return thing
    })
  }
  const stateBefore = (projection: AnyProjection, type: string, key: Row) =>
    projection.makes?.(type) === true ? Effect.succeed(undefined) : load(projection, key)
  return {
    driver,
    organization,
    relyOn: (stream) =>
      versions.has(stream)
        ? Effect.void
        : Effect.map(driver.versions(organization, [stream]), ([version]) => {
            versions.set(stream, version ?? { stream, version: 0 })
          }),
    get: <State>(projection: Pick<Projection<State, never>, "table" | "fromRow">, key: Row) =>
      // As: the projection's own codec has made it.
      load(projection, key) as Effect.Effect<State | undefined, StoreError>,
    versions: () => [...versions.values()],
    fold: (events, at) => fold(stateBefore, rows, events, at)
  }
}

// internal --------------------------------------------------------------------

interface Changed {
  readonly projection: AnyProjection
  readonly key: Row
  readonly isNew: boolean
  readonly state: unknown
}

type StateBefore = (
  projection: AnyProjection,
  type: string,
  key: Row
) => Effect.Effect<unknown, StoreError>

const fold = Effect.fnUntraced(function* (
  stateBefore: StateBefore,
  read: ReadonlyMap<string, Row>,
  events: ReadonlyArray<DomainEvent>,
  at: Timestamp
) {
  const rows = new Map<string, Changed>()
  const after: Array<Step> = []
  for (const event of events) {
    for (const projection of foldersOf(event.type)) {
      const key = projection.keyOf(event)
      const place = placeOf(projection.table, key)
      const known = rows.get(place)
      const before =
        known === undefined ? yield* stateBefore(projection, event.type, key) : known.state
      const isNew = known?.isNew ?? before === undefined
      rows.set(place, { projection, key, isNew, state: projection.evolve(before, event, at) })
      if (projection.also !== undefined) after.push(...projection.also(event))
    }
  }
  return {
    steps: [...Array.from(rows, ([place, one]) => toStep(one, read.get(place))), ...after],
    after: <State>({ table }: Pick<Projection<State, never>, "table">, key: Row) =>
      // As: the caller names the projection of the thing.
      rows.get(placeOf(table, key))?.state as State
  }
})

const folders = new Map<string, ReadonlyArray<AnyProjection>>()

/** The projections that events of a type change. */
const foldersOf = (type: string): ReadonlyArray<AnyProjection> => {
  const known = folders.get(type) ?? all.filter((projection) => projection.folds(type))
  folders.set(type, known)
  return known
}

const placeOf = (table: string, key: Row): string => `${table}/${Object.values(key).join("/")}`

/** A row that was there is changed where it differs: each column that is set costs its indexes. */
const toStep = ({ isNew, key, projection, state }: Changed, read: Row | undefined): Step => {
  const { begins, table, toRow } = projection
  const row = toRow(state)
  if (isNew) return { _tag: "Insert", table, row: { ...row, ...begins } }
  const changed: Record<string, Value> = {}
  for (const column in row) {
    const value = row[column] ?? null
    if (!(column in key) && read?.[column] !== value) changed[column] = value
  }
  return { _tag: "Set", table, key, row: changed }
}
