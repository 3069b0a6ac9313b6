/**
 * The store in PostgreSQL: one call of one function per group of commits, reads on a few connections,
 * one connection that listens.
 *
 * Any number of processes share a database, and the database alone puts what they do in order.
 *
 * @since 0.1.0
 */
import { Effect, Layer, PubSub, Stream } from "effect"
import type { Scope } from "effect"
import type pg from "pg"

import { Driver, Measure } from "@foreman/core"

import * as Group from "./Group.ts"
import { DatabaseUnusable, failed, ReadOnly } from "./PostgresFailure.ts"
import * as Alone from "./PostgresAlone.ts"
import * as Hint from "./PostgresHint.ts"
import { callOf, read as readAnswers, type Told, write, type Written } from "./PostgresGroup.ts"
import { Lane } from "./PostgresLane.ts"
import * as Listener from "./PostgresListener.ts"
import * as Moment from "./PostgresMoment.ts"
import * as Pool from "./PostgresPool.ts"
import { named } from "./PostgresPlans.ts"
import { read, runAll } from "./PostgresRead.ts"
import * as Reader from "./PostgresReader.ts"
import * as Reads from "./PostgresReads.ts"
import { fill, hold } from "./PostgresRestore.ts"
import { setUp, type Wish } from "./PostgresSetup.ts"
import type { Roles } from "./Roles.ts"

export { DatabaseUnusable }

// models ----------------------------------------------------------------------

/**
 * Where a store stands and how it works.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface PostgresConfig extends Pool.Limits, Group.Limits, Wish {
  /** `postgres://user:password@host:5432/database`. The schema `foreman` is made there. */
  readonly url: string
  /**
   * Only to look, at one moment: nothing is made or brought up to date, what others write later is not
   * seen, and whoever commits or allocates is refused.
   */
  readonly readOnly?: boolean
  /** How many connections are opened at most, at least 4: 10 unless said. One of them listens. */
  readonly connections?: number
  /**
   * Whose clock store time is: the database server's unless said, by which all processes go. The
   * caller's is for tests that turn the clock.
   */
  readonly time?: "server" | "caller"
  /** How often it is looked whether something was not heard: once a second unless said. */
  readonly pollMilliseconds?: number
}

/**
 * What can run a statement: a client of `pg` in a transaction of the caller.
 *
 * @category models
 * @since 0.1.0
 */
export interface Transaction {
  readonly query: (query: {
    readonly text: string
    readonly values: Array<unknown>
  }) => Promise<{ readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>> }>
}

// services --------------------------------------------------------------------

/**
 * Opens a store that lives as long as the scope.
 *
 * @category services
 * @since 0.1.0
 */
export const make: (
  config: PostgresConfig
) => Effect.Effect<Driver.Driver, Driver.StoreError, Scope.Scope> = Effect.fnUntraced(
  function* (config) {
    const readOnly = config.readOnly === true
    const { roles, seal } = yield* attempt("open", () => setUp({ ...config, readOnly }))
    const { readers, walkers, writers } = shares(config)
    const open = (connections: number) =>
      Effect.acquireRelease(
        Effect.sync(() => Pool.open({ ...config, role: roles.app, connections })),
        (pool) => Effect.promise(() => pool.close())
      )
    if (readOnly) return yield* onlooker(config, roles)
    const connect = () => Pool.connect({ ...config, role: roles.app, isPipelined: true })
    const hints = yield* PubSub.sliding<Driver.Hint>(1024)
    const listener = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Listener.make({
          connect,
          reactor: roles.reactor,
          publish: (hint) => PubSub.publishUnsafe(hints, hint),
          seal,
          pollMilliseconds: config.pollMilliseconds ?? 1_000
        })
      ),
      ({ stop }) => Effect.promise(stop)
    )
    const reader = yield* Effect.acquireRelease(
      Effect.sync(() => Reader.make({ connect, connections: readers, askAtHint: listener.ask })),
      ({ close }) => Effect.promise(close)
    )
    const walking = yield* open(walkers)
    const lanes = Array.from({ length: writers }, () => new Lane(connect))
    yield* Effect.addFinalizer(() => Effect.promise(() => closeAll(lanes)))
    const context = yield* Effect.context<never>()
    const group = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Group.make({
          limits: config,
          tellsTime: config.time === "caller",
          lanes,
          commit: (lane, groups, hint) => lane.use(1, (client) => commitAll(client, groups, hint)),
          commitAlone: (lane, alone) => lane.use(1, (client) => Alone.commit(client, alone)),
          seal,
          hinted: Hint.follow,
          failed: failed("commit"),
          committed: ({ news, organization }, answer) => {
            if (answer._tag !== "Committed") return
            listener.committed({ organization, position: answer.position, news })
          },
          measured: (size) => Measure.commitGroup.updateUnsafe(size, context)
        })
      ),
      ({ close }) => Effect.promise(close)
    )
    return {
      capabilities,
      allocate: (sequence, count) =>
        attempt("allocate", () => walking.use((client) => takeNumbers(client, sequence, count))),
      commit: group.commit,
      changes: Stream.onStart(Stream.fromPubSub(hints), Effect.sync(listener.begin)),
      hold: hold({ ...config, roles }),
      fill: fill({ ...config, roles }, commitWithin),
      ...Reads.make({
        reactor: roles.reactor,
        read: reader.read,
        walk: (scope, statement) => walking.use((client) => read(client, scope, statement))
      })
    }
  }
)

