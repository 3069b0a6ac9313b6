/**
 * A store on PostgreSQL with as many tasks as one likes, made next to the data.
 *
 * Two tasks are created by commands, one that waits for another. All others are copies of theirs in
 * every table, with their own numbers: what the store itself writes, without its chain of hashes.
 *
 * @since 0.1.0
 */
import type { Client } from "pg"
import { type Identifier, Tables } from "@foreman/core"
import { Effect } from "effect"
import * as PostgresForeman from "./PostgresForeman.ts"
import { withClient } from "./PostgresServer.ts"

// models ----------------------------------------------------------------------

/** What the store is to hold. */
export interface Wish {
  readonly url: string
  readonly tasks: number
  /** Tasks that are about to be done, for each layout. */
  readonly hubs: number
  /** How many are to wait for each of them, at most all. */
  readonly dependents: number
}

/** What it holds. */
export interface Filled extends PostgresForeman.Place {
  readonly url: string
  readonly hubs: Readonly<Record<Layout, ReadonlyArray<Identifier.TaskId>>>
  /** Which tasks wait for a hub, as a condition for their ids. */
  readonly waiting: Readonly<Record<Layout, string>>
}

/** How those that wait for a task lie among the others: created one after the other, or not. */
export type Layout = "together" | "apart"

// operations ------------------------------------------------------------------

/** Fills an empty database. */
export const make = async (wish: Wish): Promise<Filled> => {
  const { dependents, tasks, url } = wish
  const place = await PostgresForeman.prepare(url)
  const { hubs, models } = await createBy(wish, place)
  const step = Math.floor(tasks / dependents)
  const waiting = {
    together: `id BETWEEN ${first} AND ${first + dependents - 1}`,
    apart: `id >= ${first} AND (id - ${first}) % ${step} = 0 AND id < ${first + step * dependents}`
  }
  await withClient(url, async (client) => {
    await client.query("SET synchronous_commit = off; SET search_path = foreman")
    for (const text of copies(tasks, models)) await client.query(text)
    await client.query("VACUUM ANALYZE")
    await refuseDifference(client, models)
  })
  return { ...place, url, hubs, waiting }
}

/** Lets those that are to wait for the hubs wait for them. */
export const letWait = ({ hubs, url, waiting }: Filled): Promise<void> =>
  withClient(url, async (client) => {
    for (const layout of ["together", "apart"] as const) {
      await client.query(
        `INSERT INTO foreman.task_dependencies SELECT organization, id, hub
         FROM foreman.tasks, unnest($1::bigint[]) AS hub WHERE ${waiting[layout]}`,
        [hubs[layout]]
      )
    }
    await client.query("VACUUM ANALYZE foreman.task_dependencies")
  })

// internal --------------------------------------------------------------------

/** The number of the first copy: what commands have created comes before. */
const first = 10_000

/** One that waits for nothing, and one that waits for it. */
interface Models {
  readonly free: Identifier.TaskId
  readonly waiting: Identifier.TaskId
}

/** By commands: the hubs, as far as one step before they are done, and the two models. */
const createBy = async ({ hubs, url }: Wish, { teamId }: PostgresForeman.Place) => {
  const { client, close, run } = await PostgresForeman.open(url)
  const task = PostgresForeman.taskOf(teamId)
  const steps = ["in_progress", "in_review", "in_approval", "merging"] as const
  const createHub = Effect.gen(function* () {
    const { id: taskId } = yield* client.createTask(task)
    for (const status of steps) yield* client.changeTaskStatus({ taskId, status })
    return taskId
  })
  const made = await run(
    Effect.gen(function* () {
      yield* client.updateTeamSettings({ teamId: task.teamId, requireReview: false })
      const together = yield* Effect.replicateEffect(createHub, hubs)
      const apart = yield* Effect.replicateEffect(createHub, hubs)
      const { id: free } = yield* client.createTask(task)
      const { id: waiting } = yield* client.createTask({ ...task, dependsOn: [free] })
      return { hubs: { together, apart }, models: { free, waiting } }
    })
  )
  await close()
  return made
}

