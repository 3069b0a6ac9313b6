/**
 * The ready queue's top 20 on SQLite: with 100,000 tasks, beside the same with 1,000.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import type { Driver } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { Effect, type Scope } from "effect"
import * as Disk from "./Disk.ts"
import * as Report from "./Report.ts"
import { compare, type Figures, quantile, type Variant } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** What the queue is made from. */
interface Planned {
  readonly id: number
  readonly status: "done" | "todo"
  readonly dependsOn: ReadonlyArray<number>
  readonly isBlocked: boolean
  readonly priority: number
  readonly rank: number
}

/** How urgent tasks are. */
type Mix = (id: number, isBlocked: boolean) => number

// rules -----------------------------------------------------------------------

const mixes: Readonly<Record<string, Mix>> = {
  "priorities mixed": (id) => (id * 7) % 4,
  "all that is blocked goes first": (_, isBlocked) => (isBlocked ? 0 : 3)
}

const sizes = [1_000, 100_000]
const limit = 20
const organization = "01a1fb8a-dc1c-71bb-a1d1-4abd950b147b"

/** 30 % done, 70 % open, one open task in 50 ready; each waits for one other, if one came before. */
const plan = (size: number, mix: Mix): ReadonlyArray<Planned> => {
  const latest: { done?: number; open?: number } = {}
  let open = 0
  return Array.from({ length: size }, (_, index) => {
    const id = index + 1
    const status = id % 10 < 3 ? "done" : "todo"
    if (status === "todo") open += 1
    const isBlocked = status === "todo" && open % 50 !== 1
    const dependency = isBlocked ? latest.open : latest.done
    latest[status === "done" ? "done" : "open"] = id
    const dependsOn = dependency === undefined ? [] : [dependency]
    return { id, status, dependsOn, isBlocked, priority: mix(id, isBlocked), rank: (id * 3) % 5 }
  })
}

/** What the queue must answer. */
const topOf = (tasks: ReadonlyArray<Planned>): ReadonlyArray<number> =>
  tasks
    .filter(({ isBlocked, status }) => status === "todo" && !isBlocked)
    .toSorted(
      (left, right) =>
        left.priority - right.priority || right.rank - left.rank || left.id - right.id
    )
    .slice(0, limit)
    .map(({ id }) => id)

// operations ------------------------------------------------------------------

/** Opens a store with so many tasks. */
const filled = (
  filename: string,
  tasks: ReadonlyArray<Planned>
): Effect.Effect<Driver.Driver, Driver.StoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const driver = yield* SqliteStore.make({ filename })
    for (let from = 0; from < tasks.length; from += 1000) {
      const steps = tasks.slice(from, from + 1000).flatMap(stepsOf)
      const answer = yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
      if (answer._tag !== "Committed") throw new Error(`The store answers ${answer._tag}`)
    }
    const rows = yield* driver.ask(organization, "ready", { limit })
    const expected = topOf(tasks).join()
    if (rows.map(({ id }) => id).join() !== expected) throw new Error(`Expected ${expected}`)
    return driver
  })

const measured = (
  driver: Driver.Driver,
  count: number
): Effect.Effect<Figures, Driver.StoreError> =>
  Effect.gen(function* () {
    const times: Array<number> = []
    for (let asked = 0; asked < count; asked++) {
      const start = performance.now()
      yield* driver.ask(organization, "ready", { limit })
      times.push((performance.now() - start) * 1000)
    }
    return { "p50 us": quantile(times, 0.5), "p99 us": quantile(times, 0.99) }
  })

const table = (
  folder: string,
  name: string,
  { isShort, rounds }: Report.Options
): Promise<Report.Table> => {
  const program = Effect.gen(function* () {
    const variants: Array<Variant> = []
    for (const size of sizes) {
      const tasks = plan(size, mixes[name] ?? (() => 0))
      const driver = yield* filled(join(folder, `${name}-${size}.db`), tasks)
      variants.push({
        name: nameOf(size),
        measure: () => Effect.runPromise(measured(driver, isShort ? 500 : 2000))
      })
    }
    return { name, series: yield* Effect.promise(() => compare(variants, rounds)) }
  })
  return Effect.runPromise(Effect.scoped(program))
}

// internal --------------------------------------------------------------------

const nameOf = (size: number): string => `${size.toLocaleString("en")} tasks`

const stepsOf = (task: Planned): ReadonlyArray<Driver.Step> => [
  { _tag: "Insert", table: "tasks", row: rowOf(task) },
  ...task.dependsOn.map((id): Driver.Step => ({
    _tag: "Insert",
    table: "task_dependencies",
    row: { task_id: task.id, depends_on_id: id }
  }))
]

const rowOf = ({ dependsOn, id, isBlocked, priority, rank, status }: Planned): Driver.Row => ({
  id,
  team_id: `team-${id % 8}`,
  title: `Task ${id}`,
  description: "Log people in who have a capital letter in their address.",
  status,
  priority,
  dri_id: null,
  assignee_id: null,
  repo_ids: "[]",
  tags: "[]",
  branch: `task-${id}`,
  metadata: "{}",
  depends_on: JSON.stringify(dependsOn),
  attempts: 0,
  rejections: 0,
  live_run_id: null,
  last_run_id: null,
  last_agent_id: null,
  last_outcome: null,
  open_dependencies: isBlocked ? 1 : 0,
  is_rework: false,
  hold: null,
  head_commit: null,
  base_commit: null,
  rank,
  created_at: id,
  updated_at: id,
  completed_at: status === "done" ? id : null
})

const main = async (folder: string, options: Report.Options): Promise<void> => {
  const names = Object.keys(mixes)
  const tables: Array<Report.Table> = []
  for (const name of names) tables.push(await table(folder, name, options))
  Report.print(
    {
      title: "The ready queue: its top 20 on SQLite",
      compares:
        'the question "ready" to the store\'s driver with 100,000 tasks with the same for 1,000,\n' +
        "  of which 14 are ready, so that the smaller queue answers fewer.",
      comparesNot:
        "dispatching, a queue while it is written to, a cold file, or other ways of asking.",
      fdatasync: Disk.fdatasync(folder),
      tables,
      targets: names.map((name) => ({
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
