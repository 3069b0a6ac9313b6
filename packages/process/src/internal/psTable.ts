/**
 * The processes of a machine without `/proc`, macOS first, read from `ps`.
 *
 * It sees less: start times in seconds, no environment, and the process group in the place of the
 * session. A descendant that leaves its group and whose parent has ended is not found.
 *
 * @since 0.1.0
 */
import { execFile, spawnSync } from "node:child_process"

import type { ProcessRow, ProcessTable } from "./processTable.ts"

// services --------------------------------------------------------------------

export const psTable: ProcessTable = {
  read: (pid) => parse(spawnSync("ps", ["-p", String(pid), ...columns], options).stdout ?? "")[0],

  list: () =>
    new Promise((resolve, reject) => {
      execFile("ps", ["-ax", ...columns], options, (error, stdout) =>
        error === null ? resolve(parse(stdout)) : reject(error)
      )
    }),

  marked: () => "no",

  bootId: () => {
    const { stdout } = spawnSync("sysctl", ["-n", "kern.bootsessionuuid"], options)
    return stdout?.trim() || "unknown"
  }
}

// internal --------------------------------------------------------------------

const columns = ["-o", "pid=,ppid=,pgid=,stat=,lstart="]

const options = {
  encoding: "utf8",
  env: { PATH: "/bin:/usr/bin:/sbin:/usr/sbin", LC_ALL: "C", TZ: "UTC" },
  maxBuffer: 64 * 1024 * 1024,
  timeout: 5_000
} as const

const parse = (text: string): ReadonlyArray<ProcessRow> =>
  text.split("\n").flatMap((line) => {
    const fields = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line)
    if (fields === null) return []
    const [, pid, parent, group, state, started] = fields
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        session: Number(group),
        startTime: Date.parse(`${started} UTC`) / 1_000,
        isAlive: !state?.startsWith("Z")
      }
    ]
  })
