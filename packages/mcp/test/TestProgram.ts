/**
 * The program `foreman-mcp` as a client starts it: a process with two pipes.
 */
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { onTestFinished } from "vitest"

/** The file that clients are told to start. */
export const program: string = fileURLToPath(new URL("../bin/foreman-mcp.js", import.meta.url))

/** The machine's own Node, if it is older than the one that the program needs. */
export const olderNode: string | undefined = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .map((folder) => join(folder, "node"))
  .find((node) => existsSync(node) && /^v2[01]\./.test(String(execFileSync(node, ["--version"]))))

/** A folder that is gone after the test. */
export const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "foreman-mcp-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** How to start the program. Its environment is nearly empty, as clients make it. */
export interface Start {
  readonly cwd: string
  readonly environment?: Readonly<Record<string, string>>
  readonly flags?: ReadonlyArray<string>
  readonly node?: string
  readonly program?: string
  /** A process whose output is the program's input, where that is to outlive the program. */
  readonly feeder?: ChildProcessByStdio<Writable, Readable, null>
}

/** Starts the program. What is left of it when the test is over is killed. */
export const start = (options: Start) => {
  const { cwd, environment = {}, flags = [], node = process.execPath } = options
  const child = spawn(node, [options.program ?? program, ...flags], {
    cwd,
    env: {
      HOME: cwd,
      PATH: "/usr/bin:/bin",
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      ...environment
    },
    stdio: [options.feeder?.stdout ?? "pipe", "pipe", "pipe"]
  })
  const { stderr, stdout } = child
  const input = options.feeder?.stdin ?? child.stdin
  if (input === null || stderr === null || stdout === null) throw new Error("There are no pipes")
  onTestFinished(() => void child.kill("SIGKILL"))
  const lines: Array<string> = []
  const waiting = new Map<unknown, (message: Message) => void>()
  createInterface({ input: stdout }).on("line", (line) => {
    lines.push(line)
    const message: Message = JSON.parse(line)
    waiting.get(message.id)?.(message)
  })
  let log = ""
  stderr.on("data", (chunk) => (log += String(chunk)))
  const closed = once(child, "close").then(([code, signal]) => ({
    code,
    signal,
    lines,
    // A busy machine makes any command slow, and the program is right to say so.
    log: log.replaceAll(/^.*Slow command .*\n/gm, "")
  }))
  const send = (message: object) =>
    void input.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  const ask = (method: string, params: object = {}) => {
    const { promise, resolve } = Promise.withResolvers<Message>()
    const id = waiting.size + 1
    waiting.set(id, resolve)
    send({ id, method, params })
    return promise
  }
  const clientInfo = { name: "test", version: "0" }
  return {
    child,
    input,
    closed,
    ask,
    call: async (name: string, input: object = {}) => {
      const { result } = await ask("tools/call", { name, arguments: input })
      return result.isError === true ? JSON.parse(result.content[0].text) : result.structuredContent
    },
    initialize: async () => {
      const asked = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo }
      const answer = await ask("initialize", asked)
      send({ method: "notifications/initialized" })
      return answer.result
    },
    /** Ends the stream to the program and waits for its end. */
    end: () => {
      input.end()
      return closed
    }
  }
}

interface Message {
  readonly jsonrpc: string
  readonly id: number
  // oxlint-disable-next-line typescript/no-explicit-any -- what a tool answers differs by tool
  readonly result: any
  readonly error?: object
}
