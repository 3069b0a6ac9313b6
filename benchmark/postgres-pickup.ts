/**
 * Pickup: from the commit that makes work ready to its handler in another process, on one
 * PostgreSQL.
 *
 * @since 0.1.0
 */
import { setTimeout as sleep } from "node:timers/promises"
import * as Peers from "./Peers.ts"
import * as Pickup from "./Pickup.ts"
import * as PostgresServer from "./PostgresServer.ts"
import * as Report from "./Report.ts"
import { against, measureAll } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** A program that hands work over, in a database of its own. */
interface Program extends Omit<Pickup.Way, "url"> {
  readonly peer?: Peers.Name
}

// rules -----------------------------------------------------------------------

const floor: Program = { name: "bare pg: insert, notify, claim", program: "./BarePickup.ts" }

const foreman: Program = { name: "Foreman", program: "./PostgresPickup.ts" }

const peers: ReadonlyArray<Program> = [
  { name: "graphile-worker", program: "./peers/GraphileWorker.ts", peer: "graphile-worker" },
  { name: "pg-boss with notify", program: "./peers/PgBoss.ts", peer: "pg-boss" }
]

const tableOf = ({ name }: Program): string => `pickup, against ${name}`

/** Beside the floor, ahead of the others. */
const targetsOf = (others: ReadonlyArray<Program>): ReadonlyArray<Report.Target> => {
  const own = { variant: foreman.name, bound: "at most" } as const
  const p50 = { ...own, figure: "commit p50 ms" }
  return [
    { ...p50, table: tableOf(floor), ratio: 1.25 },
    { ...own, table: tableOf(floor), figure: "commit p99 ms", value: 100 },
    ...others.map((peer) => ({ ...p50, table: tableOf(peer), ratio: 1 }))
  ]
}

// operations ------------------------------------------------------------------

const measure = async (
  server: PostgresServer.Server,
  programs: ReadonlyArray<Program>,
  { isShort, rounds }: Report.Options
): Promise<ReadonlyArray<Report.Table>> => {
  const ways: Array<Awaited<ReturnType<typeof Pickup.open>>> = []
  try {
    for (const [index, program] of programs.entries()) {
      const url = await server.create(`way_${index}`)
      ways.push(await Pickup.open({ ...program, url }))
    }
    const amount = { count: isShort ? 30 : 200, perSecond: 20 }
    const variants = ways.map((way) => ({
      name: way.name,
      measure: async () => {
        // What the one before it left to do is done.
        await sleep(200)
        return await way.measure(amount)
      }
    }))
    const measured = await measureAll(variants, rounds)
    const bases = programs.filter((program) => program !== foreman)
    return bases.map((base) => ({ name: tableOf(base), series: against(measured, base.name) }))
  } finally {
    for (const way of ways) await way.close()
  }
}

const main = async (server: PostgresServer.Server, options: Report.Options): Promise<void> => {
  const has = Peers.installed()
  const others = peers.filter(({ peer }) => peer !== undefined && has(peer))
  Report.print(
    {
      title: `Pickup: from a commit to the handler in another process (${server.version})`,
      compares:
        "20 pieces of work a second, from their acknowledged commit (and from the call before it) to\n" +
        "  the handler in another process: a bare statement that inserts and notifies with one that\n" +
        `  claims, ${Peers.titles()} as they are set up\n` +
        "  but for notices, which pg-boss has off, and Foreman's create_task with its dispatcher, whose\n" +
        "  handler is the agent's runner. Ten workers or agents each, nothing else to do.",
      comparesNot: "a busy queue, many senders, what an agent's process costs, or polling.",
      fdatasync: server.fdatasync,
      tables: await measure(server, [floor, foreman, ...others], options),
      targets: targetsOf(others)
    },
    options
  )
}

await PostgresServer.withServer((server) => main(server, Report.options()))
