import { Effect, Result } from "effect"
import { describe, expect, it, onTestFinished } from "vitest"

import * as FreshDatabase from "../../../tooling/src/postgres/FreshDatabase.ts"
import { databaseUrl } from "../../../tooling/src/postgres/testServer.ts"
import * as PostgresStore from "../src/PostgresStore.ts"
import * as TestPooler from "./TestPooler.ts"

const { ask } = FreshDatabase

const makeDatabase = async (): Promise<FreshDatabase.FreshDatabase> => {
  const database = await FreshDatabase.make(await databaseUrl())
  onTestFinished(database.drop)
  return database
}

/** A user of the server who may only log in, and the address by which that one comes. */
const makeUser = async (url: string): Promise<{ name: string; url: string }> => {
  const name = `user_${crypto.randomUUID().slice(0, 8)}`
  await ask(url, `CREATE ROLE ${name} LOGIN PASSWORD 'its own secret'`)
  onTestFinished(async () => {
    await ask(url, `DROP OWNED BY ${name} CASCADE`).catch(() => undefined)
    await ask(await databaseUrl(), `DROP ROLE ${name}`)
  })
  const address = new URL(url)
  address.username = name
  address.password = "its own secret"
  return { name, url: address.href }
}

const open = async (url: string, readOnly = false): Promise<string> => {
  const opened = await Effect.runPromise(
    Effect.result(Effect.scoped(PostgresStore.make({ url, readOnly, connectMilliseconds: 9_000 })))
  )
  if (Result.isSuccess(opened)) return "opened"
  const { cause, operation, retryable } = opened.failure
  expect(operation).toBe("open")
  expect(cause).toBeInstanceOf(PostgresStore.DatabaseUnusable)
  const unusable = cause as PostgresStore.DatabaseUnusable
  expect(retryable).toBe(unusable.reason === "unreachable")
  expect(unusable.message).not.toMatch(/secret|\n/)
  return `${unusable.reason}: ${unusable.message}`
}

const rolesOf = async (url: string): Promise<ReadonlyArray<unknown>> => {
  const text = `SELECT rolname FROM pg_roles r, pg_database d WHERE d.datname = current_database()
    AND r.rolname LIKE 'foreman_' || d.oid || '_%' ORDER BY rolname`
  return (await ask(url, text)).map(({ rolname }) => rolname)
}

/** What there is of Foreman in a database. */
const left = async (url: string): Promise<unknown> =>
  (await ask(url, "SELECT count(*)::int AS count FROM pg_namespace WHERE nspname = 'foreman'"))[0]

const changed = (url: string, change: (address: URL) => void): string => {
  const address = new URL(url)
  change(address)
  return address.href
}

