/**
 * One kind of chaos: a store, nodes, clients, faults, and the verdict.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import * as Checker from "./Checker.ts"
import * as Clients from "./Clients.ts"
import * as History from "./History.ts"
import * as Nodes from "./Nodes.ts"
import type { PostgresServer } from "../../tooling/src/postgres/PostgresServer.ts"
import type { Settings } from "./Protocol.ts"
import type { Random } from "./Random.ts"
import * as Stores from "./Stores.ts"
import * as World from "./World.ts"

// models ----------------------------------------------------------------------

/** What a scenario is given. */
export interface Stage {
  readonly folder: string
  readonly random: Random
  /** How long faults go on. */
  readonly seconds: number
  readonly isShort: boolean
  /** The store of the clients' nodes, as `Stores.layer` takes it. */
  readonly store: string
  /** Where the checker looks, past all proxies. */
  readonly direct: string
  /** How many tasks are contested. */
  readonly dispatches: number
  /** The server of the store, if it has one. */
  readonly server: PostgresServer | undefined
  readonly say: (line: string) => void
}

/** How a scenario is set up, where it differs from the usual. */
export interface Cast {
  readonly nodes?: ReadonlyArray<string>
  readonly writers?: number
  readonly pauseMillis?: number
  readonly agents?: number
  readonly workMillis?: number
  readonly ttlMillis?: number
  readonly maxConcurrent?: number
  readonly storeOf?: (node: string) => string
}

/** What a scenario can act upon while the writers write. */
export interface Scene {
  readonly nodes: Nodes.Nodes
  readonly clients: Clients.Clients
  readonly world: World.World
  /** Counts a fault that was done, and says how many of it there have been. */
  readonly count: (fault: string) => number
  /** A holder that was frozen past its lease. */
  readonly froze: (holder: string) => void
}

/** What came of a scenario. */
export interface Outcome {
  readonly faults: Readonly<Record<string, number>>
  readonly acknowledged: number
  readonly refused: number
  readonly ambiguous: number
  readonly repeated: number
  readonly events: number
  readonly examined: Readonly<Record<string, number>>
  readonly violations: ReadonlyArray<string>
}

/** Brings the faults about, and resolves when it is enough. */
export type Faults = (scene: Scene) => Promise<void>

// operations ------------------------------------------------------------------

/** Plays a scenario through: writers and followers at work, faults, rest, verdict. */
export const play = async (stage: Stage, cast: Cast, faults: Faults): Promise<Outcome> => {
  const { folder, random, store } = stage
  const template: Nodes.Template = (name) => ({
    ...defaults,
    ...settingsOf(cast),
    store: cast.storeOf?.(name) ?? store,
    folder
  })
  const nodes = await Nodes.start(cast.nodes ?? ["north", "south"], template)
  const clients = Clients.make(nodes, { folder, random })
  const done: Record<string, number> = {}
  const frozen: Array<string> = []
  const count = (fault: string) => (done[fault] = (done[fault] ?? 0) + 1)
  try {
    const founder = clients.make("founder")
    const world = await World.make(founder, cast.agents ?? 6)
    clients.follow("follower-one", world.organization, false)
    clients.follow("follower-two", world.organization, false)
    clients.follow("follower-of-all", world.organization, true)
    const writers = World.write(clients, world, cast.writers ?? 8, cast.pauseMillis ?? 5)
    const scene = { nodes, clients, world, count, froze: (holder: string) => frozen.push(holder) }
    try {
      await faults(scene)
    } finally {
      stage.say("faults are over, waiting for rest")
      await writers.stop()
    }
    const isSettled = await World.settle(clients, nodes, world, 60_000)
    return await judge(stage, { clients, nodes, world, frozen, done, isSettled })
  } finally {
    clients.stop()
    await nodes.killAll()
  }
}

// internal --------------------------------------------------------------------

const defaults = {
  dispatch: true,
  maxConcurrent: 4,
  ttlMillis: 2_000,
  workMillis: 60
} as const

const settingsOf = ({ maxConcurrent, ttlMillis, workMillis }: Cast): Partial<Settings> => ({
  ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
  ...(ttlMillis === undefined ? {} : { ttlMillis }),
  ...(workMillis === undefined ? {} : { workMillis })
})

interface Rest {
  readonly clients: Clients.Clients
  readonly nodes: Nodes.Nodes
  readonly world: World.World
  readonly frozen: ReadonlyArray<string>
  readonly done: Readonly<Record<string, number>>
  readonly isSettled: boolean
}

const judge = async (stage: Stage, rest: Rest): Promise<Outcome> => {
  const { clients, done, frozen, isSettled, nodes, world } = rest
  const before = await Stores.eventsOf(stage.direct, world.organization)
  await World.caughtUp(clients, before.length, 20_000)
  clients.stop()
  await nodes.endAll()
  const events = await Stores.eventsOf(stage.direct, world.organization)
  const commands = clients.commands()
  const verdict = Checker.check({
    events,
    commands,
    reads: clients.reads(),
    followed: clients.followed(),
    starts: History.read<History.Start>(join(stage.folder, "starts.jsonl")),
    frozen,
    recorded: ["operator", "agent", "user"]
  })
  const report = await Stores.examine(stage.direct)
  const violations = [
    ...verdict.violations.map(({ detail, rule }) => `${rule}: ${detail}`),
    ...report.findings.flatMap(({ id, samples }) =>
      samples.map(({ detail, place }) => `doctor ${id}: ${place} ${detail}`)
    ),
    ...(clients.silences() === 0 ? [] : [`silent: ${clients.silences()} answers never came`]),
    ...(isSettled ? [] : ["stuck: tasks of agents were not all done within 60 s"])
  ]
  const having = (outcome: History.Outcome) => commands.filter((one) => one.outcome === outcome)
  return {
    faults: done,
    acknowledged: having("ok").length,
    refused: having("fail").length,
    ambiguous: having("info").length,
    repeated: commands.filter(({ tries }) => tries > 1).length,
    events: events.length,
    examined: { ...verdict.examined, doctor: examinedBy(report) },
    violations
  }
}

const examinedBy = ({ findings }: Awaited<ReturnType<typeof Stores.examine>>) =>
  findings.reduce((sum, { examined }) => sum + examined, 0)
