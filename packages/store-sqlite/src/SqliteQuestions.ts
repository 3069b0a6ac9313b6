/**
 * The closed lists of questions and set changes, on a connection.
 *
 * Those that walk the graph do it step by step beside the data: each step is one indexed read, and
 * no task is looked at twice, which one recursive statement cannot promise.
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
      `SELECT id, team_id, role FROM agents
       WHERE organization = ? AND id > ? AND runner IS NOT NULL AND is_paused = 0
         AND NOT EXISTS (
           SELECT 1 FROM runs
           WHERE runs.organization = agents.organization AND agent_id = agents.id AND is_live = 1)
       ORDER BY id LIMIT ?`,
      organization,
      after ?? "",
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

const changes: Readonly<Record<Driver.SetChange, Change>> = {
  count_dependencies: ({ prepare }, organization, { task }) => {
    prepare(
      `UPDATE tasks SET open_dependencies = (
         SELECT count(*) FROM task_dependencies AS d
         JOIN tasks AS t ON t.organization = d.organization AND t.id = d.depends_on_id
         WHERE d.organization = tasks.organization AND d.task_id = tasks.id AND t.status <> 'done')
       WHERE organization = ? AND id = ?`
    ).run(organization, toInput(task ?? null))
  },
  expire_receipts: ({ prepare }, organization, { before }) => {
    prepare("DELETE FROM receipts WHERE organization = ? AND at < ?").run(
      organization,
      toInput(before ?? null)
    )
  },
  raise_ranks: (connection, organization, { task }) => {
    const raise = connection.prepare("UPDATE tasks SET rank = ? WHERE organization = ? AND id = ?")
    for (const [id, rank] of raised(connection, organization, Number(task))) {
      raise.run(rank, organization, id)
    }
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

interface Waiting {
  readonly id: number
  readonly rank: number
  readonly waitsFor: ReadonlyArray<number>
}

/** The ranks that rise. Dependents come first, so each task is ranked once. */
const raised = (
  connection: Connection,
  organization: string,
  task: number
): ReadonlyMap<number, number> => {
  const ranks = new Map<number, number>()
  const rises = new Map<number, number>()
  for (const { id, rank, waitsFor } of dependentsFirst(connection, organization, task)) {
    const own = Math.max(rank, ranks.get(id) ?? 0)
    if (own > rank) rises.set(id, own)
    for (const next of waitsFor) ranks.set(next, Math.max(ranks.get(next) ?? 0, own + 1))
  }
  return rises
}

/** Everything that a task waits for and the task itself, each before what it waits for. */
const dependentsFirst = (
  { prepare }: Connection,
  organization: string,
  task: number
): ReadonlyArray<Waiting> => {
  const rankOf = prepare("SELECT rank FROM tasks WHERE organization = ? AND id = ?")
  const waitsFor = prepare(
    `SELECT t.id FROM task_dependencies AS d
     JOIN tasks AS t ON t.organization = d.organization AND t.id = d.depends_on_id
     WHERE d.organization = ? AND d.task_id = ? AND t.status <> 'done'`
  )
  const look = (id: number) => ({
    id,
    rank: Number(rankOf.get(organization, id)?.["rank"] ?? 0),
    waitsFor: waitsFor.all(organization, id).map((row) => Number(row["id"])),
    seen: 0
  })
  const known = new Set([task])
  const finished: Array<Waiting> = []
  const open = [look(task)]
  // With a stack of its own: a chain of tasks may be longer than the runtime's.
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.waitsFor[top.seen]
    top.seen += 1
    if (next === undefined) {
      finished.push(top)
      open.pop()
    } else if (!known.has(next)) {
      known.add(next)
      open.push(look(next))
    }
  }
  return finished.toReversed()
}
