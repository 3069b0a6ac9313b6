/**
 * What the scripts that move stores say: progress to a person, results to whoever asked.
 */
import type { Export } from "@foreman/core"

// services --------------------------------------------------------------------

/** Says on a terminal how far it is, a few times a second. Nothing is said to a file. */
export const makeProgress = (verb: string) => {
  const { stderr } = process
  let latest = 0
  return (summary: Export.Summary): void => {
    const now = performance.now()
    if (!stderr.isTTY || now - latest < intervalMillis) return
    latest = now
    stderr.write(`\r${verb} ${summary.events} events, ${megabytes(summary.bytes)}`)
  }
}

/** Ends the line of the progress, if there is one. */
export const endProgress = (): void => {
  if (process.stderr.isTTY) process.stderr.write("\r\u001B[K")
}

/** What was carried, in words. */
export const wordsOf = ({ artifacts, bytes, events, organizations, receipts }: Export.Summary) =>
  `${organizations} organizations, ${events} events, ${receipts} receipts, ` +
  `${artifacts} artifacts, ${megabytes(bytes)}`

// internal --------------------------------------------------------------------

const intervalMillis = 200

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
