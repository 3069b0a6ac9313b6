/**
 * How many ready tasks Foreman starts in a second on PostgreSQL with their whole history, beside the
 * jobs that graphile-worker starts and forgets.
 *
 * @since 0.1.0
 */
import * as Drain from "./Drain.ts"
import * as Peers from "./Peers.ts"
import * as PostgresServer from "./PostgresServer.ts"
import * as Report from "./Report.ts"
import { against, measureAll } from "./Rounds.ts"

// models ----------------------------------------------------------------------

interface Program extends Omit<Drain.Way, "url"> {
  readonly peer?: Peers.Name
  /** How many times as much it is given as the others, so that it works as long. */
  readonly more?: number
  /** It is given the address of another database. */
  readonly takesOther?: boolean
}

// rules -----------------------------------------------------------------------

const workers = 32

const foreman = { name: "Foreman, starts", program: "./PostgresStarts.ts" }

const graphile = { program: "./peers/GraphileWorker.ts", peer: "graphile-worker" } as const

const single = { ...graphile, name: "graphile-worker" }

const bare = { name: "bare pg: claim, delete", program: "./BarePickup.ts", args: [`${workers}`] }

const rows = { name: "bare pg: the same rows, in groups", program: "./BareStarts.ts" }

const programs: ReadonlyArray<Program> = [
  { ...single, args: [`${workers}`] },
  { ...foreman, args: [`${workers}`, "starts"] },
  { ...foreman, name: "Foreman, whole runs", args: [`${workers}`, "runs"] },
  { ...rows, args: [`${workers}`, "all"], takesOther: true },
  { ...rows, name: `${rows.name}, the least`, args: [`${workers}`, "least"], takesOther: true },
  bare,
  { ...graphile, name: "graphile-worker, in batches", args: [`${workers}`, "batches"], more: 8 },
  { name: "pg-boss, in batches", program: "./peers/PgBoss.ts", peer: "pg-boss", args: [], more: 8 }
]

const tableOf = (base: { readonly name: string }): string =>
  `starts, ${workers} workers, against ${base.name}`

const each = { variant: foreman.name, figure: "starts/s", bound: "at least" } as const

/** What was wanted of starts, and what their rows allow: of those Foreman gives half to the rest. */
const targets: ReadonlyArray<Report.Target> = [
  { ...each, table: tableOf(single), ratio: 2 },
  { ...each, table: tableOf(rows), ratio: 0.5 }
]

// operations ------------------------------------------------------------------

const measure = async (
  server: PostgresServer.Server,
  list: ReadonlyArray<Program>,
  { isShort, rounds }: Report.Options
): Promise<ReadonlyArray<Report.Table>> => {
  const ways: Array<Awaited<ReturnType<typeof Drain.open>>> = []
  try {
    for (const [index, program] of list.entries()) {
      const url = await server.create(`way_${index}`)
      const others = program.takesOther === true ? [await server.create(`other_${index}`)] : []
      ways.push(await Drain.open({ ...program, url, args: [...program.args, ...others] }))
    }
    const count = isShort ? 500 : 5000
    const variants = ways.map(({ measure: one, name }, index) => ({
      name,
      measure: () => one(count * (list[index]?.more ?? 1), server.usedMilliseconds)
    }))
    const measured = await measureAll(variants, rounds)
    const bases = [single, rows].filter(({ name }) => list.some((one) => one.name === name))
    return bases.map((base) => ({ name: tableOf(base), series: against(measured, base.name) }))
  } finally {
    for (const way of ways) await way.close()
  }
}

const main = async (server: PostgresServer.Server, options: Report.Options): Promise<void> => {
  const has = Peers.installed()
  const list = programs.filter(({ peer }) => peer === undefined || has(peer))
  Report.print(
    {
      title: `Starts of ready tasks in a second (${server.version})`,
      compares:
        "how many handlers begin between the first and the last when all work lies ready:\n" +
        `  ${Peers.titles()}, which delete or archive a job that is done,\n` +
        "  with Foreman, which writes run, token, events and fence for each (starts), and also every\n" +
        "  step of the run up to the finished task (whole runs, one agent for each worker), and with the\n" +
        "  rows of Foreman's starts, written by the bare driver in groups, with nothing decided or checked.",
      comparesNot:
        "the batches of others with what Foreman does: they are shown for what they are. Nor runners,\n" +
        "  workspaces, or work that arrives meanwhile.",
      fdatasync: server.fdatasync,
      tables: await measure(server, list, options),
      targets: targets.filter(({ table }) => table !== tableOf(single) || has("graphile-worker"))
    },
    options
  )
}

await PostgresServer.withServer((server) => main(server, Report.options()))
