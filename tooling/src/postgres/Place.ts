/**
 * Where a server lives: a folder that nobody else can open, an account without rights, and the one
 * process that runs there.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomInt } from "node:crypto"
import { once } from "node:events"
import { open, readFile, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Account from "./Account.ts"

// models ----------------------------------------------------------------------

/** A folder, its account, and the process that runs there. */
export interface Place {
  readonly account: Account.Account
  readonly folder: string
  /** Runs a program of the account; what it says goes to the log. */
  readonly run: (program: string, args: ReadonlyArray<string>) => Promise<ChildProcess>
  /** The last lines of the log: they say why. */
  readonly lastWords: () => Promise<string>
  /** Sends the signal, then harder ones to a process that does not mind it, and waits for the end. */
  readonly end: (signal: NodeJS.Signals) => Promise<void>
  readonly remove: () => Promise<void>
}

// services --------------------------------------------------------------------

/** Makes the folder. Nothing runs yet. */
export const make = (environment: NodeJS.ProcessEnv): Place => {
  const account = Account.find()
  const folder = Account.makeFolder(account)
  const options = { ...account, cwd: folder, env: environmentOf(environment, folder) }
  let current: ChildProcess | undefined
  let isGone = false

  const run = async (program: string, args: ReadonlyArray<string>): Promise<ChildProcess> => {
    const log = await open(join(folder, "log"), "a")
    if (isGone) throw new Error("The server was ended before it was there")
    current = spawn(program, args, { ...options, stdio: ["ignore", log.fd, log.fd] })
    current.once("error", () => undefined)
    await log.close()
    return current
  }
  const lastWords = async (): Promise<string> => {
    const text = await readFile(join(folder, "log"), "utf8").catch(() => "")
    return text.trim().split("\n").slice(-5).join(" / ") || "it says nothing"
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (current === undefined) return
    const over = endOf(current)
    for (const one of [signal, "SIGQUIT", "SIGKILL"] as const) {
      current.kill(one)
      if ((await within(over, endMillis)) !== undefined) return
    }
    throw new Error(`The process ${current.pid} does not end`)
  }
  const remove = async (): Promise<void> => {
    isGone = true
    await end("SIGQUIT")
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
  return { account, folder, run, lastWords, end, remove }
}

/** How a process ends: its code or the signal. */
export const endOf = async (child: ChildProcess): Promise<number | string> => {
  if (isAlive(child)) await once(child, "exit")
  return child.exitCode ?? child.signalCode ?? "not started"
}

/** Whether a process has started and not ended. */
export const isAlive = ({ exitCode, pid, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null && pid !== undefined

/**
 * A port of loopback that is free, and that no connection takes while the server is away: it is below
 * those that are given to whoever connects.
 */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(20_000, 30_000)
    const server = createServer().listen(port, "127.0.0.1")
    const isFree = await once(server, "listening").then(
      () => true,
      () => false
    )
    if (!isFree) continue
    server.close()
    await once(server, "close")
    return port
  }
  throw new Error("There is no free port on 127.0.0.1")
}

// internal --------------------------------------------------------------------

/** How long a process may take to end before it is told harder. */
const endMillis = 15_000

/** Little enough that no setting of this user reaches the server. */
const environmentOf = (environment: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv => {
  const mark = environment["CI_RUN_MARK"]
  return {
    PATH: environment["PATH"] ?? "",
    LC_ALL: "C",
    TMPDIR: folder,
    // Lets whoever runs this find what it has left behind.
    ...(mark === undefined ? {} : { CI_RUN_MARK: mark })
  }
}

const within = async <A>(promise: Promise<A>, millis: number): Promise<A | undefined> => {
  const timer = new AbortController()
  const late = sleep(millis, undefined, { signal: timer.signal }).catch(() => undefined)
  const first = await Promise.race([promise, late])
  timer.abort()
  return first
}
