/**
 * The board of a project, its first page: with 100,000 tasks, beside the same with 1,000, on SQLite and
 * on PostgreSQL where that is.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import {
  type Actor,
  ArtifactStoreMemory,
  Authorization,
  Driver,
  Foreman,
  Identifier,
  ManagerTask,
  Module,
  Projection,
  Task
} from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"
import { SqliteStore } from "@foreman/store-sqlite"
import { Effect, Layer, ManagedRuntime } from "effect"
import * as Disk from "./Disk.ts"
import { type Server, withClient, withServer } from "./PostgresServer.ts"
import * as Report from "./Report.ts"
import { compare, type Figures, quantile, type Variant } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** How a store of that name is opened. */
interface Backend {
  readonly name: string
  readonly open: (name: string) => Promise<Layer.Layer<Driver.Driver, unknown>>
  /** After it was filled: what a store that has been there for a while has behind it. */
  readonly settle: (name: string) => Promise<void>
}

// rules -----------------------------------------------------------------------

const sizes = [1_000, 100_000]
const organization = "01a1fb8a-dc1c-71bb-a1d1-4abd950b147b"
const projectId = Identifier.ProjectId.make("shop")
const runId = Identifier.RunId.make("01a1fb8a-dc1c-71bb-a1d1-4abd950b147c")

const owner: Actor.Actor = {
  type: "user",
  id: "owner",
  role: "owner",
  organizationId: Identifier.OrganizationId.make(organization)
}

/** What makes a task stand in each column, and how many of a hundred do. */
const mixture: ReadonlyArray<readonly [number, Partial<Task.Task>]> = [
  [40, {}],
  [30, { status: "done" }],
  [10, { status: "in_progress", lastOutcome: "failed" }],
  [8, { status: "cancelled" }],
  [6, { status: "in_progress", liveRunId: runId }],
  [4, { approvalStatus: "pending" }],
  [2, { approvalStatus: "approved" }]
]

const kinds = mixture.flatMap(([count, task]) => Array.from({ length: count }, () => task))

const taskOf = (id: number): Task.Task => {
  const urgency = 1 + ((id * 7919) % 100)
  return Task.example({
    ...kinds[(id * 37) % kinds.length],
    id: Identifier.TaskId.make(id),
    projectId,
    moduleId: Identifier.ModuleId.make(`module-${id % 20}`),
    title: `Task ${id}`,
    description: "Log people in who have a capital letter in their address.",
    urgency,
    priority: Task.priorityOf(urgency)
  })
}

// operations ------------------------------------------------------------------

const sqlite = (folder: string): Backend => ({
  name: "SQLite",
  open: (name) => Promise.resolve(SqliteStore.layer({ filename: join(folder, `${name}.db`) })),
  settle: () => Promise.resolve()
})

const postgres = (server: Server): Backend => {
  const urls = new Map<string, string>()
  return {
    name: server.version,
    open: async (name) => {
      const url = await server.create(name)
      urls.set(name, url)
      return PostgresStore.layer({ url })
    },
    settle: (name) =>
      withClient(urls.get(name) ?? "", async (client) => {
        await client.query("VACUUM ANALYZE")
      })
  }
}

/** Puts a project with so many tasks into a store. */
const fill = Effect.fnUntraced(function* (driver: Driver.Driver, size: number) {
  const insert = (table: string, row: Driver.Row): Driver.Step => ({ _tag: "Insert", table, row })
  const { createdAt, teamId, updatedAt } = Task.example()
  const project = Projection.projects.toRow({
    id: projectId,
    teamId,
    name: "Shop",
    description: "",
    repositoryId: null,
    repoRoot: "",
    policy: "strict",
    manager: null,
    createdAt,
    updatedAt
  })
  const modules = Array.from({ length: 20 }, (_, index) => {
    const id = Identifier.ModuleId.make(`module-${index}`)
    return insert("modules", Projection.modules.toRow(Module.example({ id, projectId })))
  })
  yield* commit(driver, [insert("projects", project), ...modules])
  for (let from = 1; from <= size; from += 1000) {
    const ids = Array.from({ length: Math.min(1000, size - from + 1) }, (_, index) => from + index)
    const rows = ids.map((id) => {
      const counted = { open_dependencies: 0, rank: 0 }
      return insert("tasks", { ...Projection.tasks.toRow(taskOf(id)), ...counted })
    })
    yield* commit(driver, rows)
  }
})

