/**
 * The least that handing over work with PostgreSQL can be: a statement that inserts a row and
 * notifies, and another one that claims it, each with a commit of its own.
 *
 * @since 0.1.0
 */
import { Client, Pool } from "pg"
import * as Drain from "./Drain.ts"
import * as Pickup from "./Pickup.ts"

// rules -----------------------------------------------------------------------

const tables = `
  CREATE TABLE IF NOT EXISTS jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payload jsonb NOT NULL,
    is_ready boolean NOT NULL DEFAULT true
  );
  CREATE INDEX IF NOT EXISTS jobs_ready ON jobs (id) WHERE is_ready`

const insert = `
  WITH job AS (INSERT INTO jobs (payload) VALUES ($1) RETURNING id)
  SELECT id, pg_notify('jobs', '') FROM job`

const claim = `
  UPDATE jobs SET is_ready = false
  WHERE id = (SELECT id FROM jobs WHERE is_ready ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING id, payload`

const complete = "DELETE FROM jobs WHERE id = $1"

/** Several, so that nobody waits for a connection. */
const connections = 10

// operations ------------------------------------------------------------------

const produce = async (url: string): Promise<Pickup.Producer> => {
  const pool = new Pool({ connectionString: url, max: connections })
  await pool.query(tables)
  const send = async (number: number) => {
    const values = [JSON.stringify({ number })]
    const { rows } = await pool.query<{ id: string }>({ name: "insert", text: insert, values })
    return rows[0]?.id ?? ""
  }
  return { send, close: () => pool.end() }
}

const consume: Pickup.Consume = async (url, take) => {
  const pool = new Pool({ connectionString: url, max: connections })
  // Connected before the first notice comes, as a worker is.
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()))
  for (const client of clients) client.release()
  const listener = new Client({ connectionString: url })
  await listener.connect()
  const drain = async (): Promise<void> => {
    const { rows } = await pool.query<{ id: string }>({ name: "claim", text: claim })
    const [job] = rows
    if (job === undefined) return
    take(job.id)
    await drain()
  }
  listener.on("notification", () => void drain())
  await listener.query("LISTEN jobs")
  return {
    close: async () => {
      await listener.end()
      await pool.end()
    }
  }
}

/** Workers that each claim one, call its handler, and delete it. */
const drainer = async (url: string, workers: number): Promise<Drain.Drainer> => {
  const pool = new Pool({ connectionString: url, max: workers })
  await pool.query(tables)
  const work = async (take: () => void): Promise<void> => {
    const { rows } = await pool.query<{ id: string }>({ name: "claim", text: claim })
    const [job] = rows
    if (job === undefined) return
    take()
    await pool.query({ name: "complete", text: complete, values: [job.id] })
    await work(take)
  }
  return {
    fill: async (count) => {
      const text = `INSERT INTO jobs (payload)
        SELECT jsonb_build_object('number', number) FROM generate_series(1, $1::int) AS number`
      await pool.query(text, [count])
    },
    start: async (take) => {
      const all = Promise.all(Array.from({ length: workers }, () => work(take)))
      return async () => void (await all)
    },
    left: async () => {
      const text = "SELECT count(*)::int AS left FROM jobs WHERE is_ready"
      return Number((await pool.query(text)).rows[0]?.left)
    },
    close: () => pool.end()
  }
}

const [side, url = "", workers] = process.argv.slice(2)
if (side === "drainer") Drain.serve(await drainer(url, Number(workers)))
else await Pickup.serve(produce, consume)
