/**
 * The closed lists of questions and set changes, on a connection.
 *
 * The one that walks the graph does it step by step beside the data: each step is one indexed read,
 * and no task is looked at twice, which one recursive statement cannot promise.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

import { type Connection, type RawRow, toInput, toRow } from "./SqliteConnection.ts"

// rules -----------------------------------------------------------------------

/**
 * The rows that answer a question.
 *
 * @category operations
 * @since 0.1.0
 */
export const ask = (
  connection: Connection,
  organization: string,
  name: Driver.Question,
  parameters: Driver.Row
): ReadonlyArray<Driver.Row> => {
  const question = Object.hasOwn(questions, name) ? questions[name] : undefined
  if (question === undefined) throw new Error(`No such question: ${name}`)
  return question(connection, organization, parameters).map((raw) => toRow(connection, raw))
}

/**
 * Changes a set of rows.
 *
 * @category operations
 * @since 0.1.0
 */
export const apply = (
  connection: Connection,
  organization: string,
  name: Driver.SetChange,
  parameters: Driver.Row
): void => {
  const change = Object.hasOwn(changes, name) ? changes[name] : undefined
  if (change === undefined) throw new Error(`No such change: ${name}`)
  change(connection, organization, parameters)
}

// internal --------------------------------------------------------------------

type Ask = (
  connection: Connection,
  organization: string,
  parameters: Driver.Row
) => ReadonlyArray<RawRow>

/** The rows of a statement; a parameter that was not given is null. */
const all = (
  { prepare }: Connection,
  text: string,
  ...values: ReadonlyArray<Driver.Value | undefined>
): ReadonlyArray<RawRow> => prepare(text).all(...values.map((value) => toInput(value ?? null)))

const isReady = `hold IS NULL AND (is_rework = 1 OR (status = 'todo' AND open_dependencies = 0))`

const shown = "id, team_id, assignee_id, is_rework, priority, rank"

const queue = "is_rework DESC, priority, rank DESC, id"

const readyOf = `
  SELECT * FROM (
    SELECT ${shown} FROM tasks INDEXED BY tasks_ready_by_assignee
    WHERE organization = ? AND team_id = ? AND assignee_id IS ? AND ${isReady}
    ORDER BY ${queue} LIMIT ?
  )`

// Two short looks for each span are several times as fast as one question about all of them.
const lastBefore = `
  SELECT * FROM lease_spans WHERE organization = ? AND span <= ? ORDER BY span DESC LIMIT 1`

const within = `
  SELECT * FROM lease_spans WHERE organization = ? AND span > ? AND span < ?
  ORDER BY span LIMIT ?`

/**
 * The live spans that meet one of these. No span lies in another one, so of those before a wanted one
 * only the last can be above it. What is below it begins with it, and ends before the same text with
 * the character that follows the slash.
 */
const overlapping: Ask = (connection, organization, { limit = null, spans }) => {
  const wanted: ReadonlyArray<string> = JSON.parse(String(spans))
  const met = new Map<string, RawRow>()
  for (const span of wanted) {
    const [before] = all(connection, lastBefore, organization, span)
    const above = before !== undefined && span.startsWith(String(before["span"])) ? [before] : []
    const end = `${span.slice(0, -1)}0`
    const below = all(connection, within, organization, span, end, limit)
    for (const row of [...above, ...below]) met.set(String(row["span"]), row)
  }
  const rows = [...met].toSorted(([one], [other]) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other))
  )
  return rows.slice(0, Number(limit)).map(([, row]) => row)
}

const questions: Readonly<Record<Driver.Question, Ask>> = {
  heads: (connection, _, { after, limit }) =>
    all(
      connection,
      `SELECT organization, position FROM heads
       WHERE organization > ? AND position > 0 ORDER BY organization LIMIT ?`,
      after ?? "",
      limit
    ),
  idle_agents: (connection, organization, { after, limit }) =>
    all(
      connection,
      `SELECT * FROM agents
       WHERE organization = ? AND id > ? AND runner IS NOT NULL AND is_paused = 0
         AND NOT EXISTS (
           SELECT 1 FROM runs
           WHERE runs.organization = agents.organization AND agent_id = agents.id AND is_live = 1)
       ORDER BY id LIMIT ?`,
      organization,
      after ?? "",
      limit
    ),
  old_receipts: (connection, organization, { before, limit }) =>
    all(
      connection,
      "SELECT key FROM receipts WHERE organization = ? AND at < ? ORDER BY at LIMIT ?",
      organization,
      before,
      limit
    ),
  organizations: (connection, _, { after_id, after_name, limit }) =>
    all(
      connection,
      `SELECT * FROM organizations WHERE (name, organization) > (?, ?)
       ORDER BY name, organization LIMIT ?`,
      after_name ?? "",
      after_id ?? "",
      limit
    ),
  overlapping_leases: overlapping,
  path: (connection, organization, { from, to }) =>
    path(connection, organization, Number(from), Number(to)).map((id) => ({ id })),
  ready: (connection, organization, { limit }) =>
    all(
      connection,
      `SELECT ${shown} FROM tasks INDEXED BY tasks_ready
       WHERE organization = ? AND ${isReady} ORDER BY ${queue} LIMIT ?`,
      organization,
      limit
    ),
  ready_for_agent: (connection, organization, { agent_id, limit, team_id, unassigned }) =>
    unassigned === true
      ? all(
          connection,
          `${readyOf} UNION ALL ${readyOf} ORDER BY ${queue} LIMIT ?`,
          organization,
          team_id,
          agent_id,
          limit,
          organization,
          team_id,
          null,
          limit,
          limit
        )
      : all(connection, readyOf, organization, team_id, agent_id, limit),
  startable: (connection, organization, { limit }) =>
    all(
      connection,
      `SELECT tasks.*,
         (SELECT coalesce(max(version), 0) FROM events
          WHERE events.organization = tasks.organization AND stream = 'task:' || tasks.id) AS version,
         (SELECT json_group_array(id) FROM (
            SELECT id FROM repositories INDEXED BY repositories_by_team
            WHERE repositories.organization = tasks.organization
              AND repositories.team_id = tasks.team_id
            ORDER BY name, id LIMIT 2)) AS team_repositories,
         (SELECT settings FROM teams
          WHERE teams.organization = tasks.organization AND teams.id = tasks.team_id) AS team_settings,
         (SELECT policy FROM projects
          WHERE projects.organization = tasks.organization AND projects.id = tasks.project_id
            AND projects.team_id = tasks.team_id) AS project_policy
       FROM tasks INDEXED BY tasks_ready
       WHERE organization = ? AND ${isReady} ORDER BY ${queue} LIMIT ?`,
      organization,
      limit
    ),
  working_agents: (connection, organization, { team_id }) =>
    all(
      connection,
      `SELECT id FROM agents
       WHERE organization = ? AND team_id = ? AND EXISTS (
         SELECT 1 FROM runs
         WHERE runs.organization = agents.organization AND agent_id = agents.id AND is_live = 1)
       ORDER BY id`,
      organization,
      team_id
    )
}

