/**
 * Work handed over by pg-boss with its notices on, which they are not unless one says so.
 *
 * @since 0.1.0
 */
import * as Drain from "../Drain.ts"
import * as Pickup from "../Pickup.ts"
import { withClient } from "../PostgresServer.ts"

// models ----------------------------------------------------------------------

/** What of pg-boss is used: it is installed beside this file or not at all. */
interface PgBoss {
  readonly on: (event: "error", handler: () => void) => void
  readonly start: () => Promise<unknown>
  readonly stop: (options: { readonly graceful: boolean }) => Promise<void>
  readonly createQueue: (name: string, options: object) => Promise<void>
  readonly insert: (name: string, jobs: ReadonlyArray<object>) => Promise<unknown>
  readonly offWork: (name: string, options: object) => Promise<void>
  readonly send: (name: string, data: object) => Promise<string | null>
  readonly work: (
    name: string,
    options: object,
    handler: (jobs: ReadonlyArray<{ readonly id: string }>) => Promise<void>
  ) => Promise<string>
}

// operations ------------------------------------------------------------------

const name = "pg-boss"
const { PgBoss }: { readonly PgBoss: new (options: object) => PgBoss } = await import(name)
const queue = "measure"

const open = async (url: string) => {
  const boss = new PgBoss({ connectionString: url, useListenNotify: true })
  boss.on("error", () => undefined)
  await boss.start()
  return boss
}

const produce = async (url: string): Promise<Pickup.Producer> => {
  const boss = await open(url)
  await boss.createQueue(queue, { notify: true })
  return {
    send: async (number) => (await boss.send(queue, { number })) ?? "",
    close: () => boss.stop({ graceful: false })
  }
}

const consume: Pickup.Consume = async (url, take) => {
  const boss = await open(url)
  await boss.work(queue, { localConcurrency: 10 }, async (jobs) => {
    for (const { id } of jobs) take(id)
  })
  return { close: () => boss.stop({ graceful: false }) }
}

/** One worker that takes jobs by the five hundred: its way to be fast. */
const drainer = async (url: string): Promise<Drain.Drainer> => {
  const boss = await open(url)
  await boss.createQueue(queue, {})
  return {
    fill: async (count) => {
      const jobs = Array.from({ length: count }, (_, number) => ({ data: { number } }))
      await boss.insert(queue, jobs)
    },
    start: async (take) => {
      const options = { batchSize: 500, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }
      await boss.work(queue, options, async (jobs) => jobs.forEach(take))
      return () => boss.offWork(queue, { wait: true })
    },
    left: () =>
      withClient(url, async (client) => {
        const text = "SELECT count(*)::int AS left FROM pgboss.job WHERE state < 'completed'"
        return Number((await client.query(text)).rows[0]?.left)
      }),
    close: () => boss.stop({ graceful: false })
  }
}

const [side, url = ""] = process.argv.slice(2)
if (side === "drainer") Drain.serve(await drainer(url))
else await Pickup.serve(produce, consume)
