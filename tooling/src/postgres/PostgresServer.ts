/**
 * A real PostgreSQL server for tests, measurements and demos: one's own, thrown away at the end.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Running, Wish } from "./Cluster.ts"
import type { Answer, Order } from "./keeper.ts"

// models ----------------------------------------------------------------------

/** How a server ends: politely, cutting connections, without a checkpoint, or killed. */
export type Mode = "smart" | "fast" | "immediate" | "kill"

/** A server that runs until it is stopped, or until this process ends in whatever way. */
export interface PostgresServer extends Omit<Running, "pid"> {
  /** The process that runs now; a restart changes it. */
  readonly pid: number
  /** Ends the server in this way and starts it again, at the same address. */
  readonly restart: (mode?: Mode) => Promise<void>
  /** Kills the server as a crash does; `restart` brings it back. */
  readonly kill: () => Promise<void>
  /** Ends the server and removes all that it has kept. */
  readonly stop: () => Promise<void>
}

// services --------------------------------------------------------------------

/**
 * Starts a server, as an account without rights where this process is root. `fsync` is on unless it
 * is turned off.
 */
export const startPostgres = async (wish: Wish = {}): Promise<PostgresServer> => {
  const keeper = fork(fileURLToPath(new URL("./keeper.ts", import.meta.url)), [], {
    execArgv: [],
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"]
  })
  // Who forgets it, or waits for nothing else, may end.
  keeper.unref()
  keeper.channel?.unref()
  let last: Promise<unknown> = Promise.resolve()
  const ask = (order: Order): Promise<Running | undefined> => {
    const answer = last.then(() => exchange(order))
    last = answer.catch(() => undefined)
    return answer
  }
  const exchange = async (order: Order): Promise<Running | undefined> => {
    keeper.channel?.ref()
    const over = new AbortController()
    const { signal } = over
    try {
      const ended = once(keeper, "exit", { signal }).then(() => [
        { problem: "its keeper has ended" }
      ])
      const answered = once(keeper, "message", { signal })
      keeper.send(order, () => undefined)
      // As: the keeper sends nothing else.
      const [answer] = (await Promise.race([answered, ended])) as [Answer]
      if ("problem" in answer) throw new Error(answer.problem)
      return answer.running
    } finally {
      // Whichever of the two is still waited for ends by this.
      over.abort()
      keeper.channel?.unref()
    }
  }
  const stop = async (): Promise<void> => {
    await last
    if (keeper.exitCode !== null || keeper.signalCode !== null) return
    keeper.ref()
    const over = once(keeper, "exit")
    if (keeper.connected) keeper.disconnect()
    // A keeper that has not heard it hears this.
    const again = setTimeout(() => keeper.kill("SIGTERM"), 20_000)
    await over
    clearTimeout(again)
  }
  const start = async (order: Order): Promise<Running> => {
    const running = await ask(order)
    if (running === undefined) throw new Error("its keeper answered nothing")
    return running
  }
  try {
    return serverOf(await start({ make: wish }), start, ask, stop)
  } catch (cause) {
    await stop()
    throw cause
  }
}

// internal --------------------------------------------------------------------

const signals = {
  smart: "SIGTERM",
  fast: "SIGINT",
  immediate: "SIGQUIT",
  kill: "SIGKILL"
} as const

const serverOf = (
  first: Running,
  start: (order: Order) => Promise<Running>,
  ask: (order: Order) => Promise<Running | undefined>,
  stop: () => Promise<void>
): PostgresServer => {
  let { pid } = first
  return {
    ...first,
    get pid() {
      return pid
    },
    restart: async (mode = "fast") => {
      await ask({ end: signals[mode] })
      pid = (await start({ start: true })).pid
    },
    kill: async () => void (await ask({ end: signals.kill })),
    stop
  }
}
