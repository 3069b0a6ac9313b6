/**
 * The reading half of the store, on a few connections of a pool.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import type { Driver } from "@foreman/core"

import { tableOf } from "./Elements.ts"
import * as Find from "./Find.ts"
import { signatures } from "./FunctionsQuestions.ts"
import { BatchMalformed, failed } from "./PostgresFailure.ts"
import { named, type Statement } from "./PostgresPlans.ts"
import type { RawRow, Scope } from "./PostgresRead.ts"

// models ----------------------------------------------------------------------

/**
 * What a driver reads.
 *
 * @category models
 * @since 0.1.0
 */
export type Reads = Pick<
  Driver.Driver,
  "ask" | "find" | "get" | "readAll" | "readStream" | "receipt" | "versions"
>

/**
 * Where it is read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source {
  /** The role that asks about all organizations. */
  readonly reactor: string
  readonly read: Read
  /** Reads that may take long, so that nobody waits behind them. */
  readonly walk: Read
}

/**
 * Reads what a scope sees.
 *
 * @category models
 * @since 0.1.0
 */
export type Read = (scope: Scope, statement: Statement) => Promise<ReadonlyArray<RawRow>>

// services --------------------------------------------------------------------

/**
 * The reads of a driver on a source.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (source: Source): Reads => {
  const read = reading(source.read)
  const walk = reading(source.walk)
  const byLength = (limit: number) => (limit > shortPage ? walk : read)
  return {
    versions: (organization, streams) =>
      streams.length === 0
        ? Effect.succeed([])
        : read(
            "versions",
            { organization },
            () => named(versionsText, [organization, JSON.stringify(streams)]),
            (rows) =>
              streams.map((stream, index) => ({
                stream,
                version: Number(rows[index]?.["version"])
              }))
          ),
    readStream: (organization, stream, { after, limit }) =>
      byLength(limit)(
        "readStream",
        { organization },
        () => named(streamText, [organization, stream, after, Math.max(limit, 0)]),
        (rows) => rows.map(toEvent)
      ),
    readAll: (organization, { after, limit }) =>
      byLength(limit)(
        "readAll",
        { organization },
        () => named(allText, [organization, after, Math.max(limit, 0)]),
        (rows) => rows.map(toEvent)
      ),
    receipt: (organization, key) =>
      read(
        "receipt",
        { organization },
        () => named(receiptText, [organization, key]),
        ([row]) => row && toReceipt(row)
      ),
    get: (organization, table, key) =>
      read(
        "get",
        { organization },
        () => getStatement(organization, table, key),
        ([row]) => row
      ),
    find: (query) =>
      byLength(query.limit)(
        "find",
        { organization: query.organization },
        () => Find.find(query),
        (rows) => rows
      ),
    ask: (organization, name, parameters) =>
      (name === "path" ? walk : byLength(Number(parameters["limit"] ?? 0)))(
        "ask",
        Object.hasOwn(signatures, name) && signatures[name].isOfAll
          ? { role: source.reactor }
          : { organization },
        () => askStatement(organization, name, parameters),
        (rows) => rows
      )
  }
}

// internal --------------------------------------------------------------------

const reading =
  (way: Read) =>
  <A>(
    operation: string,
    scope: Scope,
    statement: () => Statement,
    decode: (rows: ReadonlyArray<RawRow>) => A
  ): Effect.Effect<A, Driver.StoreError> =>
    Effect.tryPromise({
      try: async () => decode(await way(scope, statement())),
      catch: failed(operation)
    })

/** A page of so many rows makes nobody wait. */
const shortPage = 100

const versionsText = `SELECT coalesce((
    SELECT e.version FROM foreman.events e
    WHERE e.organization = $1 AND e.stream = s.stream ORDER BY e.version DESC LIMIT 1), 0) AS version
  FROM jsonb_array_elements_text($2::jsonb) WITH ORDINALITY s(stream, place) ORDER BY s.place`

const streamText = `SELECT e.* FROM foreman.events e
  WHERE e.organization = $1 AND e.stream = $2 AND e.version > $3 ORDER BY e.version LIMIT $4`

const allText = `SELECT e.* FROM foreman.events e
  WHERE e.organization = $1 AND e.position > $2 ORDER BY e.position LIMIT $3`

const receiptText = `SELECT r.organization, r.key, r.digest, r.answer FROM foreman.receipts r
  WHERE r.organization = $1 AND r.key = $2`

const getStatement = (organization: string, table: string, key: Driver.Row): Statement => {
  const values = tableOf(table).key.map((name) => {
    const value = name === "organization" ? organization : key[name]
    if (value === undefined) throw new BatchMalformed(`Key of ${table} lacks ${name}`)
    return value
  })
  let text = getTexts.get(table)
  if (text === undefined) {
    const where = tableOf(table).key.map((name, place) => `t.${name} = $${place + 1}`)
    text = `SELECT t.* FROM foreman.${table} t WHERE ${where.join(" AND ")}`
    getTexts.set(table, text)
  }
  return named(text, values)
}

/** One text for each table of the list. */
const getTexts = new Map<string, string>()

const askStatement = (
  organization: string,
  name: Driver.Question,
  parameters: Driver.Row
): Statement => {
  if (!Object.hasOwn(signatures, name)) throw new BatchMalformed(`No such question: ${name}`)
  const given = Object.entries(signatures[name].parameters)
  const places = given.map(([, type], place) => `$${place + 2}::${type}`)
  const text = `SELECT * FROM foreman.ask_${name}(${["$1::text", ...places].join(", ")})`
  return named(text, [organization, ...given.map(([key]) => parameters[key] ?? first(key))])
}

/** Who names no place to go on from begins. A condition on it that is null would hold for nothing. */
const first = (key: string): Driver.Value => (key.startsWith("after") ? "" : null)

const toReceipt = (row: RawRow): Driver.Receipt => ({
  organization: String(row["organization"]),
  key: String(row["key"]),
  digest: String(row["digest"]),
  answer: String(row["answer"])
})

const toEvent = (row: RawRow): Driver.StoredEvent => ({
  organization: String(row["organization"]),
  position: Number(row["position"]),
  stream: String(row["stream"]),
  version: Number(row["version"]),
  type: String(row["type"]),
  body: String(row["body"]),
  at: Number(row["at"]),
  hash: row["hash"] instanceof Uint8Array ? row["hash"] : new Uint8Array()
})
