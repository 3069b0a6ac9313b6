/**
 * The table of approvals.
 *
 * @since 0.1.0
 */
import type { Table } from "./Table.ts"

// models ----------------------------------------------------------------------

/**
 * Approvals. Every index that lists them reads upwards in the order of the queue: what can do most
 * harm first, then the most urgent, then the oldest.
 *
 * @category models
 * @since 0.1.0
 */
export const approvalProjections = {
  approvals: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "text",
      task_id: "integer",
      team_id: "text",
      project_id: "text",
      run_id: "text?",
      agent_id: "text?",
      request_id: "integer?",
      kind: "text",
      digest: "text",
      action: "text",
      summary: "text",
      reason: "text",
      risk: "text",
      /** 0 critical, 1 high, 2 medium, 3 low. */
      severity: "integer",
      /** The urgency of its task with its sign turned. */
      priority: "integer",
      rule: "text",
      policy: "text",
      status: "text",
      is_pending: "boolean",
      is_pending_dispatch: "boolean",
      quorum: "integer",
      decisions: "text",
      rejection_reason: "text?",
      expiry_reason: "text?",
      requested_by: "text",
      authors: "text",
      expires_at: "integer?",
      created_at: "integer",
      decided_at: "integer?"
    },
    key: ["organization", "id"],
    indexes: {
      approvals_queue: ["status", "severity", "priority", "created_at"],
      approvals_by_project: ["project_id", "status", "severity", "priority", "created_at"],
      approvals_by_task: ["task_id", "created_at"],
      approvals_by_run: ["run_id", "is_pending"],
      approvals_by_request: ["request_id"]
    },
    unique: {
      approvals_one_pending_dispatch: {
        columns: ["organization", "task_id"],
        where: "is_pending_dispatch"
      },
      approvals_one_pending_action: {
        columns: ["organization", "task_id", "kind", "digest"],
        where: "is_pending"
      }
    }
  }
} as const satisfies Readonly<Record<string, Table>>
