/**
 * What the store in memory holds, and how it is looked up.
 *
 * @since 0.1.0
 */
import type { Receipt, Row, StoredEvent } from "./Driver.ts"
import type { Sight } from "./MemoryQuestions.ts"
import * as MemoryTables from "./MemoryTables.ts"
import { tableOf, tables } from "./Tables.ts"

// models ----------------------------------------------------------------------

/**
 * A receipt and when it was written, in microseconds since 1970.
 *
 * @category models
 * @since 0.1.0
 */
export interface KeptReceipt {
  readonly receipt: Receipt
  readonly at: number
}

/**
 * All that belongs to one organisation.
 *
 * @category models
 * @since 0.1.0
 */
export interface Organization {
  readonly events: Array<StoredEvent>
  readonly streams: Map<string, Array<StoredEvent>>
  readonly receipts: Map<string, KeptReceipt>
  readonly tables: ReadonlyMap<string, MemoryTables.MemoryTable>
  /** The latest store time that it was given. */
  at: number
}

/**
 * All that a store holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface State {
  readonly organizations: Map<string, Organization>
  readonly sequences: Map<string, number>
  /** Tables whose key does not begin with the organisation. */
  readonly shared: ReadonlyMap<string, MemoryTables.MemoryTable>
  /** The latest store time that was given out: it never goes backwards. */
  at: number
}

// rules -----------------------------------------------------------------------

/**
 * A store without anything in it.
 *
 * @category models
 * @since 0.1.0
 */
export const empty = (): State => ({
  organizations: new Map(),
  sequences: new Map(),
  shared: tablesWhere((name) => !isOwned(name)),
  at: 0
})

/**
 * The organisation of that name, made when it is not there.
 *
 * @category models
 * @since 0.1.0
 */
export const organizationOf = (state: State, name: string): Organization => {
  const known = state.organizations.get(name)
  if (known !== undefined) return known
  const made = nobody()
  state.organizations.set(name, made)
  return made
}

/**
 * The organisation of that name to read from: nothing is made.
 *
 * @category models
 * @since 0.1.0
 */
export const lookAt = (state: State, name: string): Organization =>
  state.organizations.get(name) ?? nobody()

/**
 * A table as one organisation sees it.
 *
 * @category models
 * @since 0.1.0
 */
export const tableIn = (
  state: State,
  organization: Organization,
  name: string
): MemoryTables.MemoryTable => {
  const table = organization.tables.get(name) ?? state.shared.get(name)
  if (table === undefined) throw new Error(`No such table: ${name}`)
  return table
}

/**
 * What questions of an organisation may look at.
 *
 * @category models
 * @since 0.1.0
 */
export const sightOf = (state: State, name: string): Sight => {
  const organization = lookAt(state, name)
  return {
    organization: name,
    table: (table) => tableIn(state, organization, table),
    version: (stream) => versionOf(organization, stream),
    receipts: organization.receipts,
    heads: () =>
      [...state.organizations].flatMap(([head, { events }]): ReadonlyArray<Row> =>
        events.length === 0 ? [] : [{ organization: head, position: events.length }]
      ),
    organizations: () =>
      [...state.organizations.values()].flatMap((one) => [
        ...tableIn(state, one, "organizations").rows.values()
      ])
  }
}

/**
 * The head of an organisation's stream; 0 for a stream that is not there.
 *
 * @category models
 * @since 0.1.0
 */
export const versionOf = (organization: Organization, stream: string): number =>
  organization.streams.get(stream)?.length ?? 0

// internal --------------------------------------------------------------------

const isOwned = (name: string): boolean => tableOf(name).key[0] === "organization"

const tablesWhere = (wanted: (name: string) => boolean): Organization["tables"] =>
  new Map(
    Object.keys(tables)
      .filter(wanted)
      .map((name) => [name, MemoryTables.empty(name)])
  )

const nobody = (): Organization => ({
  events: [],
  streams: new Map(),
  receipts: new Map(),
  tables: tablesWhere(isOwned),
  at: 0
})
