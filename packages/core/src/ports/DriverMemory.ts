/**
 * The store in memory: the port's meaning in its plainest form, for tests and for a try.
 *
 * It is as strict as the stores with a database, its time is the `Clock` of who commits, and it
 * keeps nothing when the process ends.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Layer, PubSub, Stream } from "effect"

import { Driver, type Hint, type Page, StoreError } from "./Driver.ts"
import { commit } from "./MemoryCommit.ts"
import * as Questions from "./MemoryQuestions.ts"
import * as State from "./MemoryState.ts"
import * as MemoryTables from "./MemoryTables.ts"
import * as MemoryTransfer from "./MemoryTransfer.ts"

// layers ----------------------------------------------------------------------

/**
 * A new store without anything in it.
 *
 * **Gotchas**
 *
 * Each use makes another store; who shares one shares the layer.
 *
 * @category services
 * @since 0.1.0
 */
export const make: Effect.Effect<Driver> = Effect.gen(function* () {
  const state = State.empty()
  const hints = yield* PubSub.sliding<Hint>(1024)
  const at = (organization: string) => State.lookAt(state, organization)
  return {
    capabilities: { name: "memory", durable: false, manyProcesses: false },
    allocate: (sequence, count) =>
      Effect.sync(() => {
        const first = state.sequences.get(sequence) ?? 1
        state.sequences.set(sequence, first + count)
        return first
      }),
    commit: (batch) =>
      Clock.clockWith((clock) => {
        const write = attempt("commit", () => {
          const answer = commit(state, batch, Number(clock.currentTimeNanosUnsafe() / 1000n))
          if (answer._tag === "Committed" && batch.events.length > 0) {
            const { news, organization } = batch
            PubSub.publishUnsafe(hints, { organization, position: answer.position, news })
          }
          return answer
        })
        // As with a store that waits for a disk, others run between a decision and its commit.
        return Effect.andThen(Effect.yieldNow, write)
      }),
    versions: (organization, streams) =>
      Effect.sync(() =>
        streams.map((stream) => ({ stream, version: State.versionOf(at(organization), stream) }))
      ),
    readStream: (organization, stream, page) =>
      Effect.sync(() => slice(at(organization).streams.get(stream) ?? [], page)),
    readAll: (organization, page) => Effect.sync(() => slice(at(organization).events, page)),
    receipt: (organization, key) => Effect.sync(() => at(organization).receipts.get(key)?.receipt),
    get: (organization, table, key) =>
      attempt("get", () =>
        State.tableIn(state, at(organization), table).rows.get(
          MemoryTables.keyOf(table, { ...key, organization })
        )
      ),
    find: (query) =>
      attempt("find", () =>
        MemoryTables.find(State.tableIn(state, at(query.organization), query.table), query)
      ),
    ask: (organization, name, parameters) =>
      attempt("ask", () => Questions.ask(name, State.sightOf(state, organization), parameters)),
    changes: Stream.fromPubSub(hints),
    hold: MemoryTransfer.hold(state),
    fill: MemoryTransfer.fill(state, (hint) => PubSub.publishUnsafe(hints, hint))
  }
})

/**
 * A new store without anything in it, as the driver of a composition.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Driver> = Layer.effect(Driver, make)

// internal --------------------------------------------------------------------

/** What is thrown here is a name or a value that no store takes: trying again would not help. */
const attempt = <A>(operation: string, body: () => A): Effect.Effect<A, StoreError> =>
  Effect.try({
    try: body,
    catch: (cause) => new StoreError({ operation, cause, retryable: false, ambiguous: false })
  })

/** Place n of an order is at index n - 1. */
const slice = <A>(order: ReadonlyArray<A>, { after, limit }: Page): ReadonlyArray<A> =>
  order.slice(Math.max(after, 0), Math.max(after, 0) + Math.max(limit, 0))