describe("an address that leads to no database", () => {
  it.each([
    "mysql://u:secret@localhost/f",
    "postgres://u:secret@host:port/f",
    "postgres://u:sec#ret@localhost/f",
    "postgres://u:sec@ret@localhost/f",
    "localhost/f",
    ""
  ])("is refused as %j, without a piece of its password", async (url) => {
    const refusal = await open(url)
    expect(refusal).toMatch(/^url: .*postgres:\/\/user:password@host:5432\/database/)
    expect(refusal).not.toMatch(/sec|ret@/)
  })

  it("is refused where nothing listens, and where nobody answers", async () => {
    expect(await open("postgres://u:secret@127.0.0.1:1/f")).toBe(
      "unreachable: PostgreSQL cannot be reached at 127.0.0.1:1 " +
        "(connect ECONNREFUSED 127.0.0.1:1): is it running?"
    )
    expect(await open("postgres://u:secret@nowhere.invalid/f")).toMatch(
      /^unreachable: PostgreSQL cannot be reached at nowhere\.invalid \(.*ENOTFOUND|EAI_AGAIN/
    )
  })

  it("is refused with a wrong password, and as nobody", async () => {
    const { url } = await makeDatabase()
    const { host } = new URL(url)
    const wrong = changed(url, (address) => (address.password = "secret"))
    expect(await open(wrong)).toBe(
      `login: PostgreSQL at ${host} does not let postgres in: ` +
        'password authentication failed for user "postgres"'
    )
    const stranger = changed(url, (address) => (address.username = "stranger"))
    expect(await open(stranger)).toMatch(/^login: .* does not let stranger in: /)
  })

  it("is refused with a name that no database has", async () => {
    const server = await databaseUrl()
    const { host } = new URL(server)
    expect(await open(changed(server, (address) => (address.pathname = "/nowhere")))).toBe(
      `unknown_database: There is no database nowhere at ${host}: make it, or name another one.`
    )
  })
})

describe("a pooler", () => {
  const start = async (options: Pick<TestPooler.Options, "mode" | "next">) => {
    const { url } = await makeDatabase()
    const pooler = await TestPooler.start(url, { connections: 20, ...options })
    onTestFinished(pooler.stop)
    return { url, through: pooler.url }
  }

  it("that keeps no sessions is refused, and nothing is made through it", async () => {
    for (const next of ["latest", "oldest", "latest"] as const) {
      const { through, url } = await start({ mode: "transaction", next })
      expect(await open(through)).toBe(
        "pooler: The address is that of a pooler that keeps no sessions (transaction pooling): give " +
          "Foreman the address of the server itself, or of a pool in session mode."
      )
      expect(await left(url)).toEqual({ count: 0 })
    }
  })

  it("that keeps sessions is as good as the server", async () => {
    const { through } = await start({ mode: "session", next: "latest" })
    expect(await open(through)).toBe("opened")
  })
})

describe("a user without rights", () => {
  it("is told who may make the roles, and may begin when they are made", async () => {
    const { name, url } = await makeDatabase()
    const user = await makeUser(url)
    await ask(url, `GRANT CREATE ON DATABASE ${name} TO ${user.name}`)
    const refusal = await open(user.url)
    expect(refusal).toMatch(/^roles: The user user_\w+ may not make the two roles .* Let an admin/)
    expect(await left(url)).toEqual({ count: 0 })
    const [, remedy = ""] = /run once: (.*)$/.exec(refusal) ?? []
    await ask(url, remedy)
    expect(await open(user.url)).toBe("opened")
    expect(await open(user.url)).toBe("opened")
  })

  it("is told that it may not make the schema, and nothing is half made", async () => {
    const { name, url } = await makeDatabase()
    const user = await makeUser(url)
    await ask(url, `ALTER ROLE ${user.name} CREATEROLE`)
    const refusal = await open(user.url)
    expect(refusal).toBe(
      `rights: The user ${user.name} has not the rights to use the database ${name} and to make ` +
        `Foreman's schema in it, or to change that (permission denied for database ${name}): start ` +
        `once as the database's owner, or let that one run: ` +
        `GRANT CONNECT, CREATE ON DATABASE "${name}" TO "${user.name}";`
    )
    expect(await left(url)).toEqual({ count: 0 })
    expect(await rolesOf(url)).toEqual([])
    const [, remedy = ""] = /that one run: (.*)$/.exec(refusal) ?? []
    await ask(url, `REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`)
    expect(await open(user.url)).toBe(
      refusal.replace(/denied for database (\w+)/, 'denied for database "$1"')
    )
    await ask(url, remedy)
    expect(await open(user.url)).toBe("opened")
  })

  it("is told whose a schema is that was restored as another user, and what opens it", async () => {
    const { name, url } = await makeDatabase()
    expect(await open(url)).toBe("opened")
    const user = await makeUser(url)
    const [owner] = await ask(url, "SELECT current_user AS name")
    const [app, reactor] = await rolesOf(url)
    await ask(url, `GRANT ${app}, ${reactor} TO ${user.name}`)
    // A restored schema has no rights for the roles of its database.
    await ask(url, `REVOKE ALL ON SCHEMA foreman FROM ${app}, ${reactor}`)
    await ask(url, `ALTER DATABASE ${name} OWNER TO ${user.name}`)
    for (const readOnly of [false, true]) {
      expect(await open(user.url, readOnly)).toBe(
        `rights: The schema foreman of the database ${name} belongs to the user ${owner?.["name"]}, ` +
          `and ${user.name} has not the rights to use or change it: restore the backup as ` +
          `${user.name} into an empty database, or start once as ${owner?.["name"]}.`
      )
    }
    expect(await open(url)).toBe("opened")
    expect(await open(user.url)).toBe("opened")
    await ask(url, `ALTER DATABASE ${name} OWNER TO CURRENT_USER`)
  })

  it("needs no right but the two roles in a store that is there", async () => {
    const { url } = await makeDatabase()
    expect(await open(url)).toBe("opened")
    const user = await makeUser(url)
    expect(await open(user.url)).toMatch(/^roles: .* run once: GRANT "foreman_\d+_app", /)
    const [, remedy = ""] = /run once: (.*)$/.exec(await open(user.url)) ?? []
    await ask(url, remedy)
    expect(await open(user.url)).toBe("opened")
  })
})

describe("a database that is no store of this program", () => {
  it("is refused when its schema is somebody else's, and stays as it is", async () => {
    const { name, url } = await makeDatabase()
    await ask(url, "CREATE SCHEMA foreman")
    await ask(url, "CREATE TABLE foreman.tasks AS SELECT 'mine' AS whose")
    for (const readOnly of [false, true]) {
      expect(await open(url, readOnly)).toBe(
        `foreign: The schema foreman of the database ${name} belongs to something else than Foreman: ` +
          "name another database for the store."
      )
    }
    expect(await ask(url, "SELECT whose FROM foreman.tasks")).toEqual([{ whose: "mine" }])
    const tables = await ask(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'foreman'")
    expect(tables).toEqual([{ tablename: "tasks" }])
  })

  it("is refused when a newer Foreman wrote it", async () => {
    const { name, url } = await makeDatabase()
    await open(url)
    await ask(url, "INSERT INTO foreman.migrations (number, name) VALUES (99, 'later')")
    for (const readOnly of [false, true]) {
      expect(await open(url, readOnly)).toMatch(
        `newer: The database ${name} was written by a newer Foreman (schema 99, this one knows `
      )
    }
  })

  it("is not brought up to date by who only looks", async () => {
    const { name, url } = await makeDatabase()
    expect(await open(url, true)).toBe(
      `empty: The database ${name} holds no store yet: start Foreman's server once to make it.`
    )
    expect(await left(url)).toEqual({ count: 0 })
    await open(url)
    expect(await open(url, true)).toBe("opened")
    // Only the numbers: what they stand for is there, and is in the way of a second time.
    const newest = await ask(
      url,
      "DELETE FROM foreman.migrations WHERE number > 10 RETURNING number"
    )
    expect(await open(url, true)).toMatch(
      /^older: .* was written by an older Foreman \(schema \d+, /
    )
    // A migration that fails undoes all of itself, and says so.
    const before = await ask(url, "SELECT count(*)::int FROM pg_class")
    const failed = Effect.runPromise(Effect.flip(Effect.scoped(PostgresStore.make({ url }))))
    expect((await failed).message).toMatch(/^The store failed at open: .* already exists$/)
    expect(await ask(url, "SELECT count(*)::int FROM pg_class")).toEqual(before)
    await ask(url, "INSERT INTO foreman.migrations SELECT unnest($1::int[]), 'again'", [
      newest.map(({ number }) => number)
    ])
    expect(await open(url)).toBe("opened")
  })

  it("is refused when its server is too old", async () => {
    const { name, url } = await makeDatabase()
    // The real server with the number of an old one: a function of the same name comes first.
    await ask(url, "CREATE SCHEMA old")
    await ask(
      url,
      `CREATE FUNCTION old.current_setting(name text) RETURNS text LANGUAGE sql AS $$
         SELECT CASE name WHEN 'server_version_num' THEN '130014' WHEN 'server_version' THEN '13.14'
           ELSE pg_catalog.current_setting(name) END $$`
    )
    await ask(url, `ALTER DATABASE ${name} SET search_path = old, pg_catalog`)
    expect(await open(url)).toBe(
      "version: The server is PostgreSQL 13.14: Foreman needs 14 or newer."
    )
    expect(await left(url)).toEqual({ count: 0 })
  })

  it("is refused when it cannot hold every text", async () => {
    const server = await databaseUrl()
    const name = `latin_${crypto.randomUUID().slice(0, 8)}`
    await ask(
      server,
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'
         ${(await isIcu(server)) ? "LOCALE_PROVIDER libc" : ""}`
    )
    onTestFinished(async () => void (await ask(server, `DROP DATABASE ${name}`)))
    const url = changed(server, (address) => (address.pathname = `/${name}`))
    expect(await open(url)).toMatch(/^encoding: The database latin_\w+ is encoded in LATIN1, /)
    expect(await left(url)).toEqual({ count: 0 })
  })
})

const isIcu = async (server: string): Promise<boolean> => {
  const text = "SELECT current_setting('server_version_num')::int >= 150000 AS can"
  return (await ask(server, text))[0]?.["can"] === true
}
