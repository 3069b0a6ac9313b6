/**
 * Work that one process sends and another one takes: when it was sent, when it was durable, when its
 * handler began.
 *
 * @since 0.1.0
 */
import { setTimeout as sleep } from "node:timers/promises"
import * as Processes from "./Processes.ts"
import { type Figures, quantile } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** A piece of work: before it was sent, and after its commit was acknowledged. */
interface Sent {
  readonly key: string
  readonly called: number
  readonly committed: number
}

/** A handler that has begun. */
interface Taken {
  readonly key: string
  readonly at: number
}

/** How much is sent, and how fast. */
interface Amount {
  readonly count: number
  readonly perSecond: number
}

/** The side that sends. */
export interface Producer {
  /** Sends the piece of work with that number and answers its key once it is durable. */
  readonly send: (number: number) => Promise<string>
  readonly close: () => Promise<void>
}

/** The side that takes. `take` is called when a handler begins. */
export type Consume = (
  url: string,
  take: (key: string) => void
) => Promise<{ readonly close: () => Promise<void> }>

/** A way to hand work over: a program that serves both sides. */
export interface Way {
  readonly name: string
  readonly program: string
  readonly url: string
}

// operations ------------------------------------------------------------------

/** Serves whichever side this process is started as; its arguments are the side and an address. */
export const serve = async (
  produce: (url: string) => Promise<Producer>,
  consume: Consume
): Promise<void> => {
  const [side, url = ""] = process.argv.slice(2)
  if (side === "producer") {
    const producer = await produce(url)
    const send = (input: unknown) => sendAll(producer, input as Amount)
    return Processes.serve({ ready: async () => true, send }, producer.close)
  }
  const taken: Array<Taken> = []
  const consumer = await consume(url, (key) => taken.push({ key, at: Processes.now() }))
  Processes.serve({ ready: async () => true, taken: async () => taken.splice(0) }, consumer.close)
}

/** Opens a way: its two processes, and the measuring of it. */
export const open = async ({ name, program, url }: Way) => {
  // First who makes the tables, then who takes.
  const producer = await Processes.start(program, "producer", url)
  await producer.ask("ready")
  const consumer = await Processes.start(program, "consumer", url)
  await consumer.ask("ready")
  const measure = async (amount: Amount): Promise<Figures> => {
    // As: both sides are `serve`, above.
    const sent = (await producer.ask("send", amount)) as ReadonlyArray<Sent>
    const taken = new Map<string, number>()
    for (const end = Processes.now() + 10_000; taken.size < sent.length;) {
      for (const { at, key } of (await consumer.ask("taken")) as ReadonlyArray<Taken>) {
        if (taken.has(key)) throw new Error(`${name} began ${key} twice`)
        taken.set(key, at)
      }
      if (Processes.now() > end) throw new Error(`${name} took ${taken.size} of ${sent.length}`)
      await sleep(5)
    }
    const since = (from: (one: Sent) => number) =>
      sent.map((one) => (taken.get(one.key) ?? Number.NaN) - from(one))
    const [committed, called] = [since((one) => one.committed), since((one) => one.called)]
    return {
      "commit p50 ms": quantile(committed, 0.5),
      "commit p99 ms": quantile(committed, 0.99),
      "call p50 ms": quantile(called, 0.5),
      "call p99 ms": quantile(called, 0.99)
    }
  }
  const close = async () => {
    await consumer.end()
    await producer.end()
  }
  return { name, measure, close }
}

// internal --------------------------------------------------------------------

/** Sends at an even pace, each piece of work at its time whether the one before is done or not. */
const sendAll = async ({ send }: Producer, { count, perSecond }: Amount) => {
  const start = Processes.now()
  return await Promise.all(
    Array.from({ length: count }, async (_, number): Promise<Sent> => {
      // Not in step with what a millisecond's clock does.
      const due = start + ((number + (number % 7) / 10) * 1000) / perSecond
      await sleep(Math.max(0, due - Processes.now()))
      const called = Processes.now()
      const key = await send(number)
      return { key, called, committed: Processes.now() }
    })
  )
}
