/**
 * The database that one run of the tests uses: the one that `DATABASE_URL` names, else a server of its
 * own. `FOREMAN_TEST_POSTGRES` as `system` or `embedded` asks for a server of its own of that kind, as
 * a path for the programs of the package that lies there.
 */
import { isAbsolute } from "node:path"
import { oldestMajor, type Source } from "./Binaries.ts"
import { startPostgres } from "./PostgresServer.ts"

// models ----------------------------------------------------------------------

/** A database ready to be used, by a user who may make others. */
export interface TestDatabase {
  readonly url: string
  /** Which PostgreSQL it is, for a person. */
  readonly title: string
  readonly close: () => Promise<void>
}

// services --------------------------------------------------------------------

/** Opens what the environment names, or says in a sentence why there is nothing. */
export const open = async (environment: NodeJS.ProcessEnv): Promise<TestDatabase> => {
  const source = sourceOf(environment["FOREMAN_TEST_POSTGRES"])
  const given = environment["DATABASE_URL"]
  if (source.source === undefined && given !== undefined && given !== "") return use(given)
  const server = await startPostgres({
    ...source,
    // What is lost with this machine is made anew by the next run.
    fsync: false,
    settings: { max_connections: 300 }
  })
  const { programs, url, version } = server
  const title = `PostgreSQL ${version} of ${server.source === "embedded" ? "npm" : programs}`
  return { url, title, close: server.stop }
}

// internal --------------------------------------------------------------------

const sourceOf = (
  name: string | undefined
): { readonly source?: Source; readonly packageFolder?: string } => {
  if (name === undefined || name === "") return {}
  if (name === "system" || name === "embedded") return { source: name }
  if (isAbsolute(name)) return { source: "embedded", packageFolder: name }
  throw new Error(`FOREMAN_TEST_POSTGRES is ${name}; it is system, embedded or an absolute path`)
}

/** A server that somebody else keeps. It is looked at, and never ended. */
const use = async (url: string): Promise<TestDatabase> => {
  if (!/^postgres(?:ql)?:\/\//.test(url)) {
    throw new Error(
      "The tests use a DATABASE_URL that begins with postgres://; unset it or set that"
    )
  }
  const { Client } = (await import("pg")).default
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string; number: number; may: boolean }>(
      `select current_setting('server_version') as version,
        current_setting('server_version_num')::int as number,
        (select rolsuper from pg_roles where rolname = current_user) as may`
    )
    const [found] = rows
    if (found === undefined || found.number < oldestMajor * 10_000) {
      throw new Error(
        `it is version ${found?.version}, and ${oldestMajor} is the oldest that is used`
      )
    }
    if (!found.may) {
      throw new Error(
        "its user is no superuser, and the tests make databases and roles of their own"
      )
    }
    const title = `PostgreSQL ${found.version} of DATABASE_URL`
    return { url, title, close: () => Promise.resolve() }
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`DATABASE_URL cannot be used for the tests: ${detail}`, { cause })
  } finally {
    await client.end().catch(() => undefined)
  }
}
