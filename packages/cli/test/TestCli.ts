/**
 * The program `foreman` as a process of its own, in a folder of its own.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { onTestFinished } from "vitest"
import { compiled } from "../../../tooling/src/programs/TestProgram.ts"

/** The program, as the sources are now. */
export const program = await compiled(resolve(import.meta.dirname, "../src/main.ts"))

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A folder that goes when the test ends. */
export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "foreman-cli-"))
  // A process that was just killed may end a moment later than it is told to.
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  return folder
}

/** An agent of this text, executable. */
export const makeAgent = (folder: string, name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return path
}

/** What a process of a test has of the environment. */
export const environmentOf = (
  folder: string,
  more: Readonly<Record<string, string>> = {}
): Readonly<Record<string, string | undefined>> => ({
  PATH: process.env["PATH"],
  NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
  HOME: folder,
  XDG_STATE_HOME: join(folder, "state"),
  ...more
})

/** Starts the program. It ends with the test at the latest. */
export const start = (
  folder: string,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {}
): ChildProcess => {
  const child = spawn(process.execPath, ["--conditions=@foreman/source", program, ...args], {
    cwd: folder,
    env: environmentOf(folder, environment)
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  return child
}

/** All that a process writes, and how it ends. */
export const endOf = async (child: ChildProcess): Promise<Ended> => {
  const [out, err]: [Array<string>, Array<string>] = [[], []]
  child.stdout?.on("data", (bytes) => out.push(String(bytes)))
  child.stderr?.on("data", (bytes) => err.push(String(bytes)))
  const [code] = await once(child, "close")
  return { code, out: out.join(""), err: err.join("") }
}

/** Runs the program to its end. */
export const run = (
  folder: string,
  args: ReadonlyArray<string>,
  { environment, input }: Given = {}
): Promise<Ended> => {
  const child = start(folder, args, environment)
  // Who ends early reads no more.
  child.stdin?.on("error", () => undefined)
  child.stdin?.end(input ?? "")
  return endOf(child)
}

interface Given {
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
}

/** Starts a server in a folder, and waits until it is ready. */
export const serve = async (
  folder: string,
  args: ReadonlyArray<string> = [],
  environment: Readonly<Record<string, string>> = {}
): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
  const flags = ["serve", "--http-addr", "127.0.0.1:0", "--log-level", "error", ...args]
  const child = start(folder, flags, environment)
  return { child, url: await readyUrl(child) }
}

/** Where a server can be asked, as soon as it can be. */
export const readyUrl = async ({ stdout }: ChildProcess): Promise<string> => {
  if (stdout === null) throw new Error("The server has no output")
  for await (const line of createInterface({ input: stdout })) {
    const [, url] = /^foreman ready (\S+)$/.exec(line) ?? []
    if (url !== undefined) return url
  }
  throw new Error("The server ended before it was ready")
}
