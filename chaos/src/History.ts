/**
 * What clients saw: every command with its answer, every read, every position of a feed, and every
 * agent that was started. The stored data cannot show an answer that was given and then lost; this
 * can.
 *
 * Instants are microseconds of the machine's monotonic clock, which all processes share.
 *
 * @since 0.1.0
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs"

// models ----------------------------------------------------------------------

/** `ok`: it was acknowledged. `fail`: it was refused. `info`: nobody knows. */
export type Outcome = "ok" | "fail" | "info"

/** A command of a client under its key, however often it had to be sent. */
export interface Command {
  readonly kind: "command"
  readonly client: string
  readonly key: string
  readonly name: string
  /** The type of the event that the command writes exactly once; several that it may be part by `|`. */
  readonly writes: string
  readonly task?: number | undefined
  readonly outcome: Outcome
  readonly code?: string | undefined
  readonly tries: number
  readonly invoked: number
  readonly returned: number
}

/** A look at a task's title, which is the value of whoever wrote it last. */
export interface Read {
  readonly kind: "read"
  readonly client: string
  readonly task: number
  readonly title: string
  readonly invoked: number
  readonly returned: number
}

/** What a follower of an organisation was handed, in the order in which it came. */
export interface Followed {
  readonly follower: string
  readonly positions: ReadonlyArray<number>
}

/** An agent that was started for a run, written before it did anything. */
export interface Start {
  readonly kind: "start"
  readonly node: string
  readonly runId: string
  readonly taskId: number
  readonly at: number
}

// operations ------------------------------------------------------------------

/** Now, on the clock that all processes of the machine share. */
export const now = (): number => Number(process.hrtime.bigint() / 1000n)

/** Adds lines to a file; what was added outlives the process, not the machine. */
export const append = (path: string, entries: ReadonlyArray<object>): void =>
  appendFileSync(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""))

/** The lines of a file. A last one that its writer did not finish does not count. */
export const read = <Entry>(path: string): ReadonlyArray<Entry> => {
  if (!existsSync(path)) return []
  const text = readFileSync(path, "utf8")
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n")
  // As: `append` wrote them.
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Entry)
}
