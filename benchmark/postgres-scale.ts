/**
 * What a store on PostgreSQL costs that has grown: the top of the ready queue, and finishing a task
 * that ten thousand others wait for.
 *
 * @since 0.1.0
 */
import { PostgresStore } from "@foreman/store-postgres"
import { Effect, Exit, Scope } from "effect"
import * as PostgresFill from "./PostgresFill.ts"
import * as PostgresForeman from "./PostgresForeman.ts"
import * as PostgresServer from "./PostgresServer.ts"
import * as Report from "./Report.ts"
import { compare, type Figures, quantile } from "./Rounds.ts"

// rules -----------------------------------------------------------------------

const limit = 20
const dependents = 10_000
const layouts = ["together", "apart"] as const

const nameOf = (tasks: number): string => `${tasks.toLocaleString("en")} tasks`

const queue = "top 20 of the ready queue"

const finishing = (layout: PostgresFill.Layout): string =>
  `finishing a task, ${dependents.toLocaleString("en")} wait for it, created ${layout}`

/** The large store of a short run is smaller, and says so. */
const sizesOf = ({ isShort }: Report.Options) => ({
  few: 10_000,
  some: 20_000,
  many: isShort ? 100_000 : 1_000_000
})

// operations ------------------------------------------------------------------

/** Asks the store's driver, whose answer is checked, and the connection for nothing. */
const openQueue = async (store: PostgresFill.Filled) => {
  const { organization, url } = store
  const scope = Scope.makeUnsafe()
  const driver = await Effect.runPromise(Scope.provide(PostgresStore.make({ url }), scope))
  const ask = () => Effect.runPromise(driver.ask(organization, "ready", { limit }))
  const found = (await ask()).map(({ id }) => id).join()
  const expected = await PostgresServer.withClient(url, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM foreman.tasks t WHERE status = 'todo' AND NOT EXISTS (
         SELECT FROM foreman.task_dependencies d JOIN foreman.tasks o ON o.id = d.depends_on_id
         WHERE d.task_id = t.id AND o.status <> 'done')
       ORDER BY priority, rank DESC, id LIMIT $1`,
      [limit]
    )
    return rows.map(({ id }) => id).join()
  })
  if (found !== expected) throw new Error(`The queue begins with ${found}, not ${expected}`)
  const measure = async (count: number): Promise<Figures> => {
    const times: Array<number> = []
    for (let asked = 0; asked < count; asked++) {
      const start = performance.now()
      await ask()
      times.push((performance.now() - start) * 1000)
    }
    return { "p50 us": quantile(times, 0.5), "p99 us": quantile(times, 0.99) }
  }
  return { measure, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

const readyQueue = async (
  few: PostgresFill.Filled,
  many: PostgresFill.Filled,
  options: Report.Options
): Promise<Report.Table> => {
  const sizes = sizesOf(options)
  const opened = [await openQueue(few), await openQueue(many)]
  const count = options.isShort ? 300 : 1000
  const variants = opened.map(({ measure }, index) => ({
    name: nameOf(index === 0 ? sizes.few : sizes.many),
    measure: () => measure(count)
  }))
  for (const { measure } of opened) await measure(count)
  const series = await compare(variants, options.rounds)
  for (const { close } of opened) await close()
  return { name: queue, series }
}

/** Finishes one hub after the other, each after those that wait for it wait for it alone. */
const openFinishing = async (store: PostgresFill.Filled, layout: PostgresFill.Layout) => {
  const { client, close, run } = await PostgresForeman.open(store.url)
  const hubs = [...store.hubs[layout]]
  const measure = async (): Promise<Figures> => {
    const taskId = hubs.pop()
    if (taskId === undefined) throw new Error("All are finished")
    await PostgresServer.withClient(store.url, async (direct) => {
      await direct.query(
        `UPDATE foreman.tasks SET status = 'todo', open_dependencies = 1, completed_at = NULL
         WHERE ${store.waiting[layout]}`
      )
      await direct.query("VACUUM foreman.tasks")
    })
    const start = performance.now()
    await run(client.changeTaskStatus({ taskId, status: "done" }))
    const milliseconds = performance.now() - start
    const left = await PostgresServer.withClient(store.url, async (direct) => {
      const { rows } = await direct.query<{ left: number }>(
        `SELECT count(*)::int AS left FROM foreman.tasks
         WHERE ${store.waiting[layout]} AND open_dependencies > 0`
      )
      return rows[0]?.left
    })
    if (left !== 0) throw new Error(`${left} are not ready`)
    return { ms: milliseconds }
  }
  return { measure, close }
}

const finish = async (
  layout: PostgresFill.Layout,
  stores: ReadonlyArray<{ readonly name: string; readonly store: PostgresFill.Filled }>,
  { rounds }: Report.Options
): Promise<Report.Table> => {
  const variants: Array<Awaited<ReturnType<typeof openFinishing>> & { readonly name: string }> = []
  for (const { name, store } of stores) {
    variants.push({ name, ...(await openFinishing(store, layout)) })
  }
  const series = await compare(variants, rounds)
  for (const { close } of variants) await close()
  return { name: finishing(layout), series }
}

const main = async (server: PostgresServer.Server, options: Report.Options): Promise<void> => {
  const sizes = sizesOf(options)
  const filled = async (name: "few" | "many" | "some") => {
    const url = await server.create(name)
    // One more for the round that warms up.
    const hubs = options.rounds + 1
    return await PostgresFill.make({ url, tasks: sizes[name], hubs, dependents })
  }
  const [few, some, many] = [await filled("few"), await filled("some"), await filled("many")]
  const tables = [await readyQueue(few, many, options)]
  for (const store of [some, many]) await PostgresFill.letWait(store)
  for (const layout of layouts) {
    const stores = [
      { name: nameOf(sizes.some), store: some },
      { name: nameOf(sizes.many), store: many }
    ]
    tables.push(await finish(layout, stores, options))
  }
  const most = { variant: nameOf(sizes.many), bound: "at most" } as const
  Report.print(
    {
      title: `A store that has grown (${server.version})`,
      compares:
        'the question "ready" to the store\'s driver, and the command that finishes a task which\n' +
        "  10,000 others wait for, with the same in a smaller store. 30 % of the tasks are done, one in\n" +
        "  fifty is ready, each of the others waits for one. Those that wait for the finished one were\n" +
        "  created one after the other, or are spread over the whole store.",
      comparesNot: "a cold cache, other commands meanwhile, or other ways of asking.",
      fdatasync: server.fdatasync,
      tables,
      targets: [
        { ...most, table: queue, figure: "p50 us", ratio: 1.3 },
        ...layouts.map((layout) => ({ ...most, table: finishing(layout), figure: "ms", ratio: 3 }))
      ]
    },
    options
  )
}

await PostgresServer.withServer((server) => main(server, Report.options()))
