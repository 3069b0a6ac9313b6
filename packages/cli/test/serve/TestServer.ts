/**
 * The example server as a process of its own, in a folder of its own.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { createClient } from "@foreman/client"
import { onTestFinished } from "vitest"

const main = resolve(import.meta.dirname, "../../src/main.ts")

/** A folder that goes when the test ends. */
export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "foreman-server-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An agent of this text, executable. */
export const makeAgent = (folder: string, name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return path
}

/** Starts the server without waiting for it. */
export const launch = (
  folder: string,
  environment: Readonly<Record<string, string>> = {}
): ChildProcess => {
  const child = spawn(process.execPath, ["--conditions=@foreman/source", main, "serve"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      XDG_STATE_HOME: join(folder, "state"),
      FOREMAN_HTTP_ADDR: "127.0.0.1:0",
      FOREMAN_LOG_LEVEL: "error",
      ...environment
    }
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  return child
}

/** Starts the server and waits until it is ready. */
export const start = async (folder: string, environment?: Readonly<Record<string, string>>) => {
  const child = launch(folder, environment)
  const url = await readyUrl(child)
  const token = readFileSync(join(folder, ".foreman", "token"), "utf8").trim()
  const foreman = createClient({ url, token })
  onTestFinished(() => foreman.close())
  return { child, foreman, token, url }
}

/** How a process ends: its exit code and all it wrote. */
export const endOf = async (child: ChildProcess) => {
  const output = { stdout: "", stderr: "" }
  child.stdout?.on("data", (bytes) => (output.stdout += String(bytes)))
  child.stderr?.on("data", (bytes) => (output.stderr += String(bytes)))
  const [code, signal] =
    child.exitCode === null && child.signalCode === null
      ? await once(child, "close")
      : [child.exitCode, child.signalCode]
  return { code, signal, ...output }
}

/** Whether a process lives. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const readyUrl = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) throw new Error("The server has no output")
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    const [, url] = /^foreman ready (\S+)$/.exec(line) ?? []
    if (url !== undefined) return url
  }
  throw new Error("The server ended before it was ready")
}
