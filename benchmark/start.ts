/**
 * From a ready task to the started process of its agent, beside a bare spawn of the same program.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { ArtifactFolder } from "@foreman/artifacts-fs"
import {
  Actor,
  AgentRunner,
  Authorization,
  Foreman,
  type Identifier,
  Reactors
} from "@foreman/core"
import { Workspaces } from "@foreman/git"
import { Supervisor } from "@foreman/process"
import { CommandRunner } from "@foreman/runner-command"
import { SqliteStore } from "@foreman/store-sqlite"
import { Effect, Layer, ManagedRuntime, Schedule } from "effect"
import * as Disk from "./Disk.ts"
import * as Report from "./Report.ts"
import { compare, type Figures, quantile, type Variant } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** Starts the program once and answers after how many milliseconds it ran. */
type Start = () => Promise<number>

// rules -----------------------------------------------------------------------

/** A program that says when it runs, in nanoseconds since 1970. */
const program = ["/bin/date", "+%s%N"] as const

const now = (): number => performance.timeOrigin + performance.now()

const since = (start: number, said: string): number => Number(said.trim()) / 1e6 - start

// operations ------------------------------------------------------------------

const bare: Start = async () => {
  const [name, ...args] = program
  const start = now()
  const child = spawn(name, args, { stdio: ["ignore", "pipe", "ignore"] })
  return since(start, await text(child.stdout))
}

const compose = (folder: string) => {
  const runners = Layer.effect(
    AgentRunner.AgentRunners,
    Effect.map(
      CommandRunner.make({ baseFolder: folder, outputFolder: join(folder, "runs") }),
      (runner) => new Map([[runner.name, runner]])
    )
  ).pipe(Layer.provide(Supervisor.layer()))
  const foreman = Foreman.layer({ mode: "open" }).pipe(
    Layer.provideMerge(SqliteStore.layer({ filename: join(folder, "foreman.db") })),
    Layer.provideMerge(ArtifactFolder.layer({ root: join(folder, "artifacts") })),
    Layer.provideMerge(runners),
    Layer.provideMerge(Workspaces.layer({ root: join(folder, "workspaces") }))
  )
  return Layer.provideMerge(Reactors.layer({ ...Reactors.defaults, holder: "benchmark" }), foreman)
}

/** A team with one agent and no repository: a workspace is an empty folder. */
const open = async (folder: string) => {
  const runtime = ManagedRuntime.make(compose(folder))
  const asOperator = Effect.provideService(Authorization.CurrentActor, Actor.operator)
  const { client } = await runtime.runPromise(Foreman)
  const teamId = await runtime.runPromise(
    asOperator(
      Effect.gen(function* () {
        const slug = "acme" as Identifier.Slug // As: it is one.
        const { id: orgId } = yield* client.createOrganization({ name: "Acme", slug })
        const { id } = yield* client.createTeam({ orgId, name: "Web", slug })
        yield* client.updateTeamSettings({ teamId: id, delivery: "direct" })
        const config = { runner: "command", command: [...program] }
        yield* client.createAgent({ teamId: id, name: "one", role: "engineer", model: "m", config })
        return id
      })
    )
  )
  const task = {
    teamId,
    title: "Tell the time",
    description: "",
    priority: "medium",
    dependsOn: [],
    repoIds: [],
    tags: [],
    metadata: {}
  } as const
  const once = Effect.gen(function* () {
    const { id: taskId } = yield* client.createTask(task)
    const start = now()
    const ended = client.listTaskRuns({ taskId, limit: 1 }).pipe(
      Effect.flatMap(({ items: [run] }) =>
        run === undefined || run.endedAt === null ? Effect.fail("not yet") : Effect.succeed(run)
      ),
      Effect.retry({ schedule: Schedule.spaced("5 millis"), times: 2000 })
    )
    const { answer } = yield* ended
    return since(start, answer ?? "")
  })
  const start: Start = () => runtime.runPromise(asOperator(once))
  return { start, close: () => runtime.dispose() }
}

const measure = async (start: Start, count: number): Promise<Figures> => {
  const times: Array<number> = []
  for (let turn = 0; turn < count; turn++) times.push(await start())
  return { "p50 ms": quantile(times, 0.5), "p99 ms": quantile(times, 0.99) }
}

const main = async (folder: string, options: Report.Options): Promise<void> => {
  const foreman = await open(folder)
  const count = options.isShort ? 20 : 60
  const variants: ReadonlyArray<Variant> = [
    { name: "bare spawn", measure: () => measure(bare, count) },
    { name: "Foreman's command runner", measure: () => measure(foreman.start, count) }
  ]
  const series = await compare(variants, options.rounds)
  await foreman.close()
  Report.print(
    {
      title: "Start: from a ready task to its agent's process",
      compares:
        "the time from the acknowledged create_task until the agent's program reads the clock\n" +
        "  (dispatch, folder, run recorded, process under its supervisor), with that of a bare spawn.",
      comparesNot: "a repository's worktree, a busy system, or the end of a run.",
      fdatasync: Disk.fdatasync(folder),
      tables: [{ name: "start", series }],
      targets: [
        {
          table: "start",
          variant: "Foreman's command runner",
          figure: "p50 ms",
          bound: "at most",
          beyond: 10
        }
      ]
    },
    options
  )
}

await Disk.withFolder((folder) => main(folder, Report.options()))
