/**
 * What the doctor sees of human requests: that each ends once, and how.
 *
 * @internal
 */
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Row } from "../ports/Driver.ts"
import type { Tally } from "./DoctorTally.ts"

// services --------------------------------------------------------------------

/** Begins an account of human requests. */
export const makeRequests = (tally: Tally): ((event: DomainEvent, place: string) => void) => {
  const pending = new Set<number>()
  return (event, place) => {
    if (event.type === "human_request.created") {
      pending.add(event.data.requestId)
      return
    }
    if (event.type !== "human_request.resolved" && event.type !== "human_request.expired") return
    const wasPending = pending.delete(event.data.requestId)
    tally.judge("I-73", place, wasPending ? undefined : "ends a request that waits no more")
  }
}

/** What is wrong with the row of a human request: each status has what belongs to it. */
export const problemOf = (row: Row): string | undefined => {
  const has = (column: string) => (row[column] ?? null) !== null
  const expected = columns[String(row["status"])]
  if (expected === undefined) return "has a status that is none"
  const isPending = row["status"] === "pending"
  if (row["is_pending"] !== isPending) return "waits otherwise than its status says"
  const wrong = ends.find((column) => has(column) !== expected.includes(column))
  if (wrong === undefined) return undefined
  return `is ${String(row["status"])} ${has(wrong) ? "with" : "without"} ${wrong}`
}

// internal --------------------------------------------------------------------

const ends = ["response", "responded_by", "reason", "resolved_at"]

const columns: Readonly<Record<string, ReadonlyArray<string>>> = {
  pending: [],
  resolved: ["response", "responded_by", "resolved_at"],
  expired: ["reason", "resolved_at"]
}
