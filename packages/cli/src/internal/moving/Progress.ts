/**
 * What is said of a store on its way: how far it is, to a person, and what was carried in the end.
 */
import type { Export } from "@foreman/core"
import { counted } from "../Counted.ts"

// services --------------------------------------------------------------------

/** Says on a terminal how far it is, a few times a second. Nothing is said to a file. */
export const make = (verb: string) => {
  const { stderr } = process
  let latest = 0
  return {
    tell: (summary: Export.Summary): void => {
      const now = performance.now()
      if (!stderr.isTTY || now - latest < intervalMillis) return
      latest = now
      stderr.write(`\r${verb} ${counted(summary.events, "event")}, ${megabytes(summary.bytes)}`)
    },
    /** Clears the line, if there is one. */
    end: (): void => {
      if (stderr.isTTY && latest > 0) stderr.write("\r\u001B[K")
    }
  }
}

/** What was carried, in words. */
export const wordsOf = ({
  artifacts,
  bytes,
  events,
  organizations,
  receipts
}: Export.Summary): string =>
  [
    counted(organizations, "organization"),
    counted(events, "event"),
    counted(receipts, "receipt"),
    counted(artifacts, "artifact"),
    megabytes(bytes)
  ].join(", ")

// internal --------------------------------------------------------------------

const intervalMillis = 200

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
