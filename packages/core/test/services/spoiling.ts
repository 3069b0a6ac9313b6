/**
 * Stores that answer something else than was written, to see whether anybody notices.
 */
import { Effect } from "effect"

import type { Driver } from "@foreman/core"

type Event = Driver.StoredEvent
export type Body = { readonly data: Data; readonly metadata: Data }
type Data = Record<string, unknown>

/** The store with another log. */
export const withLog = (
  driver: Driver.Driver,
  change: (events: ReadonlyArray<Event>) => ReadonlyArray<Event>
): Driver.Driver => ({
  ...driver,
  readAll: (organization, { after, limit }) =>
    Effect.map(driver.readAll(organization, { after: 0, limit: 10_000 }), (events) =>
      change(events)
        .filter(({ position }) => position > after)
        .slice(0, limit)
    )
})

/** The store with other rows of a table. */
export const withRows = (
  driver: Driver.Driver,
  table: string,
  change: (row: Driver.Row) => Driver.Row
): Driver.Driver => ({
  ...driver,
  find: (query) =>
    Effect.map(driver.find(query), (rows) => (query.table === table ? rows.map(change) : rows)),
  get: (organization, name, key) =>
    Effect.map(driver.get(organization, name, key), (row) =>
      row !== undefined && name === table ? change(row) : row
    )
})

/** The store with other receipts. */
export const withReceipts = (
  driver: Driver.Driver,
  change: (receipt: Driver.Receipt) => Driver.Receipt | undefined
): Driver.Driver => ({
  ...driver,
  receipt: (organization, key) =>
    Effect.map(driver.receipt(organization, key), (found) => found && change(found))
})

/** Changes the body of the n-th event of a type. */
export const edit =
  (type: string, change: (body: Body) => void, n = 0) =>
  (events: ReadonlyArray<Event>): ReadonlyArray<Event> => {
    const chosen = events.filter((event) => event.type === type).at(n)
    return events.map((event) => {
      if (event !== chosen) return event
      const body = JSON.parse(event.body)
      change(body)
      return { ...event, body: JSON.stringify(body) }
    })
  }

/** Repeats the first event of a type at the end. */
export const again =
  (type: string) =>
  (events: ReadonlyArray<Event>): ReadonlyArray<Event> => [
    ...events,
    ...events
      .filter((event) => event.type === type)
      .slice(0, 1)
      .map((event) => ({ ...event, position: events.length + 1 }))
  ]

/** Changes one event: that at a place, or so many from the end. */
export const change =
  (wanted: number, changed: (event: Event) => Partial<Event>) =>
  (events: ReadonlyArray<Event>): ReadonlyArray<Event> =>
    events.map((event, index) =>
      index === (wanted + events.length) % events.length ? { ...event, ...changed(event) } : event
    )

/** Another log. */
export const log =
  (spoil: (events: ReadonlyArray<Event>) => ReadonlyArray<Event>) => (driver: Driver.Driver) =>
    withLog(driver, spoil)

/** Other columns in every row of a table. */
export const rows = (table: string, row: Driver.Row) => (driver: Driver.Driver) =>
  withRows(driver, table, (present) => ({ ...present, ...row }))
