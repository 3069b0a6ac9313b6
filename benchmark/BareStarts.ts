/**
 * The least that starts with their whole history can cost PostgreSQL: the rows that Foreman has written
 * for them in another database, written again into the same tables by the bare driver.
 *
 * With `least` only what tells and fences a start: its events, its run, its lease and the task.
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

/** A group: its tasks as they become, and the arrays of all columns, as the statement takes them. */
interface Group {
  readonly size: number
  readonly tasks: ReadonlyArray<Row>
  readonly values: ReadonlyArray<ReadonlyArray<unknown>>
}

type Row = Readonly<Record<string, unknown>>

/** A table, and which of its columns are written, by their types. */
interface Written {
  readonly table: string
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }>
}

// rules -----------------------------------------------------------------------

const [, url = "", workers = "", extent = "", other = ""] = process.argv.slice(2)

/** As many as Foreman writes together for 32 workers: half of them. */
const groupSize = 16

/** What a start adds: which rows of which table, given the ids of runs as `$1`. */
const everything = {
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

const least = ["events", "runs", "lease_spans", "tasks"]

const added = Object.entries(everything).filter(
  ([table]) => extent !== "least" || least.includes(table)
)

const taskKey = ["organization", "id"]

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

/** As the server is told: who takes JSON apart, or rows, needs more of its time than for arrays. */
const statementOf = (tables: ReadonlyArray<Written>): string => {
  let last = 0
  const parts = tables.map(({ columns, table }) => {
    const names = columns.map(({ name }) => name)
    const arrays = columns.map(({ type }) => `$${(last += 1)}::${type}[]`)
    const rows = `unnest(${arrays.join(", ")})`
    if (table !== "tasks") {
      return `${table} AS (INSERT INTO foreman.${table} (${names.join(", ")}) SELECT * FROM ${rows})`
    }
    const set = changed.map((name) => `${name} = r.${name}`).join(", ")
    return `tasks AS (UPDATE foreman.tasks t SET ${set} FROM ${rows} r(${names.join(", ")})
      WHERE t.organization = r.organization AND t.id = r.id)`
  })
  return `WITH ${parts.join(",\n")}
    UPDATE foreman.heads SET position = position + 1 WHERE organization = $${last + 1}`
}

/** The tasks as they are before. */
const prepare = `INSERT INTO foreman.tasks
  SELECT * FROM jsonb_populate_recordset(NULL::foreman.tasks, $1::jsonb)`

const reset = `UPDATE foreman.tasks SET status = 'todo', assignee_id = NULL, live_run_id = NULL,
  last_run_id = NULL, last_agent_id = NULL, attempts = 0 WHERE id = ANY($1)`

// operations ------------------------------------------------------------------

/** Lets Foreman start so many in the other database, and answers what it has written for that. */
const record = async (
  foreman: Processes.Process,
  other: string,
  written: ReadonlyArray<Written>,
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
    for (const [table, where] of added) {
      const order = table === "events" ? "position" : "ctid"
      const text = `SELECT to_jsonb(t) AS row FROM foreman.${table} t WHERE ${where} ORDER BY ${order}`
      tables.push((await client.query<{ row: Row }>(text, [ids, since])).rows.map(({ row }) => row))
    }
    return Array.from({ length: Math.ceil(count / groupSize) }, (_, index) => {
      const [begin, end] = [index * groupSize, Math.min(count, (index + 1) * groupSize)]
      const rows = tables.map((all) =>
        all.slice((all.length * begin) / count, (all.length * end) / count)
      )
      const values = written.flatMap(({ columns }, place) =>
        columns.map(({ name }) => (rows[place] ?? []).map((row) => row[name]))
      )
      return { size: end - begin, tasks: rows.at(-1) ?? [], values }
    })
  })

/** The columns of what a start writes: all of a row that it adds, of a task those that it changes. */
const columnsOf = (url: string): Promise<ReadonlyArray<Written>> =>
  withClient(url, async (client) => {
    const all: Array<Written> = []
    for (const [table] of added) {
      const { rows } = await client.query<{ name: string; type: string }>(
        `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
        [`foreman.${table}`]
      )
      const columns = rows.filter(
        ({ name }) => table !== "tasks" || [...taskKey, ...changed].includes(name)
      )
      all.push({ table, columns })
    }
    return all
  })

const drainer = async (): Promise<Drain.Drainer> => {
  const place = await PostgresForeman.prepare(url)
  const foreman = await Processes.start("./PostgresStarts.ts", "drainer", other, workers, "starts")
  await foreman.ask("ready")
  const clients = [1, 2].map(() => new Client({ connectionString: url }))
  for (const client of clients) await client.connect()
  await withClient(url, async (client) => {
    for (const [table] of added) {
      await client.query(`ALTER TABLE foreman.${table} DISABLE TRIGGER USER`)
    }
  })
  const written = await columnsOf(url)
  const text = statementOf(written)
  let groups: Array<Group> = []
  return {
    fill: async (count) => {
      groups = [...(await record(foreman, other, written, count))]
      await withClient(url, async (client) => {
        for (const { tasks } of groups) await client.query(prepare, [JSON.stringify(tasks)])
        await client.query(reset, [groups.flatMap(({ tasks }) => tasks.map(({ id }) => id))])
      })
    },
    start: async (take) => {
      const writing = clients.map(async (client) => {
        for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
          await client.query({ name: "write", text, values: [...group.values, place.organization] })
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

Drain.serve(await drainer())
