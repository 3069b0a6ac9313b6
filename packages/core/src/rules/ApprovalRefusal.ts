/**
 * What is refused of approvals.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { ApprovalId, TaskId } from "./Identifier.ts"
import { Board } from "./ManagerTask.ts"
import { ApprovalStatus } from "./TaskWords.ts"

// errors ----------------------------------------------------------------------

/**
 * There is no such approval, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class ApprovalNotFound extends Schema.TaggedError<ApprovalNotFound>()(
  "ApprovalNotFound",
  { approvalId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "Approval not found"
  }
}

/**
 * The approval was decided otherwise, or has expired. That stands.
 *
 * @category errors
 * @since 0.1.0
 */
export class ApprovalIsOver extends Schema.TaggedError<ApprovalIsOver>()(
  "ApprovalIsOver",
  { approvalId: ApprovalId, approvalStatus: ApprovalStatus, taskId: TaskId, board: Board },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Approval ${this.approvalId} is already ${this.approvalStatus}`
  }
}

/**
 * Only what is approved can be dispatched again.
 *
 * @category errors
 * @since 0.1.0
 */
export class ApprovalNotApproved extends Schema.TaggedError<ApprovalNotApproved>()(
  "ApprovalNotApproved",
  { approvalId: ApprovalId, approvalStatus: ApprovalStatus, taskId: TaskId, board: Board },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Approval ${this.approvalId} is ${this.approvalStatus}, not approved`
  }
}

/**
 * Only a person decides, and nobody about what they wrote.
 *
 * @category errors
 * @since 0.1.0
 */
export class MayNotDecide extends Schema.TaggedError<MayNotDecide>()(
  "MayNotDecide",
  {
    approvalId: ApprovalId,
    decider: Schema.String,
    reason: Schema.Literals(["no_person", "own_work"])
  },
  { httpApiStatus: 403 }
) {
  override get message() {
    return this.reason === "own_work"
      ? `${this.decider} wrote what approval ${this.approvalId} is about, so someone else decides`
      : `Approval ${this.approvalId} is for a person, and ${this.decider} is none`
  }
}
