/**
 * Tables that are the fold of events.
 *
 * @since 0.1.0
 */
import type { Table } from "./Table.ts"
import { runProjections } from "./TablesRuns.ts"

// models ----------------------------------------------------------------------

/**
 * Tables that are the fold of events.
 *
 * @category models
 * @since 0.1.0
 */
export const projections = {
  organizations: {
    kind: "projection",
    columns: {
      organization: "text",
      name: "text",
      slug: "text",
      is_paused: "boolean",
      /** What all artifacts are together whose bytes are kept; of two that are alike both count. */
      artifact_bytes: "integer",
      created_at: "integer"
    },
    key: ["organization"],
    indexes: {},
    unique: {},
    derived: ["artifact_bytes"]
  },
  teams: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "text",
      name: "text",
      slug: "text",
      settings: "text",
      created_at: "integer"
    },
    key: ["organization", "id"],
    indexes: { teams_by_name: ["name"] },
    unique: { teams_slug: { columns: ["organization", "slug"] } }
  },
  agents: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "text",
      team_id: "text",
      name: "text",
      role: "text",
      model: "text",
      config: "text",
      runner: "text?",
      is_paused: "boolean",
      created_at: "integer"
    },
    key: ["organization", "id"],
    indexes: { agents_by_team: ["team_id", "name"] },
    unique: { agents_name: { columns: ["organization", "team_id", "name"] } }
  },
  repositories: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "text",
      team_id: "text",
      name: "text",
      local_path: "text",
      default_branch: "text",
      config: "text",
      created_at: "integer"
    },
    key: ["organization", "id"],
    indexes: { repositories_by_team: ["team_id", "name"] },
    unique: { repositories_name: { columns: ["organization", "team_id", "name"] } }
  },
  projects: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "text",
      team_id: "text",
      name: "text",
      description: "text",
      repository_id: "text?",
      repo_root: "text",
      policy: "text",
      manager: "text?",
      created_at: "integer",
      updated_at: "integer"
    },
    key: ["organization", "id"],
    indexes: { projects_by_name: ["name"], projects_by_team: ["team_id", "name"] },
    unique: {}
  },
  modules: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "text",
      project_id: "text",
      name: "text",
      description: "text",
      completion_criteria: "text",
      paths: "text",
      board_state: "text",
      created_at: "integer",
      updated_at: "integer"
    },
    key: ["organization", "id"],
    indexes: { modules_by_project: ["project_id", "name"] },
    unique: {}
  },
  tasks: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "integer",
      team_id: "text",
      title: "text",
      description: "text",
      status: "text",
      /** The urgency with its sign turned: the queue reads upwards. */
      priority: "integer",
      type: "text",
      project_id: "text",
      module_id: "text",
      acceptance: "text",
      scopes: "text",
      /** Where the manager's board shows it. */
      board: "text",
      dri_id: "text?",
      assignee_id: "text?",
      repo_ids: "text",
      tags: "text",
      branch: "text",
      metadata: "text",
      depends_on: "text",
      attempts: "integer",
      failures: "integer",
      rejections: "integer",
      live_run_id: "text?",
      last_run_id: "text?",
      last_agent_id: "text?",
      last_outcome: "text?",
      open_dependencies: "integer",
      is_rework: "boolean",
      hold: "text?",
      held_until: "integer?",
      approval_id: "text?",
      approval_status: "text?",
      head_commit: "text?",
      base_commit: "text?",
      rank: "integer",
      created_at: "integer",
      updated_at: "integer",
      completed_at: "integer?"
    },
    key: ["organization", "id"],
    indexes: {
      tasks_by_team: ["team_id"],
      tasks_by_status: ["team_id", "status"],
      tasks_by_assignee: ["team_id", "assignee_id"],
      tasks_by_board: ["project_id", "board", "priority"],
      tasks_by_hold: ["hold", "held_until"]
    },
    unique: {},
    checks: { tasks_open_dependencies: { column: "open_dependencies", least: 0 } },
    derived: ["open_dependencies", "rank"]
  },
  task_dependencies: {
    kind: "projection",
    columns: { organization: "text", task_id: "integer", depends_on_id: "integer" },
    key: ["organization", "task_id", "depends_on_id"],
    indexes: { task_dependencies_by_target: ["depends_on_id"] },
    unique: {}
  },
  messages: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "integer",
      team_id: "text",
      sender_id: "text",
      sender_type: "text",
      recipient_id: "text",
      recipient_type: "text",
      task_id: "integer?",
      content: "text",
      is_open: "boolean",
      delivered_at: "integer?",
      seen_at: "integer?",
      processed_at: "integer?",
      created_at: "integer"
    },
    key: ["organization", "id"],
    indexes: {
      messages_by_recipient: ["recipient_id"],
      messages_open: ["recipient_id", "is_open"]
    },
    unique: {}
  },
  ...runProjections,
  artifacts: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "text",
      run_id: "text",
      task_id: "integer",
      kind: "text",
      name: "text",
      path: "text",
      content_type: "text",
      size: "integer",
      digest: "text",
      summary: "text",
      is_removed: "boolean",
      created_at: "integer"
    },
    key: ["organization", "id"],
    indexes: {
      artifacts_by_run: ["run_id", "created_at"],
      artifacts_by_task: ["task_id", "created_at"],
      artifacts_by_kind: ["task_id", "kind", "created_at"],
      artifacts_by_age: ["is_removed", "created_at"],
      artifacts_by_digest: ["digest", "is_removed"]
    },
    unique: { artifacts_path: { columns: ["organization", "path"] } }
  },
  human_requests: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "integer",
      team_id: "text",
      agent_id: "text",
      task_id: "integer?",
      run_id: "text?",
      kind: "text",
      question: "text",
      options: "text",
      status: "text",
      reason: "text?",
      is_pending: "boolean",
      response: "text?",
      responded_by: "text?",
      timeout_at: "integer?",
      created_at: "integer",
      resolved_at: "integer?"
    },
    key: ["organization", "id"],
    indexes: {
      human_requests_by_team: ["team_id"],
      human_requests_by_status: ["team_id", "status"],
      human_requests_by_agent: ["team_id", "agent_id"],
      human_requests_by_task: ["team_id", "task_id"],
      human_requests_by_run: ["run_id", "is_pending"],
      human_requests_pending: ["is_pending"]
    },
    unique: {}
  }
} as const satisfies Readonly<Record<string, Table>>