type Change = (connection: Connection, organization: string, parameters: Driver.Row) => void

// CROSS JOIN keeps its order: from few edges to their tasks. Else SQLite, which knows nothing of how many
// there are, may begin with all tasks of the organisation.
const changes: Readonly<Record<Driver.SetChange, Change>> = {
  count_dependencies: ({ prepare }, organization, { task }) => {
    prepare(
      `UPDATE tasks SET open_dependencies = (
         SELECT count(*) FROM task_dependencies AS d
         CROSS JOIN tasks AS t ON t.organization = d.organization AND t.id = d.depends_on_id
         WHERE d.organization = tasks.organization AND d.task_id = tasks.id AND t.status <> 'done')
       WHERE organization = ? AND id = ?`
    ).run(organization, toInput(task ?? null))
  },
  expire_receipts: ({ prepare }, organization, { before, limit }) => {
    prepare(
      `DELETE FROM receipts WHERE rowid IN (
         SELECT rowid FROM receipts WHERE organization = ? AND at < ? ORDER BY at LIMIT ?)`
    ).run(organization, toInput(before ?? null), toInput(limit ?? null))
  },
  forget_run: ({ prepare }, organization, { run }) => {
    prepare("DELETE FROM heartbeats WHERE organization = ? AND run_id = ?").run(
      organization,
      toInput(run ?? null)
    )
  },
  rank_task: ({ prepare }, organization, { task }) => {
    // A row whose rank is right is not written again.
    prepare(
      `UPDATE tasks SET rank = found.rank FROM (
         SELECT coalesce(max(t.rank) + 1, 0) AS rank FROM task_dependencies AS d
         CROSS JOIN tasks AS t ON t.organization = d.organization AND t.id = d.task_id
         WHERE d.organization = ?1 AND d.depends_on_id = ?2
           AND t.status NOT IN ('done', 'cancelled')) AS found
       WHERE tasks.organization = ?1 AND tasks.id = ?2 AND tasks.rank <> found.rank`
    ).run(organization, toInput(task ?? null))
  },
  renew_runs: ({ prepare }, organization, { runs, until }) => {
    prepare(
      `UPDATE heartbeats SET until = ?2
       WHERE organization = ?1 AND run_id IN (SELECT value FROM json_each(?3))`
    ).run(organization, toInput(until ?? null), toInput(runs ?? null))
  },
  unblock: ({ prepare }, organization, { task }) => {
    prepare(
      `UPDATE tasks SET open_dependencies = open_dependencies - 1
       WHERE organization = ? AND id IN (
         SELECT task_id FROM task_dependencies WHERE organization = ? AND depends_on_id = ?)`
    ).run(organization, organization, toInput(task ?? null))
  }
}

/** Breadth first, so the path is a shortest one and the walk ends where it is found. */
const path = (
  { prepare }: Connection,
  organization: string,
  from: number,
  to: number
): ReadonlyArray<number> => {
  const dependencies = prepare(
    `SELECT depends_on_id FROM task_dependencies
     WHERE organization = ? AND task_id = ? ORDER BY depends_on_id`
  )
  const via = new Map<number, number | undefined>([[from, undefined]])
  // A map lists what is added while it is walked.
  for (const id of via.keys()) {
    if (via.has(to)) break
    for (const row of dependencies.all(organization, id)) {
      const next = Number(row["depends_on_id"])
      if (!via.has(next)) via.set(next, id)
    }
  }
  if (!via.has(to)) return []
  const found: Array<number> = []
  for (let id: number | undefined = to; id !== undefined; id = via.get(id)) found.unshift(id)
  return found
}
