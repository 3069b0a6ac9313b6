/**
 * How a database is held still to read all of it, and how an empty one is filled: in one transaction on
 * one connection each, so that a process that ends in between leaves nothing.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"

import { Effect } from "effect"
import type pg from "pg"

import { Chain, Driver, Transfer } from "@foreman/core"

import { failed } from "./PostgresFailure.ts"
import * as Moment from "./PostgresMoment.ts"
import * as Pool from "./PostgresPool.ts"
import { named, type Statement } from "./PostgresPlans.ts"
import { type RawRow, read, type Scope } from "./PostgresRead.ts"
import * as Reads from "./PostgresReads.ts"

// models ----------------------------------------------------------------------

/**
 * Commits a batch in the transaction of a client.
 *
 * @category models
 * @since 0.1.0
 */
export type Commit = (
  client: pg.Client,
  batch: Driver.Batch
) => Effect.Effect<Driver.Answer, Driver.StoreError>

// services --------------------------------------------------------------------

/**
 * Holds a database.
 *
 * @category services
 * @since 0.1.0
 */
export const hold = (options: Moment.MomentOptions): Transfer.Hold =>
  Effect.map(
    Effect.acquireRelease(
      attempt("hold", () => Moment.hold(options)),
      ({ close }) => Effect.promise(() => close().catch(() => undefined))
    ),
    (moment) => reading(moment.read, options.roles.reactor)
  )

/**
 * Fills a database. Commits of others wait, and fail when they have waited long enough.
 *
 * @category services
 * @since 0.1.0
 */
export const fill =
  (options: Moment.MomentOptions, commit: Commit): Transfer.Fill =>
  (body) =>
    Effect.acquireUseRelease(
      attempt("fill", () => begin(options)),
      Effect.fnUntraced(function* (client) {
        const ask = askOn(client, options)
        const table = yield* attempt("fill", () => usedTable(ask, options.roles.reactor))
        if (table !== undefined) return yield* new Transfer.StoreNotEmpty({ table })
        const answer = yield* body(filling({ client, ask, commit, reactor: options.roles.reactor }))
        yield* attempt("commit", () => client.query("COMMIT"))
        return answer
      }),
      (client) => Effect.promise(() => Pool.end(client))
    )

// internal --------------------------------------------------------------------

type Ask = (scope: Scope, statement: Statement) => Promise<ReadonlyArray<RawRow>>

/** A page is written in far less; the commit of all of them may take longer. */
const statementMilliseconds = 600_000

const begin = async (options: Moment.MomentOptions): Promise<pg.Client> => {
  const { roles } = options
  const client = await Pool.connect({ ...options, statementMilliseconds, role: roles.app })
  try {
    // Who fills it reads a file between two statements as long as it takes.
    await client.query("SET idle_in_transaction_session_timeout = 0")
    await client.query("BEGIN ISOLATION LEVEL READ COMMITTED")
    // Whoever commits writes the first of these, and whoever takes a number the other.
    await client.query("LOCK TABLE foreman.heads, foreman.sequences IN EXCLUSIVE MODE")
    return client
  } catch (cause) {
    await Pool.end(client)
    throw cause
  }
}

/** What a read says of itself holds to the end of the transaction, which is not its own here. */
const askOn =
  (client: pg.Client, { roles }: Moment.MomentOptions): Ask =>
  async (scope, statement) => {
    const rows = await read(client, scope, statement)
    if ("role" in scope) await client.query("SELECT set_config('role', $1, true)", [roles.app])
    return rows
  }

/** Every commit leaves a head, also one that writes a receipt among those of another organization. */
const usedTable = async (ask: Ask, reactor: string): Promise<string | undefined> => {
  const heads = await ask({ role: reactor }, named("SELECT FROM foreman.heads LIMIT 1", []))
  if (heads.length > 0) return "heads"
  const own = { organization: "" }
  const numbers = await ask(own, named("SELECT FROM foreman.sequences LIMIT 1", []))
  if (numbers.length > 0) return "sequences"
  const listed = await ask(own, named("SELECT FROM foreman.directory LIMIT 1", []))
  return listed.length > 0 ? "directory" : undefined
}

const organizationsText = `SELECT h.organization, h.position, h.at FROM foreman.heads h
  WHERE h.organization > $1 ORDER BY h.organization LIMIT $2`

const receiptsText = `SELECT r.key, r.digest, r.answer, r.at FROM foreman.receipts r
  WHERE r.organization = $1 AND r.key > $2 ORDER BY r.key LIMIT $3`

const sequencesText = "SELECT s.name, s.next FROM foreman.sequences s ORDER BY s.name"

const reading = (ask: Ask, reactor: string): Transfer.Snapshot => {
  const { find, get, readAll } = Reads.make({ reactor, read: ask, walk: ask })
  return {
    find,
    get,
    readAll,
    organizations: ({ after, limit }) =>
      attempt("organizations", async () => {
        const statement = named(organizationsText, [after, Math.max(limit, 0)])
        const rows = await ask({ role: reactor }, statement)
        return rows.map(({ at, organization, position }) => ({
          organization: String(organization),
          position: Number(position),
          at: Number(at)
        }))
      }),
    receipts: (organization, { after, limit }) =>
      attempt("receipts", async () => {
        const statement = named(receiptsText, [organization, after, Math.max(limit, 0)])
        const rows = await ask({ organization }, statement)
        return rows.map(({ answer, at, digest, key }) => ({
          key: String(key),
          digest: String(digest),
          answer: String(answer),
          at: Number(at)
        }))
      }),
    sequences: attempt("sequences", async () => {
      const rows = await ask({ organization: "" }, named(sequencesText, []))
      return rows.map(({ name, next }) => ({ name: String(name), next: Number(next) }))
    })
  }
}

