/**
 * A process that creates tasks on PostgreSQL in one of the ways that are compared.
 *
 * @since 0.1.0
 */
import { PostgresStore } from "@foreman/store-postgres"
import { Effect, Exit, Scope } from "effect"
import { call, type Load } from "./Callers.ts"
import * as PostgresBareCommand from "./PostgresBareCommand.ts"
import * as PostgresForeman from "./PostgresForeman.ts"
import * as Processes from "./Processes.ts"

// models ----------------------------------------------------------------------

/** A way to create a task. */
interface Way {
  readonly once: () => Promise<unknown>
  readonly close: () => Promise<void>
}

/** The ways by name: the bare driver with and without order, the store's driver, Foreman. */
export type WayName = keyof typeof ways

// services --------------------------------------------------------------------

const bare =
  (order: PostgresBareCommand.Order) =>
  async (url: string, place: PostgresForeman.Place): Promise<Way> => {
    const { close, createTask } = await PostgresBareCommand.open(url, place, order)
    return { once: createTask, close }
  }

const foreman = async (url: string, { teamId }: PostgresForeman.Place): Promise<Way> => {
  const { client, close, run } = await PostgresForeman.open(url)
  const task = PostgresForeman.taskOf(teamId)
  return { once: () => run(client.createTask(task)), close }
}

/** The batches that Foreman writes, one for each call, without reading or deciding anything. */
const driver = async (url: string, place: PostgresForeman.Place): Promise<Way> => {
  const batchOf = await PostgresForeman.batches(place)
  const scope = Scope.makeUnsafe()
  const store = await Effect.runPromise(Scope.provide(PostgresStore.make({ url }), scope))
  // A range of its own for each process.
  let id = 1_000_000_000 + process.pid * 10_000_000
  const once = async () => {
    const answer = await Effect.runPromise(store.commit(batchOf(++id)))
    if (answer._tag !== "Committed") throw new Error(`The store answers ${answer._tag}`)
  }
  return { once, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

const ways = { ordered: bare("row"), unordered: bare("sequence"), driver, foreman }

// operations ------------------------------------------------------------------

const [name = "", url = "", organization = "", teamId = ""] = process.argv.slice(2)
// As: whoever starts this process names one of them.
const way = await ways[name as WayName](url, { organization, teamId })

const load = async (input: unknown) => {
  const used = Processes.usedMilliseconds()
  // As: whoever asks sends that.
  const done = await call(way.once, input as Load)
  return { ...done, used: Processes.usedMilliseconds() - used }
}

Processes.serve({ ready: async () => true, load }, way.close)
