/**
 * The program of the guardian: a process that outlives its control plane by a moment, to end what that
 * one started.
 *
 * Its arguments are the control plane's mark and start time: it knows them however soon that one ends.
 * It reads lines from its input: `watch <pid> <start time>`, `forget <pid>`. When the input ends, so has
 * the control plane, whatever ended it: the guardian ends every tree it was told of and everything that
 * carries the mark, then itself.
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
const [marker = "", since = "0"] = process.argv.slice(2)

const lines = createInterface({ input: process.stdin })

lines.on("line", (line) => {
  const [word, first, second] = line.split(" ")
  if (word === "watch") watched.set(Number(first), Number(second))
  else if (word === "forget") watched.delete(Number(first))
})

// A broken input is an ended one.
process.stdin.on("error", () => lines.close())

lines.once("close", () => {
  const roots = Array.from(watched, ([pid, startTime]) => ({ pid, startTime }))
  end({ roots, marker, since: Number(since) }, { graceMillis }).then(
    () => process.exit(0),
    () => process.exit(1)
  )
})