interface Means {
  readonly client: pg.Client
  readonly ask: Ask
  readonly commit: Commit
  readonly reactor: string
}

const filling = ({ ask, client, commit, reactor }: Means): Transfer.Filling => {
  const { versions } = Reads.make({ reactor, read: ask, walk: ask })
  const heads = new Map<string, Head>()
  /** Writes as an organization, whose rows alone the database lets be written. */
  const write = (operation: string, organization: string, text: string, values: Array<unknown>) =>
    attempt(operation, async () => {
      await client.query("SELECT set_config('foreman.organization', $1, true)", [organization])
      const { rows } = await client.query<RawRow>(text, values)
      return rows
    })
  const setHead = (operation: string, organization: string, head: Head) => {
    heads.set(organization, head)
    const { at, hash, position } = head
    return write(operation, organization, headText, [organization, position, hash, at])
  }
  return {
    ...reading(ask, reactor),
    append: Effect.fnUntraced(function* (events) {
      const organization = events[0]?.organization ?? ""
      const streams = [...new Set(events.map(({ stream }) => stream))]
      const known = yield* versions(organization, streams)
      const head = follow(heads.get(organization) ?? nothing, known, events)
      if (head instanceof Transfer.NotNext) return yield* head
      yield* write("append", organization, eventsText, columnsOf(organization, events))
      yield* setHead("append", organization, head)
    }),
    keep: (organization, receipts) =>
      Effect.asVoid(
        write("keep", organization, receiptsWritten, [
          organization,
          receipts.map(({ key }) => key),
          receipts.map(({ digest }) => digest),
          receipts.map(({ answer }) => answer),
          receipts.map(({ at }) => at)
        ])
      ),
    number: (sequences) =>
      Effect.asVoid(
        write("number", "", sequencesWritten, [
          sequences.map(({ name }) => name),
          sequences.map(({ next }) => next)
        ])
      ),
    stand: ({ at, organization }) =>
      Effect.asVoid(setHead("stand", organization, { ...nothing, at })),
    write: Effect.fnUntraced(function* (organization, steps) {
      const batch = { organization, reliesOn: [], steps, events: [] }
      const answer = yield* Effect.mapError(commit(client, batch), within("write"))
      if (answer._tag !== "Committed") {
        const reason = "constraint" in answer ? ` (${answer.constraint})` : ""
        const cause = new TypeError(`A step was refused: ${answer._tag}${reason}`)
        return yield* failed("write")(cause)
      }
      // A commit has a time of its own; here it is that of the other store.
      yield* setHead("write", organization, heads.get(organization) ?? nothing)
    })
  }
}

/** A failure inside a transaction that has not been told to commit, so nothing of it can stand. */
const within =
  (operation: string) =>
  ({ cause, retryable }: Driver.StoreError): Driver.StoreError =>
    new Driver.StoreError({ operation, cause, retryable, ambiguous: false })

interface Head {
  readonly position: number
  readonly hash: Uint8Array
  readonly at: number
}

const nothing: Head = { position: 0, hash: Chain.genesis, at: 0 }

/** Where an organization stands after events, or the first of them that does not follow. */
const follow = (
  before: Head,
  known: ReadonlyArray<Driver.StreamVersion>,
  events: ReadonlyArray<Driver.StoredEvent>
): Head | Transfer.NotNext => {
  const versions = new Map(known.map(({ stream, version }) => [stream, version]))
  let head = before
  for (const event of events) {
    const { at, organization, position, stream, version } = event
    const hash = createHash("sha256").update(Chain.preimage(head.hash, event)).digest()
    const isNext =
      organization === events[0]?.organization &&
      position === head.position + 1 &&
      version === (versions.get(stream) ?? 0) + 1 &&
      hash.equals(event.hash)
    if (!isNext) return new Transfer.NotNext({ organization, position })
    versions.set(stream, version)
    head = { position, hash, at: Math.max(head.at, at) }
  }
  return head
}

const columnsOf = (
  organization: string,
  events: ReadonlyArray<Driver.StoredEvent>
): Array<unknown> => [
  organization,
  events.map(({ position }) => position),
  events.map(({ stream }) => stream),
  events.map(({ version }) => version),
  events.map(({ type }) => type),
  events.map(({ body }) => body),
  events.map(({ at }) => at),
  events.map(({ hash }) => Buffer.from(hash))
]

const eventsText = `INSERT INTO foreman.events
  SELECT $1::text, e.* FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[],
    $7::bigint[], $8::bytea[]) e`

const headText = `INSERT INTO foreman.heads VALUES ($1, $2, $3, $4)
  ON CONFLICT (organization) DO UPDATE
  SET position = excluded.position, hash = excluded.hash, at = excluded.at`

const receiptsWritten = `INSERT INTO foreman.receipts
  SELECT $1::text, r.* FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) r`

const sequencesWritten = `INSERT INTO foreman.sequences
  SELECT s.* FROM unnest($1::text[], $2::bigint[]) s`

const attempt = <A>(
  operation: string,
  body: () => Promise<A>
): Effect.Effect<A, Driver.StoreError> => Effect.tryPromise({ try: body, catch: failed(operation) })
