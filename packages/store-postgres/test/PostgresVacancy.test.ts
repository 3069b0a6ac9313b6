import { Effect } from "effect"
import { Client } from "pg"
import { describe, expect, it, onTestFinished } from "vitest"

import * as FreshDatabase from "../../../tooling/src/postgres/FreshDatabase.ts"
import { databaseUrl } from "../../../tooling/src/postgres/testServer.ts"
import * as PostgresStore from "../src/PostgresStore.ts"
import * as PostgresVacancy from "../src/PostgresVacancy.ts"

const { ask } = FreshDatabase

const makeDatabase = async (): Promise<string> => {
  const { drop, url } = await FreshDatabase.make(await databaseUrl())
  onTestFinished(drop)
  return url
}

const look = (url: string) => Effect.runPromise(PostgresVacancy.look(url))

/** Makes a store in a database that had none, and does something with it. */
const makeIn = async (
  url: string,
  use: (
    store: Effect.Success<ReturnType<typeof PostgresStore.make>>
  ) => Effect.Effect<unknown, unknown> = () => Effect.void
): Promise<PostgresVacancy.Vacancy> => {
  const vacancy = await look(url)
  if (vacancy === undefined) throw new Error("There is a store already")
  await Effect.runPromise(Effect.scoped(Effect.flatMap(PostgresStore.make({ url }), use)))
  return vacancy
}

const restore = (vacancy: PostgresVacancy.Vacancy) =>
  Effect.runPromise(PostgresVacancy.restore(vacancy))

/** The schema of a store in a database, and the roles of one. */
const leftIn = async (url: string): Promise<ReadonlyArray<unknown>> => {
  const text = `SELECT nspname::text AS name FROM pg_namespace WHERE nspname = 'foreman'
    UNION ALL SELECT replace(rolname, d.oid::text, 'n') FROM pg_roles r, pg_database d
    WHERE d.datname = current_database() AND r.rolname LIKE 'foreman_' || d.oid || '_%' ORDER BY 1`
  return (await ask(url, text)).map(({ name }) => name)
}

const everything = ["foreman", "foreman_n_app", "foreman_n_reactor"]

describe("a database without a store", () => {
  it("has none again, and no role, when the one made there was never used", async () => {
    const url = await makeDatabase()
    const vacancy = await makeIn(url)
    expect(await leftIn(url)).toEqual(everything)
    expect(await look(url)).toBeUndefined()
    expect(await restore(vacancy)).toBe("gone")
    expect(await leftIn(url)).toEqual([])
    // Whoever makes one there after that is not hindered.
    expect(await restore(await makeIn(url))).toBe("gone")
    expect(await restore(vacancy)).toBe("gone")
  })

  it("keeps the roles that an administrator has made for one", async () => {
    const url = await makeDatabase()
    const [row] = await ask(url, "SELECT oid FROM pg_database WHERE datname = current_database()")
    const app = `foreman_${String(row?.["oid"])}_app`
    await ask(url, `CREATE ROLE ${app} NOLOGIN`)
    expect(await restore(await makeIn(url))).toBe("gone")
    expect(await leftIn(url)).toEqual(["foreman_n_app"])
  })

  it("is left to a store that somebody has written into", async () => {
    const url = await makeDatabase()
    const vacancy = await makeIn(url, ({ allocate }) => allocate("tasks", 1))
    expect(await restore(vacancy)).toBe("used")
    const other = await makeDatabase()
    const event = { stream: "task/1", type: "task.created", body: "{}" }
    const batch = { organization: "acme", reliesOn: [], steps: [], events: [event] }
    const written = await makeIn(other, ({ commit }) => commit(batch))
    expect(await restore(written)).toBe("used")
    for (const place of [url, other]) expect(await leftIn(place)).toEqual(everything)
  })

  it("is left to a store that was made before it was looked at", async () => {
    const url = await makeDatabase()
    const vacancy = await makeIn(url)
    const [row] = await ask(url, "SELECT now()::text AS at")
    expect(await restore({ ...vacancy, at: String(row?.["at"]) })).toBe("used")
    expect(await leftIn(url)).toEqual(everything)
  })

  it("is left to a store whose folder of artifacts is marked", async () => {
    const url = await makeDatabase()
    const vacancy = await makeIn(url)
    await ask(url, "UPDATE foreman.artifact_folder SET is_marked = true")
    expect(await restore(vacancy)).toBe("marked")
    expect(await leftIn(url)).toEqual(everything)
  })

  it("is left to whoever else is connected to it", async () => {
    const url = await makeDatabase()
    const vacancy = await makeIn(url)
    const other = new Client(url)
    await other.connect()
    expect(await restore(vacancy)).toBe("shared")
    expect(await leftIn(url)).toEqual(everything)
    await other.end()
    expect(await restore(vacancy)).toBe("gone")
  })

  it("is left for what keeps it there for good, also while somebody is connected", async () => {
    const url = await makeDatabase()
    const vacancy = await makeIn(url)
    const other = new Client(url)
    await other.connect()
    await other.query("UPDATE foreman.artifact_folder SET is_marked = true")
    expect(await restore(vacancy)).toBe("marked")
    await other.query("INSERT INTO foreman.sequences VALUES ('tasks', 2)")
    expect(await restore(vacancy)).toBe("used")
    await other.end()
    expect(await leftIn(url)).toEqual(everything)
  })

  it("is restored also by its owner, who is no superuser and sees no organization", async () => {
    const server = await makeDatabase()
    const name = `owner_${crypto.randomUUID().slice(0, 8)}`
    await ask(server, `CREATE ROLE ${name} LOGIN CREATEROLE PASSWORD 'secret'`)
    onTestFinished(async () => void (await ask(await databaseUrl(), `DROP ROLE ${name}`)))
    const { drop, name: database, url: address } = await FreshDatabase.make(await databaseUrl())
    onTestFinished(drop)
    await ask(server, `ALTER DATABASE ${database} OWNER TO ${name}`)
    const own = new URL(address)
    own.username = name
    own.password = "secret"
    const event = { stream: "task/1", type: "task.created", body: "{}" }
    const batch = { organization: "acme", reliesOn: [], steps: [], events: [event] }
    expect(await restore(await makeIn(own.href))).toBe("gone")
    expect(await leftIn(address)).toEqual([])
    const written = await makeIn(own.href, ({ commit }) => commit(batch))
    expect(await restore(written)).toBe("used")
    expect(await leftIn(address)).toEqual(everything)
  })
})
