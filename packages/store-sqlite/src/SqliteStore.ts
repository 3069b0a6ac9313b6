/**
 * The store in a SQLite file: one thread writes groups of batches, the calling thread reads.
 *
 * A bounded read costs microseconds on the calling thread and many times that through another one;
 * a write waits for the disk and for the locks of other processes. Several processes may share a
 * file.
 *
 * @since 0.1.0
 */
import { availableParallelism } from "node:os"

import { Effect, Layer, PubSub, Stream } from "effect"
import type { Scope } from "effect"

import { Driver, Measure, Tables } from "@foreman/core"

import * as Group from "./Group.ts"
import * as Migrations from "./Migrations.ts"
import * as Connection from "./SqliteConnection.ts"
import { describe } from "./SqliteFailure.ts"
import * as File from "./SqliteFile.ts"
import * as Reads from "./SqliteReads.ts"
import * as SqliteTransfer from "./SqliteTransfer.ts"
import { watch } from "./SqliteWatch.ts"
import * as Writer from "./SqliteWriter.ts"

// models ----------------------------------------------------------------------

/**
 * Where a store stands and how it works.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface SqliteConfig {
  /** The file, made with the folders above it when it is not there. */
  readonly filename: string
  /**
   * Only to look: nothing is made or brought up to date, and whoever commits or allocates is refused.
   *
   * The file is there already, and is one of this version. Whoever uses it may do so meanwhile.
   */
  readonly readOnly?: boolean
  /** How many batches go into one transaction, give or take some that arrive together: 48 unless said. */
  readonly groupLimit?: number
  /** How many batches may wait for their turn at most: 10,000 unless said. */
  readonly queueLimit?: number
  /**
   * How long each of the store's two threads stays awake for the other before it sleeps: 1 ms
   * unless said, 0 on a machine with one core. It makes a caller alone faster by a third or more, for
   * processor time that is spent only while something is written.
   */
  readonly awakeMilliseconds?: number
  /** How often another process's commits are looked for: every 25 ms unless said. */
  readonly pollMilliseconds?: number
  /**
   * The program of the writing thread: the module `SqliteWorker` beside this one unless said.
   *
   * A bundler does not see that module. Whoever bundles makes it a second entry, from
   * `dist/SqliteWorker.js` of this package, and names the result here.
   */
  readonly worker?: URL
}

// layers ----------------------------------------------------------------------

/**
 * Opens a store that lives as long as the scope.
 *
 * @category services
 * @since 0.1.0
 */
export const make: (
  config: SqliteConfig
) => Effect.Effect<Driver.Driver, Driver.StoreError, Scope.Scope> = Effect.fnUntraced(
  function* (config) {
    const path = yield* Effect.try({
      try: () => File.pathOf(config.filename),
      catch: failed("open")
    })
    const writer = config.readOnly === true ? onlooker(path) : yield* startWriter(config, path)
    const reader = yield* Effect.acquireRelease(
      Effect.try({ try: () => openReader(path, config.readOnly === true), catch: failed("open") }),
      ({ database }) => Effect.sync(() => database.close())
    )
    const hints = yield* PubSub.sliding<Driver.Hint>(1024)
    const watching = yield* Effect.acquireRelease(
      Effect.sync(() =>
        watch(reader, config.pollMilliseconds ?? 25, (hint) => PubSub.publishUnsafe(hints, hint))
      ),
      ({ stop }) => Effect.sync(stop)
    )
    const context = yield* Effect.context<never>()
    const commit = Group.make({
      groupLimit: groupLimitOf(config),
      queueLimit: config.queueLimit ?? 10_000,
      awakeMilliseconds: awakeOf(config),
      write: (group) => {
        Measure.commitGroup.updateUnsafe(group.length, context)
        return writer.commitGroup(group)
      },
      failed: failed("commit"),
      committed: ({ organization }, answer) => {
        if (answer._tag === "Committed") watching.notice(organization, answer.position)
      }
    })
    return {
      capabilities: { name: "sqlite", durable: true, manyProcesses: true },
      allocate: (sequence, count) => attempt("allocate", () => writer.allocate(sequence, count)),
      commit,
      changes: Stream.fromPubSub(hints),
      hold: SqliteTransfer.hold(path),
      ...(config.readOnly === true ? {} : { fill: SqliteTransfer.fill(path) }),
      ...Reads.make(reader)
    }
  }
)

/**
 * A store as the driver of a composition.
 *
 * **Example** (A store in a folder of its own)
 *
 * ```ts
 * import { SqliteStore } from "@foreman/store-sqlite"
 *
 * const store = SqliteStore.layer({ filename: ".foreman/foreman.db" })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (config: SqliteConfig): Layer.Layer<Driver.Driver, Driver.StoreError> =>
  Layer.effect(Driver.Driver, make(config))

// internal --------------------------------------------------------------------

/** From source, and from `dist`, where the same file is JavaScript. */
const program = (): URL => {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js"
  return new URL(`./SqliteWorker.${extension}`, import.meta.url)
}

/** Two or three times what a commit takes on a good disk. */
const awakeOf = ({ awakeMilliseconds }: SqliteConfig): number =>
  awakeMilliseconds ?? (availableParallelism() > 1 ? 1 : 0)

/** Fewer than wait usually: while some are written, the next are decided. */
const groupLimitOf = ({ groupLimit = 48 }: SqliteConfig): number => groupLimit

const openReader = (path: string, isAlone: boolean): Connection.Connection => {
  const connection = Connection.open(path, Tables.tables, { readOnly: true, timeout: 0 })
  if (!isAlone) return connection
  try {
    // Otherwise the writer has looked at that.
    Migrations.refuseUnready(connection, path)
    return connection
  } catch (cause) {
    connection.database.close()
    throw cause
  }
}

const startWriter = (config: SqliteConfig, path: string) =>
  Effect.acquireRelease(
    attempt("open", () =>
      Writer.start(config.worker ?? program(), {
        path,
        tables: Tables.tables,
        groupLimit: groupLimitOf(config),
        awakeMilliseconds: awakeOf(config)
      })
    ),
    (writer) => Effect.promise(() => writer.close())
  )

/** In the place of a writer, for who only looks. */
const onlooker = (path: string): Pick<Writer.Writer, "allocate" | "commitGroup"> => {
  const refuse = () => Promise.reject(new Error(`${path} is open for reading only`))
  return { allocate: refuse, commitGroup: refuse }
}

/** What the writing thread said of itself, or an error of this one. */
const failed =
  (operation: string) =>
  (cause: unknown): Driver.StoreError => {
    const { isAmbiguous: ambiguous, isRetryable: retryable } =
      cause instanceof Writer.WriterFailed ? cause.failure : describe(cause)
    return new Driver.StoreError({ operation, cause, retryable, ambiguous })
  }

const attempt = <A>(operation: string, body: () => Promise<A>) =>
  Effect.tryPromise({ try: body, catch: failed(operation) })
