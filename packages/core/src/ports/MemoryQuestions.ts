/**
 * The closed lists of questions and set changes, over rows in memory.
 *
 * @since 0.1.0
 */
import type { Question, Row, SetChange, Value } from "./Driver.ts"
import * as Order from "./MemoryOrder.ts"
import { having, keyOf, type MemoryTable } from "./MemoryTables.ts"

// models ----------------------------------------------------------------------

/**
 * What a question may look at.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sight {
  readonly organization: string
  /** A table of the organisation that asks. */
  readonly table: (name: string) => MemoryTable
  /** How many events a stream of the organisation has. */
  readonly version: (stream: string) => number
  /** The receipts of the organisation that asks, by key. */
  readonly receipts: ReadonlyMap<string, { readonly at: number }>
  /** Where every organisation stands; for the questions that cross organisations. */
  readonly heads: () => ReadonlyArray<Row>
  /** The rows of `organizations`, of all of them. */
  readonly organizations: () => ReadonlyArray<Row>
}

/**
 * A row as a set change leaves it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changed {
  readonly table: string
  readonly row: Row
  /** Whether it is taken away. */
  readonly isGone?: true
}

// rules -----------------------------------------------------------------------

/**
 * The rows that answer a question.
 *
 * @category models
 * @since 0.1.0
 */
export const ask = (name: Question, sight: Sight, parameters: Row): ReadonlyArray<Row> => {
  const question = Object.hasOwn(questions, name) ? questions[name] : undefined
  if (question === undefined) throw new Error(`No such question: ${name}`)
  return question(sight, parameters)
}

/**
 * The rows that a set change leaves behind or takes away. Receipts are no table, so expiring them is
 * not here.
 *
 * @category models
 * @since 0.1.0
 */
export const apply = (
  name: Exclude<SetChange, "expire_receipts">,
  sight: Sight,
  parameters: Row
): ReadonlyArray<Changed> => {
  const change = Object.hasOwn(changes, name) ? changes[name] : undefined
  if (change === undefined) throw new Error(`No such change: ${name}`)
  return change(sight, parameters)
}

// internal --------------------------------------------------------------------

type Ask = (sight: Sight, parameters: Row) => ReadonlyArray<Row>

const questions: Readonly<Record<Question, Ask>> = {
  heads: (sight, { after, limit }) =>
    page(["organization"], sight.heads(), { organization: after ?? "" }, limit),
  idle_agents: (sight, { after, limit }) => {
    const idle = [...sight.table("agents").rows.values()].filter(
      (agent) =>
        agent["runner"] !== null && agent["is_paused"] === false && !isWorking(sight, agent)
    )
    return page(["id"], idle, { id: after ?? "" }, limit)
  },
  old_receipts: (sight, { before, limit }) =>
    [...sight.receipts]
      .filter(([, { at }]) => at < Number(before))
      .slice(0, Number(limit))
      .map(([key]) => ({ key })),
  organizations: (sight, { after_id, after_name, limit }) => {
    const after = { name: after_name ?? "", organization: after_id ?? "" }
    return page(["name", "organization"], sight.organizations(), after, limit)
  },
  overlapping_leases: (sight, { limit, spans }) => {
    const wanted: ReadonlyArray<string> = JSON.parse(String(spans))
    const held = [...sight.table("lease_spans").rows.values()].filter(({ span }) =>
      wanted.some((one) => one.startsWith(String(span)) || String(span).startsWith(one))
    )
    const compare = (left: Row, right: Row) => Order.compareRows(["span"], left, right)
    return Order.first(held, compare, Number(limit))
  },
  path: (sight, { from, to }) => path(sight, from ?? null, to ?? null).map((id) => ({ id })),
  ready: (sight, { limit }) => queue([...having(sight.table("tasks"), "ready")], limit).map(shown),
  ready_for_agent: (sight, { agent_id, limit, team_id, unassigned }) => {
    const mine = [...having(sight.table("tasks"), "ready")].filter(
      (task) =>
        task["team_id"] === team_id &&
        (task["assignee_id"] === agent_id || (unassigned === true && task["assignee_id"] === null))
    )
    return queue(mine, limit).map(shown)
  },
  startable: (sight, { limit }) =>
    queue([...having(sight.table("tasks"), "ready")], limit).map((task) => ({
      ...task,
      version: sight.version(`task:${String(task["id"])}`),
      team_repositories: JSON.stringify(repositoriesOf(sight, task["team_id"] ?? null)),
      team_settings: rowAt(sight, "teams", task["team_id"])?.["settings"] ?? null,
      project_policy: policyOf(sight, task)
    })),
  working_agents: (sight, { team_id }) =>
    [...having(sight.table("runs"), "runs_live", true)]
      .map((run) => rowAt(sight, "agents", run["agent_id"]))
      .filter((agent) => agent !== undefined)
      .filter((agent) => agent["team_id"] === team_id)
      .toSorted((left, right) => Order.compareRows(["id"], left, right))
      .map(pick("id"))
}

const policyOf = (sight: Sight, task: Row): Value => {
  const project = rowAt(sight, "projects", task["project_id"])
  return project?.["team_id"] === task["team_id"] ? (project?.["policy"] ?? null) : null
}

