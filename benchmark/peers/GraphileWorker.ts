/**
 * Work handed over by graphile-worker, as it is set up unless one says otherwise.
 *
 * `batches` as an argument of the drainer turns its modes on that lock and complete jobs by the
 * hundred.
 *
 * @since 0.1.0
 */
import * as Drain from "../Drain.ts"
import * as Pickup from "../Pickup.ts"
import { withClient } from "../PostgresServer.ts"

// models ----------------------------------------------------------------------

/** What of graphile-worker is used: it is installed beside this file or not at all. */
interface GraphileWorker {
  readonly makeWorkerUtils: (options: object) => Promise<{
    readonly migrate: () => Promise<void>
    readonly addJob: (task: string, payload: object) => Promise<{ readonly id: string }>
    readonly addJobs: (specs: ReadonlyArray<object>) => Promise<unknown>
    readonly release: () => Promise<void>
  }>
  readonly run: (options: object) => Promise<{ readonly stop: () => Promise<void> }>
  readonly Logger: new (factory: () => () => void) => object
}

// operations ------------------------------------------------------------------

const name = "graphile-worker"
const graphile: GraphileWorker = await import(name)
const silent = new graphile.Logger(() => () => undefined)

const openUtils = async (url: string) => {
  const utils = await graphile.makeWorkerUtils({ connectionString: url, logger: silent })
  await utils.migrate()
  return utils
}

const run = (url: string, concurrency: number, take: (key: string) => void, more: object = {}) =>
  graphile.run({
    connectionString: url,
    concurrency,
    logger: silent,
    noHandleSignals: true,
    taskList: {
      measure: async (_: unknown, { job }: { readonly job: { readonly id: string } }) => {
        take(String(job.id))
      }
    },
    ...more
  })

const produce = async (url: string): Promise<Pickup.Producer> => {
  const utils = await openUtils(url)
  return {
    send: async (number) => String((await utils.addJob("measure", { number })).id),
    close: utils.release
  }
}

const consume: Pickup.Consume = async (url, take) => {
  const runner = await run(url, 10, take)
  return { close: runner.stop }
}

const batches = {
  preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0 } }
}

const drainer = async (url: string, workers: number, mode: string): Promise<Drain.Drainer> => {
  const utils = await openUtils(url)
  return {
    fill: async (count) => {
      const specs = Array.from({ length: count }, (_, number) => ({
        identifier: "measure",
        payload: { number }
      }))
      await utils.addJobs(specs)
    },
    start: async (take) => {
      const runner = await run(url, workers, take, mode === "batches" ? batches : {})
      return runner.stop
    },
    left: () =>
      withClient(url, async (client) => {
        const text = "SELECT count(*)::int AS left FROM graphile_worker.jobs"
        return Number((await client.query(text)).rows[0]?.left)
      }),
    close: utils.release
  }
}

const [side, url = "", workers, mode = ""] = process.argv.slice(2)
if (side === "drainer") Drain.serve(await drainer(url, Number(workers), mode))
else await Pickup.serve(produce, consume)
