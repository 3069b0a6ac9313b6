/**
 * One durable command: `create_task` through Foreman on PostgreSQL, beside the bare driver that runs
 * a transaction per command.
 *
 * @since 0.1.0
 */
import { type Done, figuresOf, type Load } from "./Callers.ts"
import type { WayName } from "./PostgresCommand.ts"
import * as PostgresForeman from "./PostgresForeman.ts"
import * as PostgresServer from "./PostgresServer.ts"
import * as Processes from "./Processes.ts"
import * as Report from "./Report.ts"
import { against, type Figures, measureAll } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** So many processes that create tasks in one way, in a database of their own. */
interface Subject {
  readonly name: string
  readonly way: WayName
  readonly nodes: number
}

/** What a process answers. */
type Answer = Done & { readonly used: number }

// rules -----------------------------------------------------------------------

const ordered: Subject = { name: "bare pg, positions ordered", way: "ordered", nodes: 1 }
const unordered: Subject = { name: "bare pg, no order", way: "unordered", nodes: 1 }
const driver: Subject = { name: "the store's driver alone", way: "driver", nodes: 1 }
const foreman: Subject = { name: "Foreman", way: "foreman", nodes: 1 }
const both: Subject = { name: "Foreman, two nodes", way: "foreman", nodes: 2 }

const subjects = (callers: number): ReadonlyArray<Subject> =>
  callers === 1
    ? [ordered, unordered, driver, foreman]
    : [ordered, unordered, driver, foreman, both]

const tableOf = (callers: number, base: Subject): string =>
  `${callers === 1 ? "1 caller" : `${callers} callers`}, against ${base.name}`

const rate = { figure: "commands/s", bound: "at least" } as const

const targets: ReadonlyArray<Report.Target> = [
  { ...rate, table: tableOf(1, ordered), variant: foreman.name, ratio: 1.5 },
  { ...rate, table: tableOf(64, ordered), variant: foreman.name, ratio: 10 },
  { ...rate, table: tableOf(64, unordered), variant: foreman.name, ratio: 3 },
  { ...rate, table: tableOf(64, foreman), variant: both.name, ratio: 0.85 }
]

// operations ------------------------------------------------------------------

const open = async (server: PostgresServer.Server, { name, nodes, way }: Subject, key: string) => {
  const url = await server.create(key)
  const { organization, teamId } = await PostgresForeman.prepare(url)
  const processes: Array<Processes.Process> = []
  for (let node = 0; node < nodes; node++) {
    processes.push(await Processes.start("./PostgresCommand.ts", way, url, organization, teamId))
  }
  await Promise.all(processes.map((process) => process.ask("ready")))
  const measure = async (load: Load): Promise<Figures> => {
    const before = server.usedMilliseconds()
    // As: `PostgresCommand` answers this.
    const answers = (await Promise.all(
      processes.map((process) => process.ask("load", load))
    )) as ReadonlyArray<Answer>
    const done = answers.reduce((sum, { times }) => sum + times.length, 0)
    return {
      ...figuresOf(answers),
      "CPU ms each": answers.reduce((sum, { used }) => sum + used, 0) / done,
      "server CPU ms each": (server.usedMilliseconds() - before) / done
    }
  }
  const close = async () => {
    await Promise.all(processes.map((process) => process.end()))
  }
  return { name, nodes, url, measure, close }
}

const tables = async (
  server: PostgresServer.Server,
  callers: number,
  { isShort, rounds }: Report.Options
): Promise<ReadonlyArray<Report.Table>> => {
  const opened: Array<Awaited<ReturnType<typeof open>>> = []
  try {
    for (const [index, subject] of subjects(callers).entries()) {
      opened.push(await open(server, subject, `${subject.way}_${callers}_${index}`))
    }
    // What has run for a while is compiled, and its heap has grown: the first seconds say nothing about
    // anybody. Each of two nodes does half of what one does meanwhile.
    for (const { measure, nodes } of opened) {
      await measure({ callers: 64, milliseconds: 4000 * nodes })
    }
    const load = { callers, milliseconds: isShort ? 400 : 1500 }
    const variants = opened.map(({ measure, name }) => ({ name, measure: () => measure(load) }))
    const measured = await measureAll(variants, rounds)
    const [first, ...others] = opened
    for (const other of others) await refuseDifference(first?.url ?? "", other.url)
    const bases = callers === 1 ? [ordered] : [ordered, unordered, foreman]
    return bases.map((base) => ({
      name: tableOf(callers, base),
      series: against(measured, base.name)
    }))
  } finally {
    for (const { close } of opened) await close()
  }
}

// internal --------------------------------------------------------------------

/** The last task of a store, its event and its receipt: types, and the bytes of texts. */
const shapeOf = (url: string): Promise<ReadonlyArray<string>> =>
  PostgresServer.withClient(url, async (client) => {
    const { rows } = await client.query<Record<string, unknown>>(
      `SELECT t.*, e.type, e.version, e.body, e.at, e.hash, r.digest, r.answer, r.key
       FROM foreman.tasks t
       JOIN foreman.events e ON e.organization = t.organization AND e.stream = 'task:' || t.id
       JOIN foreman.receipts r ON r.organization = t.organization
         AND r.key = 'operator/create_task/' || (e.body::jsonb -> 'metadata' ->> 'command_id')
       WHERE t.id = (SELECT max(id) FROM foreman.tasks)`
    )
    return Object.entries(rows[0] ?? {}).map(([name, value]) => {
      const text = typeof value === "string" || value instanceof Uint8Array
      // Numbers of tasks have more digits in one than in the other.
      const isNumbered = name === "id" || name === "branch" || name === "body"
      return `${name} ${typeof value} ${text && !isNumbered ? Buffer.byteLength(value) : ""}`
    })
  })

/** A comparison of different work is none. */
const refuseDifference = async (one: string, other: string): Promise<void> => {
  const [ours, theirs] = [await shapeOf(one), await shapeOf(other)]
  const index = ours.findIndex((shape, place) => shape !== theirs[place])
  if (ours.length === 0 || index !== -1 || ours.length !== theirs.length) {
    throw new Error(`One writes ${ours[index]}, another one ${theirs[index]}`)
  }
}

const main = async (server: PostgresServer.Server, options: Report.Options): Promise<void> => {
  const all: Array<Report.Table> = []
  for (const callers of [1, 64]) all.push(...(await tables(server, callers, options)))
  Report.print(
    {
      title: `One command: create_task on ${server.version}`,
      compares:
        "a whole command (reads, decision, event, row, receipt, chain, directory, notice; durable)\n" +
        "  with the bare driver: one transaction of four prepared statements, a pool of 8, the same\n" +
        "  tables and bytes, once with a position row that is locked until the commit, once with a\n" +
        "  sequence that keeps no order. Each in a process and a database of its own, one organization.",
      comparesNot:
        "transports, authentication, many organizations, another machine's network, or a bare\n" +
        "  driver that groups commands. The bare one writes no directory, no chain and no notice, and\n" +
        "  reads the team each time, which Foreman remembers.",
      fdatasync: server.fdatasync,
      tables: all,
      targets
    },
    options
  )
}

await PostgresServer.withServer((server) => main(server, Report.options()))
