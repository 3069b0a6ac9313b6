/**
 * Processes that a benchmark asks to do things, each in a program of its own.
 *
 * A process ends when it is told to, and when whoever started it is gone.
 *
 * @since 0.1.0
 */
import { fork } from "node:child_process"
import { once } from "node:events"

// models ----------------------------------------------------------------------

/** A process that answers. */
export interface Process {
  readonly pid: number
  /** Asks for something by name. What fails over there fails here. */
  readonly ask: (name: string, input?: unknown) => Promise<unknown>
  readonly end: () => Promise<void>
}

/** What a process does when it is asked. */
export type Handlers = Readonly<Record<string, (input: unknown) => Promise<unknown>>>

interface Request {
  readonly id: number
  readonly name: string
  readonly input: unknown
}

interface Reply {
  readonly id: number
  readonly output?: unknown
  readonly problem?: string
}

// operations ------------------------------------------------------------------

/** Starts a program of this folder under the flags of this process. */
export const start = async (program: string, ...args: ReadonlyArray<string>): Promise<Process> => {
  const child = fork(new URL(program, import.meta.url), [...args], { serialization: "advanced" })
  await once(child, "spawn")
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let asked = 0
  child.on("message", (message) => {
    // As: the other side is `serve`, below.
    const { id, output, problem } = message as Reply
    const asker = waiting.get(id)
    waiting.delete(id)
    if (problem === undefined) asker?.resolve(output)
    else asker?.reject(new Error(`${program}: ${problem}`))
  })
  child.on("exit", (code, signal) => {
    const problem = new Error(`${program} ended with ${code ?? signal}`)
    for (const asker of waiting.values()) asker.reject(problem)
  })
  return {
    pid: child.pid ?? 0,
    ask: (name, input) => {
      const asker = Promise.withResolvers<unknown>()
      const id = ++asked
      waiting.set(id, asker)
      child.send({ id, name, input } satisfies Request)
      return asker.promise
    },
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, "exit")
      child.disconnect()
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000)
      await exited
      clearTimeout(late)
    }
  }
}

/** Answers whoever started this process. `close` is run before the process ends. */
export const serve = (handlers: Handlers, close: () => Promise<void>): void => {
  const answer = async ({ id, input, name }: Request): Promise<Reply> => {
    try {
      return { id, output: await handlers[name]?.(input) }
    } catch (cause) {
      return {
        id,
        problem: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
      }
    }
  }
  process.on("message", (message) => {
    // As: the other side is `start`, above.
    void answer(message as Request).then((reply) => process.connected && process.send?.(reply))
  })
  process.once("disconnect", () => {
    setTimeout(() => process.exit(1), 8_000).unref()
    void close().then(
      () => process.exit(0),
      () => process.exit(1)
    )
  })
}

/** Milliseconds of a clock that all processes of this machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6

/** Milliseconds of processor time that this process has used. */
export const usedMilliseconds = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}
