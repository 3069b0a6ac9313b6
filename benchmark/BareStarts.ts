/**
 * The least that starts with their whole history can cost PostgreSQL: the rows that Foreman has written
 * for them in another database, written again into the same tables by the bare driver.
 *
 * They come in groups with one statement and one commit each, in one order of commits. Nothing is read,
 * decided, checked, chained or made known, no policy looks at a row, and no trigger runs.
 *
 * @since 0.1.0
 */
import { Client } from "pg"
import * as Drain from "./Drain.ts"
import * as PostgresForeman from "./PostgresForeman.ts"
import { withClient } from "./PostgresServer.ts"
import * as Processes from "./Processes.ts"

// models ----------------------------------------------------------------------

/** The rows of a group, table by table, as the statement takes them. */
interface Group {
  readonly size: number
  readonly values: ReadonlyArray<string>
}

type Row = Readonly<Record<string, unknown>>

// rules -----------------------------------------------------------------------

/** As many as Foreman writes together for 32 workers: half of them. */
const groupSize = 16

/** What a start adds: which rows of which table, given the ids of runs as `$1`. */
const added = {
  events: `$1::text[] IS NOT NULL AND position > $2 AND type IN
    ('run.queued', 'lease.acquired', 'task.assigned', 'task.status_changed', 'task.dispatched')`,
  runs: "id = ANY($1) AND $2::int >= 0",
  lease_spans: "run_id = ANY($1) AND $2::int >= 0",
  heartbeats: "run_id = ANY($1) AND $2::int >= 0",
  tokens: "subject = ANY($1) AND $2::int >= 0",
  directory: `$2::int >= 0 AND (kind = 'run' AND id = ANY($1) OR kind = 'token' AND id IN
    (SELECT hash FROM foreman.tokens WHERE subject = ANY($1)))`,
  receipts: "$2::int >= 0 AND substring(key FROM 'run/(.*)/queue') = ANY($1)",
  tasks: "live_run_id = ANY($1) AND $2::int >= 0"
} as const

const inserted = Object.keys(added).filter((table) => table !== "tasks")

/** What a start changes of a task. */
const changed = [
  "status",
  "assignee_id",
  "live_run_id",
  "last_run_id",
  "last_agent_id",
  "attempts",
  "updated_at"
]

const populated = (table: string, place: number) =>
  `jsonb_populate_recordset(NULL::foreman.${table}, $${place}::jsonb)`

const write = `WITH ${inserted
  .map(
    (table, index) =>
      `${table} AS (INSERT INTO foreman.${table} SELECT * FROM ${populated(table, index + 1)})`
  )
  .join(",\n")}, tasks AS (
    UPDATE foreman.tasks t SET ${changed.map((name) => `${name} = r.${name}`).join(", ")}
    FROM ${populated("tasks", inserted.length + 1)} r
    WHERE t.organization = r.organization AND t.id = r.id)
  UPDATE foreman.heads SET position = position + 1 WHERE organization = $${inserted.length + 2}`

/** The tasks as they are before. */
const prepare = `WITH r AS (SELECT * FROM ${populated("tasks", 1)})
  INSERT INTO foreman.tasks SELECT * FROM r`

const reset = `UPDATE foreman.tasks SET status = 'todo', assignee_id = NULL, live_run_id = NULL,
  last_run_id = NULL, last_agent_id = NULL, attempts = 0 WHERE id = ANY($1)`

// operations ------------------------------------------------------------------

/** Lets Foreman start so many in the other database, and answers what it has written for that. */
const record = async (
  foreman: Processes.Process,
  other: string,
  count: number
): Promise<ReadonlyArray<Group>> =>
  withClient(other, async (client) => {
    const heads = await client.query("SELECT max(position) AS position FROM foreman.heads")
    const since = Number(heads.rows[0]?.position ?? 0)
    await foreman.ask("drain", count)
    const queued = await client.query<{ id: string }>(
      `SELECT body::jsonb -> 'data' ->> 'run_id' AS id FROM foreman.events
       WHERE type = 'run.queued' AND position > $1 ORDER BY position`,
      [since]
    )
    const ids = queued.rows.map(({ id }) => id)
    if (ids.length !== count) throw new Error(`Foreman has started ${ids.length} of ${count}`)
    const tables: Array<ReadonlyArray<Row>> = []
    for (const [table, where] of Object.entries(added)) {
      const order = table === "events" ? "position" : "ctid"
      const text = `SELECT to_jsonb(t) AS row FROM foreman.${table} t WHERE ${where} ORDER BY ${order}`
      tables.push((await client.query<{ row: Row }>(text, [ids, since])).rows.map(({ row }) => row))
    }
    return Array.from({ length: Math.ceil(count / groupSize) }, (_, index) => {
      const [begin, end] = [index * groupSize, Math.min(count, (index + 1) * groupSize)]
      const part = (rows: ReadonlyArray<Row>) =>
        rows.slice((rows.length * begin) / count, (rows.length * end) / count)
      return { size: end - begin, values: tables.map((rows) => JSON.stringify(part(rows))) }
    })
  })

const drainer = async (url: string, other: string, workers: string): Promise<Drain.Drainer> => {
  const place = await PostgresForeman.prepare(url)
  const foreman = await Processes.start("./PostgresStarts.ts", "drainer", other, workers, "starts")
  await foreman.ask("ready")
  const clients = [1, 2].map(() => new Client({ connectionString: url }))
  for (const client of clients) await client.connect()
  await withClient(url, async (client) => {
    for (const table of Object.keys(added)) {
      await client.query(`ALTER TABLE foreman.${table} DISABLE TRIGGER USER`)
    }
  })
  let groups: Array<Group> = []
  return {
    fill: async (count) => {
      groups = [...(await record(foreman, other, count))]
      await withClient(url, async (client) => {
        for (const { values } of groups) await client.query(prepare, values.slice(-1))
        // As: these are the rows of tasks.
        const tasks = groups.flatMap(({ values }) => JSON.parse(values.at(-1) ?? "") as Array<Row>)
        await client.query(reset, [tasks.map(({ id }) => id)])
      })
    },
    start: async (take) => {
      const writing = clients.map(async (client) => {
        for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
          await client.query({
            name: "write",
            text: write,
            values: [...group.values, place.organization]
          })
          for (let started = 0; started < group.size; started++) take()
        }
      })
      return async () => void (await Promise.all(writing))
    },
    left: async () => groups.length,
    close: async () => {
      await foreman.end()
      for (const client of clients) await client.end()
    }
  }
}

const [, url = "", workers = "", other = ""] = process.argv.slice(2)
Drain.serve(await drainer(url, other, workers))
