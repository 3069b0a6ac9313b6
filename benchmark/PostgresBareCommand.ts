/**
 * A `create_task` on the bare driver: one transaction of four prepared statements from a pool of
 * eight, in the store's own tables.
 *
 * It reads the team and writes the event, the task and the receipt, with as many bytes as Foreman
 * does. It leaves out the directory, the chain of hashes and any notice, so it does less.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import { Pool } from "pg"
import { description, type Place, title } from "./PostgresForeman.ts"

// models ----------------------------------------------------------------------

/**
 * Where the positions of events come from: a row of the organisation, which is locked until the
 * commit and makes them gapless and ordered by commits, or a sequence, which promises neither.
 */
export type Order = "row" | "sequence"

/** Creates one task. */
export interface BareCommand {
  readonly createTask: () => Promise<void>
  readonly close: () => Promise<void>
}

// rules -----------------------------------------------------------------------

const connections = 8

const statements = {
  team: "SELECT * FROM foreman.teams WHERE organization = $1 AND id = $2",
  row: `UPDATE foreman.heads SET position = position + 1
    WHERE organization = $1 RETURNING position`,
  sequence: "SELECT nextval('bare_positions') AS position",
  event: `INSERT INTO foreman.events VALUES ($1, $2, $3, 1, 'task.created', $4, $5, $6)`,
  task: `INSERT INTO foreman.tasks (
      organization, id, team_id, title, description, status, priority, repo_ids, tags, branch,
      metadata, depends_on, attempts, rejections, open_dependencies, is_rework, rank, created_at,
      updated_at)
    VALUES ($1, $2, $3, $4, $5, 'todo', -10, '[]', '[]', $6, '{}', '[]', 0, 0, 0, false, 0, $7, $7)`,
  receipt: "INSERT INTO foreman.receipts VALUES ($1, $2, '', 'null', $3)"
} as const

// operations ------------------------------------------------------------------

/** Opens a store that Foreman has made. */
export const open = async (url: string, place: Place, order: Order): Promise<BareCommand> => {
  const pool = new Pool({ connectionString: url, max: connections })
  // Beyond what Foreman has taken, for what both have written is compared.
  await pool.query("CREATE SEQUENCE IF NOT EXISTS bare_positions START 1000000")
  let taskId = 1_000_000
  const createTask = async () => {
    const client = await pool.connect()
    const query = async (name: keyof typeof statements, values: ReadonlyArray<unknown>) =>
      await client.query({ name, text: statements[name], values: [...values] })
    try {
      await client.query("BEGIN")
      const { organization, teamId } = place
      const { rows } = await query("team", [organization, teamId])
      if (rows.length === 0) throw new Error("No such team")
      const head = await query(order, order === "row" ? [organization] : [])
      const id = ++taskId
      const at = Date.now() * 1000
      const { body, branch, key } = textsOf(id, teamId, at)
      const position: unknown = head.rows[0]?.position
      await query("event", [organization, position, `task:${id}`, body, at, hash])
      await query("task", [organization, id, teamId, title, description, branch, at])
      await query("receipt", [organization, key, at])
      await client.query("COMMIT")
    } finally {
      client.release()
    }
  }
  return { createTask, close: () => pool.end() }
}

// internal --------------------------------------------------------------------

const hash = Buffer.alloc(32, 1)

const textsOf = (id: number, teamId: string, at: number) => {
  const command = randomUUID()
  const branch = `task-${id}-${title.toLowerCase().replaceAll(" ", "-")}`
  const data = {
    assignee_id: null,
    branch,
    depends_on: [],
    description,
    dri_id: null,
    metadata: {},
    priority: "medium",
    repo_ids: [],
    tags: [],
    task_id: id,
    team_id: teamId,
    title
  }
  const metadata = {
    actor_id: "operator",
    actor_type: "operator",
    causation_id: null,
    command_id: command,
    correlation_id: command
  }
  const body = JSON.stringify({ at, data, metadata })
  return { branch, body, key: `operator/create_task/${command}` }
}
