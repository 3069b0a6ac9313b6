/**
 * The tables that every store has, as a list: columns, keys, indexes and constraints.
 *
 * A store writes its own SQL; this list types its rows and is what the suite compares it with.
 * Projections are the fold of the organisation's events and can be made again from them;
 * operational tables (leases of singletons, tokens, the directory) are not.
 *
 * @since 0.1.0
 */
import type { Table } from "./Table.ts"
import { deliveryOperational } from "./TablesDeliveries.ts"
import { approvalProjections } from "./TablesApprovals.ts"
import { leaseOperational, leaseProjections } from "./TablesLeases.ts"
import { offerOperational } from "./TablesOffers.ts"
import { operational } from "./TablesOperational.ts"
import { projections } from "./TablesProjected.ts"

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
  ...projections,
  ...approvalProjections,
  ...leaseProjections,
  ...operational,
  ...leaseOperational,
  ...offerOperational,
  ...deliveryOperational
}

/**
 * The parameters of each question, besides the organisation.
 *
 * - `heads`: every organisation with events, as `{ organization, position }`, ordered by name after
 *   `after`. Crosses organisations.
 * - `idle_agents`: the rows of agents that name a runner, are not paused and have no live run,
 *   ordered by id after `after`.
 * - `old_receipts`: receipts written before an instant in microseconds, as `{ key }`.
 * - `organizations`: rows of `organizations` by name and id, after both. Crosses organisations.
 * - `overlapping_leases`: the rows of `lease_spans` that meet one of the `spans`, a JSON list, by span.
 * - `path`: the path `from ... to` along "depends on", one row `{ id }` per task; no rows when
 *   there is none.
 * - `ready`: the top of the ready queue, as `{ id, team_id, assignee_id, is_rework, priority, rank }`.
 *   A task is in it when it has no `hold` and is either rework or `todo` without open dependencies;
 *   rework first, then priority (0 first), then rank (highest first), then id.
 * - `ready_for_agent`: the same queue, only the tasks of a team that are assigned to the agent, or
 *   also those assigned to nobody when `unassigned` is true.
 * - `startable`: the top of the ready queue as whole rows of `tasks`, each with the `version` of the
 *   stream `task:<id>`; with the `team_repositories`, as a JSON list: the ids of the first two
 *   repositories of its team by name; with the `team_settings`, as they are kept; and with the
 *   `project_policy` where its project is one of its team's.
 * - `working_agents`: agents of a team with a live run, as `{ id }`.
 *
 * @category models
 * @since 0.1.0
 */
export const questions = {
  heads: ["after", "limit"],
  idle_agents: ["after", "limit"],
  old_receipts: ["before", "limit"],
  organizations: ["after_name", "after_id", "limit"],
  overlapping_leases: ["spans", "limit"],
  path: ["from", "to"],
  ready: ["limit"],
  ready_for_agent: ["team_id", "agent_id", "unassigned", "limit"],
  startable: ["limit"],
  working_agents: ["team_id"]
} as const

/**
 * The parameters of each set change, besides the organisation.
 *
 * - `count_dependencies`: sets the open dependencies of `task` to the number of tasks it depends on
 *   that are not done.
 * - `expire_receipts`: forgets receipts written before an instant in microseconds, so many at most.
 * - `forget_run`: forgets the heartbeat of a `run`, if there is one.
 * - `rank_task`: sets the rank of `task` to one more than the highest among the tasks that wait for
 *   it directly, or to 0 where none does. What is done or cancelled waits for nothing.
 * - `renew_runs`: sets until when those of the `runs`, a JSON list, live that have a heartbeat.
 * - `unblock`: a task is done: each that waits for it has one open dependency less.
 *
 * @category models
 * @since 0.1.0
 */
export const changes = {
  count_dependencies: ["task"],
  expire_receipts: ["before", "limit"],
  forget_run: ["run"],
  rank_task: ["task"],
  renew_runs: ["runs", "until"],
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

export type { ColumnType, Table, Unique } from "./Table.ts"
