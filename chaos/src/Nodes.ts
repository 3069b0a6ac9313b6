/**
 * The nodes that share a store, and the faults that befall them.
 *
 * @since 0.1.0
 */
import { setTimeout } from "node:timers/promises"
import * as ForemanNode from "./ForemanNode.ts"
import type { Settings } from "./Protocol.ts"
import type { Random } from "./Random.ts"

// models ----------------------------------------------------------------------

/** Some nodes on one store. */
export interface Nodes {
  /** One that lives, whichever; waits for one. */
  readonly some: (random: Random) => Promise<ForemanNode.ForemanNode>
  readonly alive: () => ReadonlyArray<ForemanNode.ForemanNode>
  /** Kills a node with `kill -9` and starts it anew after a while. */
  readonly restart: (name: string, pauseMillis: number) => Promise<void>
  readonly endAll: () => Promise<void>
  readonly killAll: () => Promise<void>
}

/** All settings of a node but what differs from start to start. */
export type Template = (name: string) => Omit<Settings, "name" | "holder">

// operations ------------------------------------------------------------------

/** Waits. */
export const pause = (millis: number): Promise<void> => setTimeout(millis)

/** Starts nodes of these names at once. */
export const start = async (names: ReadonlyArray<string>, template: Template): Promise<Nodes> => {
  const nodes = new Map<string, ForemanNode.ForemanNode>()
  let starts = 0
  const launch = async (name: string) => {
    starts += 1
    const settings = { ...template(name), name, holder: `${name}/${starts}` }
    nodes.set(name, await ForemanNode.start(settings))
  }
  await Promise.all(names.map(launch))
  const alive = () => [...nodes.values()].filter((node) => node.isAlive())
  return {
    alive,
    some: async (random) => {
      for (let tries = 0; tries < 600; tries++) {
        const node = random.pick(alive())
        if (node !== undefined) return node
        await pause(100)
      }
      throw new Error("no node lives")
    },
    restart: async (name, pauseMillis) => {
      await nodes.get(name)?.kill()
      await pause(pauseMillis)
      await again(() => launch(name))
    },
    endAll: async () => void (await Promise.all(alive().map((node) => node.end()))),
    killAll: async () => void (await Promise.all(alive().map((node) => node.kill())))
  }
}

// internal --------------------------------------------------------------------

/** The store may be away at that moment. */
const again = async (launch: () => Promise<void>) => {
  for (let tries = 1; ; tries++) {
    try {
      return await launch()
    } catch (cause) {
      if (tries >= 20) throw cause
      await pause(500)
    }
  }
}