/**
 * Commits a batch in a transaction of the caller: what the caller writes there and the batch happen
 * together or not at all.
 *
 * **When to use**
 *
 * Use to create a task with rows of one's own in the same database. Everything else is committed
 * faster, and safer, by the store.
 *
 * **Gotchas**
 *
 * The organization stays locked until the caller ends the transaction, so every other commit of the
 * organization waits for that. The transaction must be READ COMMITTED. The answer counts only when
 * the transaction is committed. A refusal leaves the transaction as it was before the call.
 *
 * The caller's user needs `USAGE` on the schema `foreman` and `EXECUTE` on
 * `foreman.commit_within`, and gets no other right by it.
 *
 * @category operations
 * @since 0.1.0
 */
export const commitWithin = (
  transaction: Transaction,
  batch: Driver.Batch
): Effect.Effect<Driver.Answer, Driver.StoreError> =>
  attempt("commit", async () => {
    const written = write([batch])
    const { rows } = await transaction.query({
      text: callOf("commit_within"),
      values: [...written.values]
    })
    const answers = readAnswers(written, toTold(rows[0]?.["answer"]))
    if (answers?.[0] === undefined) throw new Error("The database gave no answer")
    return answers[0]
  })

// layers ----------------------------------------------------------------------

/**
 * A store as the driver of a composition.
 *
 * **Example** (A store in a database)
 *
 * ```ts
 * import { PostgresStore } from "@foreman/store-postgres"
 *
 * const store = PostgresStore.layer({ url: "postgres://foreman:secret@localhost:5432/foreman" })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (config: PostgresConfig): Layer.Layer<Driver.Driver, Driver.StoreError> =>
  Layer.effect(Driver.Driver, make(config))

/**
 * A store whose commits are part of a transaction of the caller, for a Foreman that lives as long as
 * the transaction. It reads what is committed.
 *
 * **Example** (Planning a task with an order)
 *
 * ```ts
 * import { createForeman, type Driver } from "@foreman/core"
 * import { PostgresStore } from "@foreman/store-postgres"
 *
 * declare const store: Driver.Driver
 * declare const transaction: PostgresStore.Transaction
 *
 * const foreman = () => createForeman({ store: PostgresStore.layerWithin(store, transaction) })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWithin = (
  store: Driver.Driver,
  transaction: Transaction
): Layer.Layer<Driver.Driver> =>
  Layer.succeed(Driver.Driver, { ...store, commit: (batch) => commitWithin(transaction, batch) })

// internal --------------------------------------------------------------------

const capabilities: Driver.Capabilities = { name: "postgres", durable: true, manyProcesses: true }

/** For who only looks, at what is there now: a moment that stays as it was. */
const onlooker = Effect.fnUntraced(function* (config: PostgresConfig, roles: Roles) {
  const moment = yield* Effect.acquireRelease(
    attempt("open", () => Moment.hold({ ...config, roles })),
    ({ close }) => Effect.promise(close)
  )
  const refuse = (operation: string) =>
    Effect.suspend(() => Effect.fail(failed(operation)(new ReadOnly())))
  const { read } = moment
  const driver: Driver.Driver = {
    capabilities,
    allocate: () => refuse("allocate"),
    commit: () => refuse("commit"),
    changes: Stream.never,
    hold: hold({ ...config, roles }),
    ...Reads.make({ reactor: roles.reactor, read, walk: read })
  }
  return driver
})

const attempt = <A>(operation: string, body: () => Promise<A>) =>
  Effect.tryPromise({ try: body, catch: failed(operation) })

/** Commits of one organization wait for each other anyway, and short reads share a connection. */
const shares = ({ connections = 10 }: PostgresConfig) => {
  const all = Math.max(connections, 4) - 1
  const readers = all < 6 ? 1 : 2
  const writers = Math.max(1, Math.floor((all - readers) / 2))
  return { readers, writers, walkers: all - readers - writers }
}

const closeAll = async (lanes: ReadonlyArray<Lane>): Promise<void> => {
  await Promise.all(lanes.map((lane) => lane.close()))
}

const commitText = callOf("commit")

const commitAll = async (
  client: pg.ClientBase,
  groups: ReadonlyArray<Written>,
  hint: string | undefined
): Promise<ReadonlyArray<Told>> => {
  const calls = groups.map(({ values }) => named(commitText, values))
  const answers = await runAll(client, hint === undefined ? calls : [...calls, Hint.within(hint)])
  return calls.map((_, place) => toTold(answers[place]?.[0]?.["answer"]))
}

/** As: our own function answers that, as text. */
const toTold = (answer: unknown): Told => JSON.parse(String(answer)) as Told

// No wait for the disk: what uses a number is committed later, and makes durable all that was written
// before. One that a crash takes back was used by nothing, and is given out again.
const takeNumbers = async (client: pg.ClientBase, sequence: string, count: number) => {
  const { rows } = await client.query<{ first: string }>({
    name: "foreman_allocate",
    text:
      "INSERT INTO foreman.sequences AS s SELECT $1, 1 + $2::bigint " +
      "FROM set_config('synchronous_commit', 'off', true) ON CONFLICT (name) " +
      "DO UPDATE SET next = s.next + $2::bigint RETURNING s.next - $2::bigint AS first",
    values: [sequence, count]
  })
  return Number(rows[0]?.first)
}
