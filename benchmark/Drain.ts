/**
 * Work that lies ready, and workers that take all of it: how many handlers begin in a second.
 *
 * @since 0.1.0
 */
import { setTimeout as sleep } from "node:timers/promises"
import * as Processes from "./Processes.ts"
import type { Figures } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** Something that keeps work and has workers for it, in one process. */
export interface Drainer {
  /** Makes so many pieces of work ready while nobody takes any. */
  readonly fill: (count: number) => Promise<void>
  /** Starts the workers; `take` is called when a handler begins. What is answered ends them. */
  readonly start: (take: () => void) => Promise<() => Promise<void>>
  /** How many pieces of work are not done. */
  readonly left: () => Promise<number>
  readonly close: () => Promise<void>
}

/** A program that drains, and the address of its database. */
export interface Way {
  readonly name: string
  readonly program: string
  readonly url: string
  /** What it is told beside that. */
  readonly args: ReadonlyArray<string>
}

interface Drained {
  readonly first: number
  readonly last: number
  /** Milliseconds of processor time that the process of the workers has used. */
  readonly used: number
}

// operations ------------------------------------------------------------------

/** Serves a drainer. */
export const serve = (drainer: Drainer): void =>
  Processes.serve(
    { ready: async () => true, drain: (input) => drain(drainer, Number(input)) },
    drainer.close
  )

/** Opens a way: its process, and the measuring of it. */
export const open = async ({ args, name, program, url }: Way) => {
  const process = await Processes.start(program, "drainer", url, ...args)
  await process.ask("ready")
  const measure = async (count: number, serverUsed: () => number): Promise<Figures> => {
    // As: the other side is `serve`, above.
    const before = serverUsed()
    const { first, last, used } = (await process.ask("drain", count)) as Drained
    return {
      "starts/s": ((count - 1) / (last - first)) * 1000,
      "CPU ms each": used / count,
      "server CPU ms each, filling too": (serverUsed() - before) / count
    }
  }
  return { name, measure, close: process.end }
}

// internal --------------------------------------------------------------------

const drain = async (drainer: Drainer, count: number): Promise<Drained> => {
  await drainer.fill(count)
  const used = Processes.usedMilliseconds()
  const taken: Array<number> = []
  const all = Promise.withResolvers<void>()
  const stop = await drainer.start(() => {
    taken.push(Processes.now())
    if (taken.length >= count) all.resolve()
  })
  await Promise.race([all.promise, sleep(120_000, undefined, { ref: false })])
  // What the last ones leave behind is written before the workers end.
  for (const end = Processes.now() + 10_000; (await drainer.left()) > 0;) {
    if (Processes.now() > end) throw new Error(`${await drainer.left()} of ${count} are not done`)
    await sleep(10)
  }
  await stop()
  if (taken.length !== count) throw new Error(`${taken.length} handlers began instead of ${count}`)
  return {
    first: taken[0] ?? Number.NaN,
    last: taken.at(-1) ?? Number.NaN,
    used: Processes.usedMilliseconds() - used
  }
}
