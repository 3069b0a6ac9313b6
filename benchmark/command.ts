/**
 * One durable command: `create_task` through Foreman on SQLite, beside the bare driver that runs the
 * same statements.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { DatabaseSync } from "node:sqlite"
import {
  Actor,
  ArtifactStoreMemory,
  Authorization,
  Chain,
  createForeman,
  type Driver,
  Foreman,
  Identifier
} from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { Effect, Layer, ManagedRuntime } from "effect"
import * as BareCommand from "./BareCommand.ts"
import * as Disk from "./Disk.ts"
import * as Report from "./Report.ts"
import { compare, quantile, type Variant } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** A store's file with an organisation and a team. */
interface Prepared {
  readonly filename: string
  readonly organization: string
  readonly teamId: string
}

/** Creates tasks by so many callers, each one after the other, and says how long each took. */
type Loop = (callers: number, milliseconds: number) => Promise<ReadonlyArray<number>>

interface Subject {
  readonly name: string
  readonly loop: Loop
  readonly close: () => Promise<void>
}

// rules -----------------------------------------------------------------------

const description = "Log people in who have a capital letter in their address."
const title = "Fix login"

// services --------------------------------------------------------------------

const bare = async (prepared: Prepared): Promise<Subject> => {
  const createTask = BareCommand.open({ ...prepared, description })
  return {
    name: "node:sqlite, one transaction per command",
    loop: async (callers, milliseconds) => {
      const times: Array<number> = []
      const end = performance.now() + milliseconds
      // The driver answers at once, so callers take turns and each waits for all the others.
      let start = performance.now()
      const asked = Array.from({ length: callers }, () => start)
      for (let turn = 0; start < end; turn = (turn + 1) % callers) {
        createTask(title)
        start = performance.now()
        times.push(start - (asked[turn] ?? start))
        asked[turn] = start
      }
      return times
    },
    close: async () => undefined
  }
}

const effects = async ({ filename, teamId }: Prepared): Promise<Subject> => {
  const ports = [SqliteStore.layer({ filename }), ArtifactStoreMemory.layer] as const
  const runtime = ManagedRuntime.make(
    Foreman.layer({ mode: "open" }).pipe(Layer.provide(Layer.mergeAll(...ports)))
  )
  const { client } = await runtime.runPromise(Foreman)
  const input = {
    teamId: Identifier.TeamId.make(teamId),
    title,
    description,
    priority: "medium",
    dependsOn: [],
    repoIds: [],
    tags: [],
    metadata: {}
  } as const
  return {
    name: "Foreman's client",
    loop: (callers, milliseconds) => {
      const times: Array<number> = []
      const end = performance.now() + milliseconds
      const caller = Effect.gen(function* () {
        for (let start = performance.now(); start < end;) {
          yield* client.createTask(input)
          times.push(performance.now() - start)
          start = performance.now()
        }
      })
      return runtime.runPromise(
        Effect.all(
          Array.from({ length: callers }, () => caller),
          {
            concurrency: "unbounded",
            discard: true
          }
        ).pipe(
          Effect.provideService(Authorization.CurrentActor, Actor.operator),
          Effect.map(() => times)
        )
      )
    },
    close: () => runtime.dispose()
  }
}

const promises = async ({ filename, teamId }: Prepared): Promise<Subject> => {
  const foreman = await createForeman({ store: SqliteStore.layer({ filename }) })
  return {
    name: "Foreman's client in promises",
    loop: async (callers, milliseconds) => {
      const times: Array<number> = []
      const end = performance.now() + milliseconds
      const caller = async () => {
        for (let start = performance.now(); start < end;) {
          await foreman.createTask({ teamId, title, description })
          times.push(performance.now() - start)
          start = performance.now()
        }
      }
      await Promise.all(Array.from({ length: callers }, caller))
      return times
    },
    close: foreman.close
  }
}

const subjects = [bare, effects, promises]

// operations ------------------------------------------------------------------

const prepare = async (filename: string): Promise<Prepared> => {
  await using foreman = await createForeman({ store: SqliteStore.layer({ filename }) })
  const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
  return { filename, organization: orgId, teamId }
}

