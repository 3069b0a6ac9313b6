/**
 * How a file is held still to read all of it, and how an empty one is filled.
 *
 * Both work on a connection of their own in the calling thread. What holds a file reads it in one
 * transaction; what fills one writes it in one, so that a process that ends in between leaves nothing.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import { Driver, Tables, Transfer } from "@foreman/core"

import * as Chain from "./SqliteChain.ts"
import * as Connection from "./SqliteConnection.ts"
import { constraintOf, describe } from "./SqliteFailure.ts"
import * as Log from "./SqliteLog.ts"
import * as Reads from "./SqliteReads.ts"
import { Refused, runStep } from "./SqliteSteps.ts"

// services --------------------------------------------------------------------

/**
 * Holds a file.
 *
 * @category services
 * @since 0.1.0
 */
export const hold = (path: string): Transfer.Hold =>
  Effect.map(
    Effect.acquireRelease(
      attempt("hold", () => {
        const connection = open(path, true)
        // A transaction begins with its first read.
        return started(connection, () => {
          connection.prepare("BEGIN").run()
          connection.prepare("SELECT max(number) FROM migrations").get()
        })
      }),
      ({ database }) => Effect.sync(() => database.close())
    ),
    reading
  )

/**
 * Fills a file.
 *
 * @category services
 * @since 0.1.0
 */
export const fill =
  (path: string): Transfer.Fill =>
  (body) =>
    Effect.acquireUseRelease(
      attempt("fill", () => begin(path)),
      Effect.fnUntraced(function* (connection) {
        const table = usedTable(connection)
        if (table !== undefined) return yield* new Transfer.StoreNotEmpty({ table })
        const answer = yield* body(filling(connection))
        yield* attempt("fill", () => void connection.prepare("COMMIT").run(), true)
        return answer
      }),
      ({ database }) => Effect.sync(() => database.close())
    )

// internal --------------------------------------------------------------------

/** How long this thread waits for the lock of another process. */
const lockMilliseconds = 5_000

const open = (path: string, readOnly: boolean): Connection.Connection =>
  Connection.open(path, Tables.tables, { readOnly, timeout: lockMilliseconds })

const started = (connection: Connection.Connection, body: () => void): Connection.Connection => {
  try {
    body()
    return connection
  } catch (cause) {
    connection.database.close()
    throw cause
  }
}

const begin = (path: string): Connection.Connection => {
  const connection = open(path, false)
  return started(connection, () => {
    connection.database.exec("PRAGMA synchronous = FULL; PRAGMA cache_size = -65536")
    connection.prepare("BEGIN IMMEDIATE").run()
  })
}

/** All tables that hold something of somebody. */
const tables: ReadonlyArray<string> = ["heads", "receipts", ...Object.keys(Tables.tables)]

const usedTable = ({ prepare }: Connection.Connection): string | undefined =>
  [...tables, "events", "sequences"].find(
    (table) => prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined
  )

/** The next name of each table, which an index finds at once, and of these the first. */
const nextName = `SELECT min(name) AS name FROM (${tables
  .map((table) => `SELECT min(organization) AS name FROM ${table} WHERE organization > ?1`)
  .join(" UNION ALL ")})`

const reading = (connection: Connection.Connection): Transfer.Snapshot => {
  const { prepare } = connection
  const { find, get, readAll } = Reads.make(connection)
  const nameAfter = (name: string): string | undefined => {
    const next = prepare(nextName).get(name)?.["name"]
    return typeof next === "string" ? next : undefined
  }
  return {
    find,
    get,
    readAll,
    organizations: ({ after, limit }) =>
      attempt("organizations", () => {
        const found: Array<Transfer.Standing> = []
        for (let name = nameAfter(after); name !== undefined && found.length < limit;) {
          const { at, position } = Log.headOf(connection, name)
          found.push({ organization: name, position, at })
          name = nameAfter(name)
        }
        return found
      }),
    receipts: (organization, { after, limit }) =>
      attempt("receipts", () =>
        prepare(
          `SELECT key, digest, answer, at FROM receipts
           WHERE organization = ? AND key > ? ORDER BY key LIMIT ?`
        )
          .all(organization, after, Math.max(limit, 0))
          .map(({ answer, at, digest, key }) => ({
            key: String(key),
            digest: String(digest),
            answer: String(answer),
            at: Number(at)
          }))
      ),
    sequences: attempt("sequences", () =>
      prepare("SELECT name, next FROM sequences ORDER BY name")
        .all()
        .map(({ name, next }) => ({ name: String(name), next: Number(next) }))
    )
  }
}

const filling = (connection: Connection.Connection): Transfer.Filling => {
  const { prepare } = connection
  return {
    ...reading(connection),
    append: (events) =>
      Effect.flatMap(
        attempt("append", () => events.find((event) => !follows(connection, event))),
        (stray) =>
          stray === undefined
            ? Effect.void
            : new Transfer.NotNext({ organization: stray.organization, position: stray.position })
      ),
    keep: (organization, receipts) =>
      attempt("keep", () => {
        for (const { answer, at, digest, key } of receipts) {
          prepare("INSERT INTO receipts VALUES (?, ?, ?, ?, ?)").run(
            organization,
            key,
            digest,
            answer,
            at
          )
        }
      }),
    number: (sequences) =>
      attempt("number", () => {
        for (const { name, next } of sequences) {
          prepare("INSERT INTO sequences VALUES (?, ?)").run(name, next)
        }
      }),
    stand: ({ at, organization }) =>
      attempt("stand", () =>
        setHead(connection, organization, { ...Log.headOf(connection, organization), at })
      ),
    write: (organization, steps) =>
      attempt("write", () => {
        for (const [index, step] of steps.entries()) {
          surely(connection, () => runStep(connection, organization, step, index))
        }
      })
  }
}

const surely = ({ tables }: Connection.Connection, step: () => void): void => {
  try {
    step()
  } catch (cause) {
    const broken = constraintOf(tables, cause)
    const refusal = cause instanceof Refused ? cause.answer._tag : broken
    if (refusal === undefined) throw cause
    throw new Error(`A step was refused: ${refusal}`, { cause })
  }
}

const setHead = (
  { prepare }: Connection.Connection,
  organization: string,
  { at, hash, position }: Log.Head
): void => {
  prepare("INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)").run(organization, position, hash, at)
}

/** Appends an event if it is the next one. */
const follows = (connection: Connection.Connection, event: Driver.StoredEvent): boolean => {
  const { at, body, hash, organization, position, stream, type, version } = event
  const head = Log.headOf(connection, organization)
  const isNext =
    position === head.position + 1 &&
    version === Log.versionOf(connection, organization, stream) + 1 &&
    Buffer.compare(Chain.next(head.hash, event), hash) === 0
  if (!isNext) return false
  connection
    .prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    .run(organization, position, stream, version, type, body, at, hash)
  setHead(connection, organization, { position, hash, at: Math.max(head.at, at) })
  return true
}

const attempt = <A>(
  operation: string,
  body: () => A,
  ambiguous = false
): Effect.Effect<A, Driver.StoreError> =>
  Effect.try({
    try: body,
    catch: (cause) => {
      const { isRetryable: retryable } = describe(cause)
      return new Driver.StoreError({ operation, cause, retryable, ambiguous })
    }
  })
