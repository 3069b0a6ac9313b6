/**
 * The processes of a Linux machine, read from `/proc`.
 *
 * @since 0.1.0
 */
import { readdirSync, readFileSync } from "node:fs"
import { setImmediate } from "node:timers/promises"

import type { ProcessRow, ProcessTable } from "./processTable.ts"

// services --------------------------------------------------------------------

export const linuxTable: ProcessTable = {
  read: (pid) => parse(pid, readText(`/proc/${pid}/stat`)),

  // Reading a row takes some 15 us and blocks, so a machine with many processes is read in slices.
  list: async () => {
    const rows: Array<ProcessRow> = []
    let seen = 0
    for (const name of readdirSync("/proc")) {
      const pid = Number(name)
      if (!Number.isInteger(pid)) continue
      seen += 1
      if (seen % slice === 0) await setImmediate()
      const row = linuxTable.read(pid)
      if (row !== undefined) rows.push(row)
    }
    return rows
  },

  // The environment is empty for a moment while a process replaces its program.
  marked: (pid, marker) => {
    const environment = readText(`/proc/${pid}/environ`)
    if (environment === undefined) return "no"
    if (environment === "") return "unclear"
    return environment.includes(marker) ? "yes" : "no"
  },

  bootId: () => readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "unknown"
}

// internal --------------------------------------------------------------------

const slice = 128
const kernelThread = 0x0020_0000
const absent: ReadonlySet<string> = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM"])

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, "latin1")
  } catch (error) {
    // Gone, or of another user: either way it is none that this process could end. Anything else, as
    // too many open files, must not look as if the process had ended.
    const code = error instanceof Error && "code" in error ? error.code : undefined
    if (typeof code === "string" && absent.has(code)) return undefined
    throw error
  }
}

// The name in parentheses may hold anything, parentheses included, so the fields begin after the last
// one. Of a dead leader whose threads still run the state is Z too, with more than one thread.
const parse = (pid: number, text: string | undefined): ProcessRow | undefined => {
  if (text === undefined) return undefined
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  if ((Number(fields[6]) & kernelThread) !== 0) return undefined
  const hasEnded = fields[0] === "Z" || fields[0] === "X"
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTime: Number(fields[19]),
    isAlive: !hasEnded || Number(fields[17]) > 1
  }
}