const table = async (
  folder: string,
  callers: number,
  { isShort, rounds }: Report.Options
): Promise<Report.Table> => {
  const files = subjects.map((_, index) => join(folder, `${callers}-${index}.db`))
  const opened: Array<Subject> = []
  for (const [index, subject] of subjects.entries()) {
    opened.push(await subject(await prepare(files[index] ?? "")))
  }
  const variants = opened.map(({ loop, name }): Variant => ({
    name,
    measure: async () => {
      const stalls = monitorEventLoopDelay({ resolution: 1 })
      // A clock that ticks every millisecond would itself keep a caller alone waiting.
      if (callers > 1) stalls.enable()
      const [start, used] = [performance.now(), process.cpuUsage()]
      const times = await loop(callers, isShort ? 300 : 600)
      const milliseconds = performance.now() - start
      const { system, user } = process.cpuUsage(used)
      stalls.disable()
      return {
        "commands/s": (times.length / milliseconds) * 1000,
        "p50 ms": quantile(times, 0.5),
        "CPU ms each": (system + user) / 1000 / times.length,
        ...(callers > 1 ? { "longest stall ms": stalls.max / 1e6 } : {})
      }
    }
  }))
  // What has run for a while is compiled: the first seconds say nothing about either.
  for (const { loop } of opened) await loop(callers, callers === 1 ? 3000 : 1000)
  const series = await compare(variants, rounds)
  for (const { close } of opened) await close()
  const [first = "", ...others] = files
  for (const other of others) refuseDifference(shapeOf(first), shapeOf(other))
  await refuseBrokenChain(first)
  return { name: callers === 1 ? "1 caller" : `${callers} callers`, series }
}

// internal --------------------------------------------------------------------

/** What the first task left in the tables: types, and the bytes of texts. */
const shapeOf = (filename: string): ReadonlyArray<string> => {
  const database = new DatabaseSync(filename, { readOnly: true })
  const rows = [
    "SELECT * FROM events WHERE stream = 'task:1'",
    "SELECT * FROM tasks WHERE id = 1",
    "SELECT * FROM directory WHERE kind = 'task' AND id = '1'",
    "SELECT * FROM receipts WHERE answer LIKE '{\"id\":1,%'",
    "SELECT * FROM heads"
  ].flatMap((text) => database.prepare(text).all())
  database.close()
  return rows.flatMap((row) =>
    Object.entries(row).map(([name, value]) => {
      const isSized = typeof value === "string" || value instanceof Uint8Array
      return `${name} ${typeof value} ${isSized ? Buffer.byteLength(value) : ""}`
    })
  )
}

/** A comparison of different work is none. */
const refuseDifference = (ours: ReadonlyArray<string>, theirs: ReadonlyArray<string>): void => {
  const index = ours.findIndex((shape, place) => shape !== theirs[place])
  if (index !== -1 || ours.length !== theirs.length) {
    throw new Error(`The bare driver writes ${ours[index]}, Foreman ${theirs[index]}`)
  }
}

const refuseBrokenChain = async (filename: string): Promise<void> => {
  const database = new DatabaseSync(filename, { readOnly: true })
  const events = database.prepare("SELECT * FROM events ORDER BY position LIMIT 1000").all()
  database.close()
  // As: the columns of the table are the fields of an event.
  const broken = await Chain.firstBroken(events as unknown as ReadonlyArray<Driver.StoredEvent>)
  if (broken !== undefined) throw new Error(`The bare driver's chain breaks at ${broken}`)
}

const rate = { variant: "Foreman's client", figure: "commands/s" }

const stall = { variant: "Foreman's client", figure: "longest stall ms" }

const main = async (folder: string, options: Report.Options): Promise<void> => {
  const fdatasync = Disk.fdatasync(folder)
  const tables: Array<Report.Table> = []
  for (const callers of [1, 8, 64]) tables.push(await table(folder, callers, options))
  Report.print(
    {
      title: "One command: create_task on SQLite",
      compares:
        "a whole command (reads, decision, event, row, receipt, chain, directory; durable)\n" +
        "  with the bare driver that runs the same statements on the calling thread.",
      comparesNot:
        "transports, authentication, several processes, or a bare driver that groups commands.",
      fdatasync,
      tables,
      targets: [
        { ...rate, table: "1 caller", bound: "at least", ratio: 0.6 },
        { ...rate, table: "64 callers", bound: "at least", ratio: 4 },
        { ...stall, table: "64 callers", bound: "at most", value: 10 }
      ]
    },
    options
  )
}

await Disk.withFolder((folder) => main(folder, Report.options()))
