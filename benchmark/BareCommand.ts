/**
 * The statements of one `create_task`, on the bare driver: what a program would run that knows the
 * tables, writes nothing else, and does nothing beside.
 *
 * The same reads, the same rows with as many bytes, the same chain of hashes, the same pragmas, one
 * transaction per command.
 *
 * @since 0.1.0
 */
import { hash, randomUUID } from "node:crypto"
import { DatabaseSync, type StatementSync } from "node:sqlite"

// models ----------------------------------------------------------------------

/** Where tasks are created, and of what text. */
export interface Place {
  readonly filename: string
  readonly organization: string
  readonly teamId: string
  readonly description: string
}

/** Creates one task. */
export type CreateTask = (title: string) => void

// operations ------------------------------------------------------------------

/** Opens a store's file. */
export const open = (place: Place): CreateTask => {
  const { filename, organization, teamId } = place
  const database = new DatabaseSync(filename, { timeout: 5_000 })
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
     PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536`
  )
  const on = prepare(database)
  const nextId = numbers(database)
  return (title) => {
    if (on.team.get(organization, teamId) === undefined) throw new Error("No such team")
    const id = nextId()
    const written = textsOf(place, id, title, Date.now() * 1000)
    on.begin.run()
    if (on.receipt.get(organization, written.key) !== undefined) throw new Error("Done already")
    on.insertTask.run(...taskOf(place, id, title, written))
    on.insertDirectory.run("task", String(id), organization)
    const head = on.head.get(organization)
    const at = Math.max(Number(head?.["at"]), Date.now() * 1000)
    const position = Number(head?.["position"]) + 1
    const stream = `task:${id}`
    const version = Number(on.version.get(organization, stream)?.["version"] ?? 0) + 1
    const text = `["${stream}",${version},"task.created",${written.body}]`
    const link = linkOf(head?.["hash"], organization, position, at, text)
    on.insertEvent.run(
      organization,
      position,
      stream,
      version,
      "task.created",
      written.body,
      at,
      link
    )
    on.insertReceipt.run(organization, written.key, "", written.answer, at)
    on.moveHead.run(organization, position, link, at)
    on.commit.run()
  }
}

// internal --------------------------------------------------------------------

const statements = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  team: "SELECT * FROM teams WHERE organization = ? AND id = ?",
  receipt: "SELECT digest, answer FROM receipts WHERE organization = ? AND key = ?",
  head: "SELECT position, hash, at FROM heads WHERE organization = ?",
  version: "SELECT max(version) AS version FROM events WHERE organization = ? AND stream = ?",
  insertTask: `INSERT INTO tasks (
      organization, id, team_id, title, description, status, priority, repo_ids, tags, branch,
      metadata, depends_on, attempts, rejections, open_dependencies, is_rework, rank, created_at,
      updated_at)
    VALUES (?, ?, ?, ?, ?, 'todo', -10, '[]', '[]', ?, '{}', '[]', 0, 0, 0, 0, 0, ?, ?)`,
  insertDirectory: "INSERT INTO directory (kind, id, organization) VALUES (?, ?, ?)",
  insertEvent: "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  insertReceipt: "INSERT INTO receipts VALUES (?, ?, ?, ?, ?)",
  moveHead: "INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)"
}

type Prepared = Readonly<Record<keyof typeof statements, StatementSync>>

const prepare = (database: DatabaseSync): Prepared =>
  // As: the names stay when the texts are prepared.
  Object.fromEntries(
    Object.entries(statements).map(([name, text]) => [name, database.prepare(text)])
  ) as Prepared

/** Numbers of tasks, taken 64 at a time without a sync of their own, as a store does. */
const numbers = (database: DatabaseSync) => {
  const take = database.prepare(
    `INSERT INTO sequences VALUES ('tasks', 65)
     ON CONFLICT (name) DO UPDATE SET next = next + 64 RETURNING next`
  )
  let [next, end] = [0, 0]
  return (): number => {
    if (next === end) {
      database.exec("PRAGMA synchronous = NORMAL")
      end = Number(take.get()?.["next"])
      database.exec("PRAGMA synchronous = FULL")
      next = end - 64
    }
    return next++
  }
}

const textsOf = ({ description, teamId }: Place, id: number, title: string, at: number) => {
  const command = randomUUID()
  const branch = `task-${id}-${title.toLowerCase().replaceAll(" ", "-")}`
  const body = {
    at,
    data: {
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
    },
    metadata: {
      actor_id: "operator",
      actor_type: "operator",
      causation_id: null,
      command_id: command,
      correlation_id: command
    }
  }
  return {
    at,
    branch,
    key: `operator/create_task/${command}`,
    body: JSON.stringify(body),
    // As Foreman has it for a caller without a key.
    answer: "null"
  }
}

const taskOf = (
  { description, organization, teamId }: Place,
  id: number,
  title: string,
  { at, branch }: { readonly at: number; readonly branch: string }
) => [organization, id, teamId, title, description, branch, at, at]

const linkOf = (
  previous: unknown,
  organization: string,
  position: number,
  at: number,
  text: string
): Uint8Array => {
  const place = Buffer.alloc(17)
  place.writeBigUInt64BE(BigInt(position), 1)
  place.writeBigInt64BE(BigInt(at), 9)
  const before = previous instanceof Uint8Array ? previous : new Uint8Array(32)
  const parts = [before, Buffer.from(organization), place, Buffer.from(text)]
  return hash("sha256", Buffer.concat(parts), "buffer")
}
