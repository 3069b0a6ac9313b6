/**
 * The tables that every store has, as a list: columns, keys, indexes and constraints.
 *
 * A store writes its own SQL; this list types its rows and is what the suite compares it with.
 * Projections are the fold of the organisation's events and can be made again from them;
 * operational tables (leases of singletons, tokens, the directory) are not.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/**
 * What a column holds; `?` lets it be null.
 *
 * @category models
 * @since 0.1.0
 */
export type ColumnType = "text" | "text?" | "integer" | "integer?" | "boolean" | "bytes"

/**
 * A constraint that no two rows break. With `where`, only rows in which that column is true count.
 *
 * @category models
 * @since 0.1.0
 */
export interface Unique {
  readonly columns: ReadonlyArray<string>
  readonly where?: string
}

/**
 * A column whose number never falls below another.
 *
 * @category models
 * @since 0.1.0
 */
export interface Check {
  readonly column: string
  readonly least: number
}

/**
 * One table.
 *
 * @category models
 * @since 0.1.0
 */
export interface Table {
  readonly kind: "projection" | "operational"
  readonly columns: Readonly<Record<string, ColumnType>>
  /** Begins with the organisation, but for the `directory`, which leads to it. */
  readonly key: ReadonlyArray<string>
  /** Columns after the organisation; the rest of the key is the tie-break. */
  readonly indexes: Readonly<Record<string, ReadonlyArray<string>>>
  readonly unique: Readonly<Record<string, Unique>>
  readonly checks?: Readonly<Record<string, Check>>
  /** Columns that set changes keep: a `Set` of core never names them, an `Insert` begins them. */
  readonly derived?: ReadonlyArray<string>
}

// rules -----------------------------------------------------------------------

/**
 * Tables that steps may write.
 *
 * Instants are integers, in microseconds since 1970. Lists and free-form data are JSON text.
 *
 * @category models
 * @since 0.1.0
 */
export const tables: Readonly<Record<string, Table>> = {
  organizations: {
    kind: "projection",
    columns: { organization: "text", name: "text", slug: "text", created_at: "integer" },
    key: ["organization"],
    indexes: {},
    unique: {}
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
  tasks: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "integer",
      team_id: "text",
      title: "text",
      description: "text",
      status: "text",
      /** 0 critical, 1 high, 2 medium, 3 low. */
      priority: "integer",
      dri_id: "text?",
      assignee_id: "text?",
      repo_ids: "text",
      tags: "text",
      branch: "text",
      metadata: "text",
      depends_on: "text",
      attempts: "integer",
      rejections: "integer",
      live_run_id: "text?",
      last_run_id: "text?",
      last_agent_id: "text?",
      last_outcome: "text?",
      open_dependencies: "integer",
      is_rework: "boolean",
      hold: "text?",
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
      tasks_by_assignee: ["team_id", "assignee_id"]
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
  },
  artifacts: {
    kind: "projection",
    columns: {
      organization: "text",
      id: "text",
      run_id: "text",
      task_id: "integer",
      kind: "text",
      name: "text",
      content_type: "text",
      size: "integer",
      digest: "text",
      created_at: "integer"
    },
    key: ["organization", "id"],
    indexes: { artifacts_by_run: ["run_id"] },
    unique: {}
  },
  /** Leads from an id, slug or token to the organisation that has it. */
  directory: {
    kind: "operational",
    columns: { kind: "text", id: "text", organization: "text" },
    key: ["kind", "id"],
    indexes: {},
    unique: {}
  },
  /** Who does what only one process may do, and until when. */
  singletons: {
    kind: "operational",
    columns: {
      organization: "text",
      name: "text",
      holder: "text",
      token: "integer",
      until: "integer"
    },
    key: ["organization", "name"],
    indexes: {},
    unique: {}
  },
  /** The SHA-256 of tokens, never a token. */
  tokens: {
    kind: "operational",
    columns: {
      organization: "text",
      hash: "text",
      kind: "text",
      subject: "text",
      is_revoked: "boolean",
      expires_at: "integer"
    },
    key: ["organization", "hash"],
    indexes: { tokens_by_subject: ["subject"] },
    unique: {}
  }
}

/**
 * The parameters of each question, besides the organisation.
 *
 * - `heads`: every organisation with events, as `{ organization, position }`, ordered by name after
 *   `after`. Crosses organisations.
 * - `idle_agents`: agents that name a runner, are not paused and have no live run, as
 *   `{ id, team_id, role }`, ordered by id after `after`.
 * - `organizations`: rows of `organizations` by name and id, after both. Crosses organisations.
 * - `path`: the path `from ... to` along "depends on", one row `{ id }` per task; no rows when
 *   there is none.
 * - `ready`: the top of the ready queue, as `{ id, team_id, assignee_id, is_rework, priority, rank }`.
 *   A task is in it when it has no `hold` and is either rework or `todo` without open dependencies;
 *   rework first, then priority (0 first), then rank (highest first), then id.
 * - `ready_for_agent`: the same queue, only the tasks of a team that are assigned to the agent, or
 *   also those assigned to nobody when `unassigned` is true.
 * - `working_agents`: agents of a team with a live run, as `{ id }`.
 *
 * @category models
 * @since 0.1.0
 */
export const questions = {
  heads: ["after", "limit"],
  idle_agents: ["after", "limit"],
  organizations: ["after_name", "after_id", "limit"],
  path: ["from", "to"],
  ready: ["limit"],
  ready_for_agent: ["team_id", "agent_id", "unassigned", "limit"],
  working_agents: ["team_id"]
} as const

/**
 * The parameters of each set change, besides the organisation.
 *
 * - `count_dependencies`: sets the open dependencies of `task` to the number of tasks it depends on
 *   that are not done.
 * - `expire_receipts`: forgets receipts written before an instant in microseconds.
 * - `raise_ranks`: gives every task that `task` waits for, directly or not, a rank above its
 *   longest chain of dependents. Nobody waits for what is done. Ranks only rise.
 * - `unblock`: a task is done: each that waits for it has one open dependency less.
 *
 * @category models
 * @since 0.1.0
 */
export const changes = {
  count_dependencies: ["task"],
  expire_receipts: ["before"],
  raise_ranks: ["task"],
  unblock: ["task"]
} as const

/**
 * The table of that name. A name that is not declared is a defect of core.
 *
 * @category models
 * @since 0.1.0
 */
export const tableOf = (name: string): Table => {
  const table = tables[name]
  if (table === undefined) throw new Error(`No such table: ${name}`)
  return table
}

/**
 * The columns that order an index: its own, then what is left of the key.
 *
 * @category models
 * @since 0.1.0
 */
export const orderOf = (name: string, index: string): ReadonlyArray<string> => {
  const table = tableOf(name)
  const columns = index === "key" ? [] : table.indexes[index]
  if (columns === undefined) throw new Error(`No such index: ${name}.${index}`)
  const rest = table.key.filter((column) => column !== "organization" && !columns.includes(column))
  return [...columns, ...rest]
}
