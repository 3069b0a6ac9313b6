/**
 * What the doctor sees of approvals: that each ends once, that nothing is asked twice at a time, that
 * nothing begins while it waits, and that people decide.
 *
 * @internal
 */
import type { DomainEvent } from "../events/EventTypes.ts"
import type { StoredEvent } from "../ports/Driver.ts"
import * as Approval from "../rules/Approval.ts"
import type { ApprovalStatus } from "../rules/TaskWords.ts"
import type { Tally } from "./DoctorTally.ts"
import * as Envelope from "./Envelope.ts"

// models ----------------------------------------------------------------------

/** What the account says of an approval. */
interface Known {
  status: ApprovalStatus
  readonly about: string
  readonly authors: ReadonlyArray<string>
}

// services --------------------------------------------------------------------

/** Begins an account of approvals. */
export const makeApprovals = (
  tally: Tally
): ((event: DomainEvent, stored: StoredEvent, place: string) => void) => {
  const known = new Map<string, Known>()
  const waiting = new Set<string>()
  const step = (place: string, approvalId: string, to: ApprovalStatus) => {
    const approval = known.get(approvalId)
    const may = approval !== undefined && Approval.transitions[approval.status].includes(to)
    tally.judge("I-39", place, may ? undefined : `becomes ${to} from where it cannot`)
    // What cannot have been changes nothing: what follows from it is looked at all the same.
    if (!may) return
    approval.status = to
    waiting.delete(approval.about)
  }
  return (event, stored, place) => {
    switch (event.type) {
      case "approval.requested": {
        const { approvalId, authors, digest, kind, taskId } = event.data
        const about = kind === "dispatch" ? dispatchOf(taskId) : `${taskId} ${kind} ${digest}`
        tally.judge("I-40", place, waiting.has(about) ? "is asked while it waits" : undefined)
        waiting.add(about)
        known.set(approvalId, { status: "pending", about, authors })
        return
      }
      case "approval.approved":
        tally.judge("I-42", place, decidedWrongly(stored, known.get(event.data.approvalId)))
        if (event.data.isFinal) step(place, event.data.approvalId, "approved")
        return
      case "approval.rejected":
        step(place, event.data.approvalId, "rejected")
        return
      case "approval.expired":
        step(place, event.data.approvalId, "expired")
        return
      case "approval.used":
        step(place, event.data.approvalId, "used")
        return
      case "run.queued": {
        const isEarly = waiting.has(dispatchOf(event.data.taskId))
        tally.judge("I-41", place, isEarly ? "begins what waits for a person" : undefined)
      }
    }
  }
}

// internal --------------------------------------------------------------------

const dispatchOf = (taskId: number): string => `${taskId} dispatch`

const decidedWrongly = (stored: StoredEvent, approval: Known | undefined): string | undefined => {
  const { actor_id: id, actor_type: type } = Envelope.bodyOf(stored).metadata
  if (type === "operator") return undefined
  if (type !== "user") return "is decided by no person"
  return approval?.authors.includes(String(id)) === true ? "is decided by its author" : undefined
}