const commit = Effect.fnUntraced(function* (
  driver: Driver.Driver,
  steps: ReadonlyArray<Driver.Step>
) {
  const answer = yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
  if (answer._tag !== "Committed") throw new Error(`The store answers ${answer._tag}`)
})

/** A store with so many tasks, and the first page of the board, timed. */
const variantOf = async (backend: Backend, size: number, count: number) => {
  const name = `board_${size}`
  const store = Layer.orDie(await backend.open(name))
  const runtime = ManagedRuntime.make(
    Foreman.layer({ mode: "open" }).pipe(
      Layer.provideMerge(store),
      Layer.provide(ArtifactStoreMemory.layer)
    )
  )
  const { client } = await runtime.runPromise(Foreman)
  await runtime.runPromise(Driver.Driver.use((driver) => fill(driver, size)))
  await backend.settle(name)
  const page = client
    .getProjectBoard({ projectId })
    .pipe(Effect.provideService(Authorization.CurrentActor, owner))
  await runtime.runPromise(Effect.map(page, refuseOther))
  const measured = Effect.gen(function* () {
    const times: Array<number> = []
    for (let asked = 0; asked < count; asked++) {
      const start = performance.now()
      yield* page
      times.push((performance.now() - start) * 1000)
    }
    return { "p50 us": quantile(times, 0.5), "p99 us": quantile(times, 0.99) } satisfies Figures
  })
  const variant: Variant = { name: nameOf(size), measure: () => runtime.runPromise(measured) }
  return { variant, close: () => runtime.dispose() }
}

/** Every column is there, each with the page's worth or all that the smaller project has. */
const refuseOther = ({
  tasks
}: {
  readonly tasks: Readonly<Record<string, ReadonlyArray<object>>>
}) => {
  const lengths = ManagerTask.columns.map(({ name }) => tasks[name]?.length ?? 0)
  const isWhole = lengths.every((length) => length >= 20 && length <= 50)
  if (!isWhole) throw new Error(`The columns have ${lengths.join(", ")} tasks`)
}

const tableOf = async (
  backend: Backend,
  { isShort, rounds }: Report.Options
): Promise<Report.Table> => {
  const opened: Array<Awaited<ReturnType<typeof variantOf>>> = []
  try {
    for (const size of sizes) opened.push(await variantOf(backend, size, isShort ? 50 : 200))
    const series = await compare(
      opened.map(({ variant }) => variant),
      rounds
    )
    return { name: backend.name, series }
  } finally {
    for (const { close } of opened) await close()
  }
}

// internal --------------------------------------------------------------------

const nameOf = (size: number): string => `${size.toLocaleString("en")} tasks`

/** The table of PostgreSQL, if there is one on this machine or of the package registry. */
const onPostgres = async (options: Report.Options): Promise<ReadonlyArray<Report.Table>> => {
  try {
    return await withServer(async (server) => [await tableOf(postgres(server), options)])
  } catch (cause) {
    console.error(`PostgreSQL is left out: ${String(cause)}`)
    return []
  }
}

const main = async (folder: string, options: Report.Options): Promise<void> => {
  const tables = [await tableOf(sqlite(folder), options), ...(await onPostgres(options))]
  Report.print(
    {
      title: "The board of a project: its first page",
      compares:
        "the operation get_project_board over a project with 100,000 tasks with the same for 1,000:\n" +
        "  seven columns, 50 tasks of each at most, so that the smaller project answers fewer.",
      comparesNot: "later pages, a board while it is written to, a cold file, or transports.",
      fdatasync: Disk.fdatasync(folder),
      tables,
      targets: tables.map(({ name }) => ({
        table: name,
        variant: nameOf(100_000),
        figure: "p50 us",
        bound: "at most",
        ratio: 3
      }))
    },
    options
  )
}

await Disk.withFolder((folder) => main(folder, Report.options()))
