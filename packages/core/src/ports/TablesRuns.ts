/**
 * Tables of runs and of what comes of them.
 *
 * @since 0.1.0
 */
import type { Table } from "./Table.ts"

// models ----------------------------------------------------------------------

/**
 * Runs, the reviews of their results, and the jobs that land them.
 *
 * @category models
 * @since 0.1.0
 */
export const runProjections = {
  runs: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "text",
      task_id: "integer",
      agent_id: "text",
      attempt: "integer",
      status: "text",
      is_live: "boolean",
      runner: "text",
      holder: "text",
      repository_id: "text?",
      branch: "text",
      workspace: "text?",
      base_commit: "text?",
      head_commit: "text?",
      exit_code: "integer?",
      cause: "text?",
      answer: "text?",
      output_id: "text?",
      spans: "text",
      queued_at: "integer",
      started_at: "integer?",
      ended_at: "integer?"
    },
    key: ["organization", "id"],
    indexes: { runs_by_task: ["task_id", "attempt"], runs_live: ["is_live"] },
    unique: {
      runs_attempt: { columns: ["organization", "task_id", "attempt"] },
      runs_one_live_per_task: { columns: ["organization", "task_id"], where: "is_live" },
      runs_one_live_per_agent: { columns: ["organization", "agent_id"], where: "is_live" }
    }
  },
  reviews: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "integer",
      task_id: "integer",
      attempt: "integer",
      reviewer_id: "text?",
      reviewer_type: "text",
      is_open: "boolean",
      verdict: "text?",
      summary: "text?",
      head_commit: "text?",
      created_at: "integer",
      resolved_at: "integer?"
    },
    key: ["organization", "id"],
    indexes: { reviews_by_task: ["task_id", "attempt"], reviews_open: ["is_open"] },
    unique: { reviews_attempt: { columns: ["organization", "task_id", "attempt"] } }
  },
  merge_jobs: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "integer",
      task_id: "integer",
      repo_id: "text",
      status: "text",
      strategy: "text",
      is_open: "boolean",
      is_running: "boolean",
      branch: "text",
      target_branch: "text",
      base_commit: "text",
      head_commit: "text",
      merge_commit: "text?",
      landed_on: "text?",
      error: "text?",
      created_at: "integer",
      started_at: "integer?",
      completed_at: "integer?"
    },
    key: ["organization", "id"],
    indexes: { merge_jobs_by_task: ["task_id"], merge_jobs_open: ["is_open"] },
    unique: {
      merge_jobs_one_open_per_task: { columns: ["organization", "task_id"], where: "is_open" },
      merge_jobs_one_running_per_branch: {
        columns: ["organization", "repo_id", "target_branch"],
        where: "is_running"
      }
    }
  }
} as const satisfies Readonly<Record<string, Table>>
