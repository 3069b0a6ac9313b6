/**
 * The program of the guardian: a process that outlives its control plane by a moment, to end what that
 * one started.
 *
 * It reads lines from its input: `supervise <marker> <since>`, `watch <pid> <start time>`,
 * `forget <pid>`. When the input ends, so has the control plane, whatever ended it: the guardian ends
 * every tree it was told of and everything that carries the control plane's mark, then itself.
 *
 * @since 0.1.0
 */
import { createInterface } from "node:readline"

import { end } from "./ending.ts"

// services --------------------------------------------------------------------

// It answers for others, so it does not end with them on Ctrl-C or at the end of a login.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => undefined)

const graceMillis = 500
const watched = new Map<number, number>()
let marker = ""
let since = 0

const lines = createInterface({ input: process.stdin })

lines.on("line", (line) => {
  const [word, first, second] = line.split(" ")
  if (word === "supervise") {
    marker = first ?? ""
    since = Number(second)
  } else if (word === "watch") watched.set(Number(first), Number(second))
  else if (word === "forget") watched.delete(Number(first))
})

// A broken input is an ended one.
process.stdin.on("error", () => lines.close())

lines.once("close", () => {
  const roots = Array.from(watched, ([pid, startTime]) => ({ pid, startTime }))
  end({ roots, marker, since }, { graceMillis }).then(
    () => process.exit(0),
    () => process.exit(1)
  )
})