const done = "n % 10 < 3"
/** One in fifty is ready; what else is open waits for another one that is open too. */
const waits = "(n % 10 >= 3 AND n % 50 <> 7)"
const waitsFor = ({ free }: Models): string => `CASE n % 10 WHEN 3 THEN ${free} ELSE n - 1 END`

/** All but these columns are those of the model. */
const taskColumns = (models: Models): Readonly<Record<string, string>> => ({
  id: "n",
  branch: "replace(m.branch, m.id::text, n::text)",
  status: `CASE WHEN ${done} THEN 'done' ELSE 'todo' END`,
  priority: "-1 - 33 * ((n * 7) % 4)",
  rank: "(n * 3) % 5",
  depends_on: `CASE WHEN ${waits} THEN '[' || (${waitsFor(models)}) || ']' ELSE m.depends_on END`,
  open_dependencies: `CASE WHEN ${waits} THEN 1 ELSE 0 END`,
  completed_at: `CASE WHEN ${done} THEN m.updated_at END`
})

const copies = (tasks: number, models: Models): ReadonlyArray<string> => {
  const { free, waiting } = models
  const given = taskColumns(models)
  const model = `CASE WHEN ${waits} THEN ${waiting} ELSE ${free} END`
  const numbers = `generate_series(${first}, ${first + tasks - 1}) AS n`
  const columns = Object.keys(Tables.tableOf("tasks").columns)
  return [
    `INSERT INTO tasks (${columns.join(", ")})
     SELECT ${columns.map((name) => given[name] ?? `m.${name}`).join(", ")}
     FROM ${numbers} JOIN tasks m ON m.id = ${model}`,
    `INSERT INTO task_dependencies
     SELECT m.organization, n, ${waitsFor(models)}
     FROM ${numbers} JOIN tasks m ON m.id = ${waiting} WHERE ${waits}`,
    `INSERT INTO directory (kind, id, organization)
     SELECT kind, n::text, organization FROM ${numbers} JOIN directory ON kind = 'task' AND id = '${free}'`,
    `INSERT INTO receipts (organization, key, digest, answer, at)
     SELECT organization, left(key, -12) || lpad(to_hex(n), 12, '0'), digest, answer, at
     FROM ${numbers} CROSS JOIN (
       SELECT * FROM receipts WHERE key LIKE 'operator/create_task/%' LIMIT 1) AS m`,
    `INSERT INTO events (organization, position, stream, version, type, body, at, hash)
     SELECT m.organization, h.position + 1 + n - ${first}, 'task:' || n, 1, m.type,
       replace(replace(m.body, '"task_id":' || t.id, '"task_id":' || n), '-' || t.id || '-', '-' || n || '-'),
       m.at, m.hash
     FROM ${numbers} JOIN tasks t ON t.id = ${model}
     JOIN events m ON m.stream = 'task:' || t.id AND m.version = 1
     JOIN heads h ON h.organization = m.organization`,
    `UPDATE heads SET position = position + ${tasks}
     WHERE organization = (SELECT organization FROM tasks WHERE id = ${free})`,
    `UPDATE sequences SET next = ${first + tasks} WHERE name = 'tasks'`
  ]
}

/** A copy has what its model has, but for its own numbers: as many rows, and bytes but for digits. */
const refuseDifference = async (client: Client, { waiting }: Models): Promise<void> => {
  const shapeOf = async (id: number) => {
    const { rows } = await client.query<{ shape: string }>(
      `SELECT concat_ws(' ', regexp_replace(to_jsonb(t)::text, '[0-9]+', '', 'g'),
         regexp_replace(e.body, '[0-9]+', '', 'g'), e.type, e.version, length(e.hash),
         (SELECT count(*) FROM directory WHERE kind = 'task' AND id = t.id::text),
         (SELECT count(*) FROM task_dependencies WHERE task_id = t.id)) AS shape
       FROM tasks t JOIN events e ON e.stream = 'task:' || t.id WHERE t.id = $1`,
      [id]
    )
    return rows.map(({ shape }) => shape).join()
  }
  const [model, copy] = [await shapeOf(waiting), await shapeOf(first + 5)]
  if (model === "" || model !== copy) throw new Error(`Commands make ${model}, the copy is ${copy}`)
}
