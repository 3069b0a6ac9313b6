/**
 * Bytes without end: an artifact of gigabytes is taken in and read again, and an agent writes a line of
 * one. It is the measure `bench:artifacts`, which says where the memory of the server is too much.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Outcome, Stage } from "./Scenario.ts"

// operations ------------------------------------------------------------------

/** Measures with 5 GB, or in the short form with 64 MB. */
export const run = async ({ isShort, say }: Stage): Promise<Outcome> => {
  const gigabytes = isShort ? "0.0625" : "5"
  const program = fileURLToPath(new URL("../../benchmark/artifacts.ts", import.meta.url))
  const flags = [
    "--conditions=@foreman/source",
    program,
    "--gigabytes",
    gigabytes,
    "--short",
    "--json"
  ]
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] })
  let text = ""
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", resolve)
  })
  if (code !== 0) return told({}, [`the measure ended with ${code ?? "a signal"}`])
  const { verdicts }: { readonly verdicts: ReadonlyArray<Verdict> } = JSON.parse(text)
  const missed = verdicts.filter(({ is }) => is !== "met")
  for (const { is, target } of verdicts) say(`${target.variant}, ${target.figure}: ${is}`)
  const words = missed.map(({ target }) => `${target.variant}, ${target.figure}: beyond its bound`)
  return told(
    { [`an artifact of ${gigabytes} GB`]: 1, "a line of 1 GB": 1 },
    words,
    verdicts.length
  )
}

// internal --------------------------------------------------------------------

interface Verdict {
  readonly is: string
  readonly target: { readonly variant: string; readonly figure: string }
}

const told = (
  faults: Outcome["faults"],
  violations: Outcome["violations"],
  bounds = 0
): Outcome => ({
  faults,
  acknowledged: 0,
  refused: 0,
  ambiguous: 0,
  repeated: 0,
  events: 0,
  examined: { bounds },
  violations
})
