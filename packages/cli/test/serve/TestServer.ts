/**
 * `foreman serve` as a process of its own, in a folder of its own.
 */
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { createClient } from "@foreman/client"
import { onTestFinished } from "vitest"
import * as TestCli from "../TestCli.ts"

export { makeAgent, makeFolder } from "../TestCli.ts"

/** Starts the server without waiting for it. */
export const launch = (
  folder: string,
  environment: Readonly<Record<string, string>> = {}
): ChildProcess =>
  TestCli.start(folder, ["serve"], {
    FOREMAN_HTTP_ADDR: "127.0.0.1:0",
    FOREMAN_LOG_LEVEL: "error",
    ...environment
  })

/** Starts the server and waits until it is ready. */
export const start = async (folder: string, environment?: Readonly<Record<string, string>>) => {
  const child = launch(folder, environment)
  const url = await TestCli.readyUrl(child)
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