type Change = (sight: Sight, parameters: Row) => ReadonlyArray<Changed>

const changes: Readonly<Record<Exclude<SetChange, "expire_receipts">, Change>> = {
  count_dependencies: (sight, { task = null }) => {
    const row = rowAt(sight, "tasks", task)
    const open = openDependenciesOf(sight, task).length
    return row === undefined ? [] : [{ table: "tasks", row: { ...row, open_dependencies: open } }]
  },
  forget_run: (sight, { run = null }) => {
    const row = heartbeatOf(sight, run)
    return row === undefined ? [] : [{ table: "heartbeats", row, isGone: true }]
  },
  rank_task: (sight, { task = null }) => {
    const row = rowAt(sight, "tasks", task)
    const rank = dependentsOf(sight, task)
      .filter(({ status }) => status !== "done" && status !== "cancelled")
      .reduce((highest, dependent) => Math.max(highest, Number(dependent["rank"]) + 1), 0)
    return row === undefined || row["rank"] === rank
      ? []
      : [{ table: "tasks", row: { ...row, rank } }]
  },
  renew_runs: (sight, { runs, until = null }) => {
    const ids: ReadonlyArray<string> = JSON.parse(String(runs))
    return ids.flatMap((run) => {
      const row = heartbeatOf(sight, run)
      return row === undefined ? [] : [{ table: "heartbeats", row: { ...row, until } }]
    })
  },
  unblock: (sight, { task = null }) =>
    dependentsOf(sight, task).map((row) => ({
      table: "tasks",
      row: { ...row, open_dependencies: Number(row["open_dependencies"]) - 1 }
    }))
}

const rowAt = (sight: Sight, table: string, id: Value | undefined): Row | undefined =>
  sight.table(table).rows.get(keyOf(table, { organization: sight.organization, id: id ?? null }))

const heartbeatOf = ({ organization, table }: Sight, run: Value): Row | undefined =>
  table("heartbeats").rows.get(keyOf("heartbeats", { organization, run_id: run }))

const page = (
  order: ReadonlyArray<string>,
  rows: ReadonlyArray<Row>,
  after: Row,
  limit: Value | undefined
): ReadonlyArray<Row> => {
  const compare = (left: Row, right: Row) => Order.compareRows(order, left, right)
  const rest = rows.filter((row) => compare(row, after) > 0)
  return Order.first(rest, compare, Number(limit))
}

const pick =
  (...columns: ReadonlyArray<string>) =>
  (row: Row): Row =>
    Object.fromEntries(columns.map((column) => [column, row[column] ?? null]))

const shown = pick("id", "team_id", "assignee_id", "is_rework", "priority", "rank")

const isWorking = (sight: Sight, agent: Row): boolean =>
  [...having(sight.table("runs"), "live_by_agent", agent["id"] ?? null)].length > 0

/** Rework first, then by priority, then the highest rank, then the oldest. */
const queue = (tasks: ReadonlyArray<Row>, limit: Value | undefined): ReadonlyArray<Row> => {
  const number = (row: Row, column: string) => Number(row[column])
  const compare = (left: Row, right: Row) =>
    number(right, "is_rework") - number(left, "is_rework") ||
    number(left, "priority") - number(right, "priority") ||
    number(right, "rank") - number(left, "rank") ||
    number(left, "id") - number(right, "id")
  return Order.first(tasks, compare, Number(limit))
}

/** The first two of a team, by name. */
const repositoriesOf = (sight: Sight, team: Value): ReadonlyArray<Value> => {
  const all = [...sight.table("repositories").rows.values()].filter(
    (repository) => repository["team_id"] === team
  )
  const compare = (left: Row, right: Row) => Order.compareRows(["name", "id"], left, right)
  return Order.first(all, compare, 2).map(({ id }) => id ?? null)
}

const dependenciesOf = (sight: Sight, task: Value): ReadonlyArray<Value> =>
  [...having(sight.table("task_dependencies"), "key", task)].map(
    (edge) => edge["depends_on_id"] ?? null
  )

const dependentsOf = (sight: Sight, task: Value): ReadonlyArray<Row> =>
  [...having(sight.table("task_dependencies"), "task_dependencies_by_target", task)]
    .map((edge) => rowAt(sight, "tasks", edge["task_id"]))
    .filter((row) => row !== undefined)

/** Breadth first, so the path is a shortest one. */
const path = (sight: Sight, from: Value, to: Value): ReadonlyArray<Value> => {
  const via = new Map<Value, Value>([[from, null]])
  // A map lists what is added while it is walked.
  for (const id of via.keys()) {
    if (via.has(to)) break
    for (const next of dependenciesOf(sight, id)) if (!via.has(next)) via.set(next, id)
  }
  if (!via.has(to)) return []
  const found: Array<Value> = []
  for (let id: Value = to; id !== null; id = via.get(id) ?? null) found.unshift(id)
  return found
}

const openDependenciesOf = (sight: Sight, task: Value): ReadonlyArray<Value> =>
  dependenciesOf(sight, task).filter((id) => rowAt(sight, "tasks", id)?.["status"] !== "done")
