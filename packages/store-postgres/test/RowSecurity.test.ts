import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { DatabaseError } from "pg"

import type { Driver } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"

import * as PostgresDatabases from "./PostgresDatabases.ts"

const event = { stream: "a", type: "b", body: "{}" }

const batch = (organization: string): Driver.Batch => ({
  organization,
  reliesOn: [],
  steps: [{ _tag: "Insert", table: "teams", row: { ...team, name: organization } }],
  events: [event],
  receipt: { key: "k", digest: "d", answer: "a" }
})

const team = { id: "t", slug: "s", settings: "{}", created_at: 0 }

/** A database with two organizations, and the names of its roles. */
const lived = Effect.gen(function* () {
  const url = yield* PostgresDatabases.database
  yield* Effect.scoped(
    Effect.gen(function* () {
      const store = yield* PostgresStore.make({ url })
      yield* store.commit(batch("acme"))
      yield* store.commit(batch("other"))
    })
  )
  const [row] = yield* Effect.promise(() =>
    PostgresDatabases.rows(url, "SELECT oid FROM pg_database WHERE datname = current_database()")
  )
  const id = String(row?.["oid"])
  return { url, app: `foreman_${id}_app`, reactor: `foreman_${id}_reactor` }
})

/** What a session in a role is answered, statement by statement: a count of rows, or the refusal. */
const session = (url: string, role: string, statements: ReadonlyArray<string>) =>
  Effect.promise(() =>
    PostgresDatabases.onDatabase(url, async (client) => {
      await client.query(`SET ROLE ${role}; SET search_path = foreman`)
      const answers: Array<number | string | null> = []
      for (const statement of statements) {
        answers.push(
          await client.query(statement).then(
            ({ rowCount }) => rowCount,
            (cause: unknown) => (cause instanceof DatabaseError ? cause.message : String(cause))
          )
        )
      }
      return answers
    })
  )

describe("row-level security", () => {
  it.live("is forced on every table with an organization", () =>
    Effect.gen(function* () {
      const { url } = yield* lived
      const open = yield* Effect.promise(() =>
        PostgresDatabases.rows(
          url,
          `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'foreman'::regnamespace AND c.relkind = 'r'
             AND a.attname = 'organization' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`
        )
      )
      expect(open).toEqual([])
    })
  )

  it.live("shows a session the rows of its transaction's organization and no others", () =>
    Effect.gen(function* () {
      const { app, url } = yield* lived
      const tables = ["events", "heads", "receipts", "teams"]
      const count = tables.map((name) => `SELECT FROM ${name}`)
      const name = (organization: string) => `SET foreman.organization = '${organization}'`
      const answers = yield* session(url, app, [
        ...count,
        name("acme"),
        ...count,
        `SELECT FROM events WHERE organization = 'other'`,
        `UPDATE teams SET name = 'x' WHERE organization = 'other'`,
        `DELETE FROM receipts WHERE organization = 'other'`,
        name("nobody"),
        ...count
      ])
      expect(answers).toEqual([0, 0, 0, 0, null, 1, 1, 1, 1, 0, 0, 0, null, 0, 0, 0, 0])
    })
  )

  it.live("keeps a session from writing for another organization", () =>
    Effect.gen(function* () {
      const { app, url } = yield* lived
      const values = `'b', 't2', 'n', 's2', '{}', 0`
      const answers = yield* session(url, app, [
        "SET foreman.organization = 'acme'",
        `INSERT INTO teams VALUES (${values})`,
        "UPDATE teams SET organization = 'other'",
        "INSERT INTO directory VALUES ('team', 'x', 'other')",
        "INSERT INTO directory VALUES ('team', 'x', 'acme')"
      ])
      const refused = (table: string) =>
        `new row violates row-level security policy for table "${table}"`
      expect(answers).toEqual([null, refused("teams"), refused("teams"), refused("directory"), 1])
    })
  )
})

describe("the role of the store", () => {
  it.live("cannot change an event, nor what protects the events and the rows", () =>
    Effect.gen(function* () {
      const { app, url } = yield* lived
      const answers = yield* session(url, app, [
        "SET foreman.organization = 'acme'",
        "UPDATE events SET body = 'x'",
        "DELETE FROM events",
        "TRUNCATE events",
        "DROP TRIGGER events_immutable ON events",
        "ALTER TABLE events DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE teams NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own ON teams",
        "SET session_replication_role = replica",
        "DROP TABLE teams",
        "CREATE TABLE foreman.mine (a int)",
        "INSERT INTO migrations VALUES (99, 'x')",
        "UPDATE secrets SET value = ''",
        "INSERT INTO secrets VALUES ('mine', '')",
        "CREATE OR REPLACE FUNCTION foreman.ask_path(text, bigint, bigint) RETURNS bigint " +
          "LANGUAGE sql AS 'SELECT 1'"
      ])
      for (const answer of answers.slice(1)) {
        expect(answer).toMatch(/permission denied|must be owner/)
      }
    })
  )

  it.live("bypasses nothing, may not log in, and has no rights in another store's database", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* lived, yield* lived]
      const roles = yield* Effect.promise(() =>
        PostgresDatabases.rows(
          one.url,
          `SELECT rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb AS may
           FROM pg_roles WHERE rolname IN ($1, $2)`,
          [one.app, one.reactor]
        )
      )
      expect(roles).toEqual([{ may: false }, { may: false }])
      for (const [role, table] of [
        [one.app, "teams"],
        [one.reactor, "heads"]
      ] as const) {
        expect(yield* session(two.url, role, [`SELECT FROM foreman.${table}`])).toEqual([
          "permission denied for schema foreman"
        ])
      }
    })
  )

  it.live("is taken on at once where a superuser connects", () =>
    Effect.gen(function* () {
      const { app, reactor, url } = yield* lived
      yield* Effect.promise(() =>
        PostgresDatabases.execute(
          url,
          `ALTER TABLE foreman.receipts ADD COLUMN writer text DEFAULT current_user;
           ALTER TABLE foreman.sequences ADD COLUMN writer text DEFAULT current_user`
        )
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const store = yield* PostgresStore.make({ url })
          yield* store.commit({ ...batch("third"), steps: [] })
          yield* store.allocate("numbers", 1)
        })
      )
      const writers = yield* Effect.promise(() =>
        PostgresDatabases.rows(
          url,
          `SELECT writer FROM foreman.receipts WHERE organization = 'third'
           UNION ALL SELECT writer FROM foreman.sequences`
        )
      )
      expect(writers).toEqual([{ writer: app }, { writer: app }])
      expect(reactor).not.toBe(app)
    })
  )
})

describe("the role of reactors", () => {
  it.live("sees where all organizations stand, and nothing else of them", () =>
    Effect.gen(function* () {
      const { reactor, url } = yield* lived
      const answers = yield* session(url, reactor, [
        "SELECT FROM heads",
        "SELECT FROM organizations",
        "UPDATE heads SET position = 9",
        "SELECT FROM events",
        "SELECT FROM tasks",
        "SELECT FROM receipts",
        "SELECT FROM secrets"
      ])
      expect(answers.slice(0, 2)).toEqual([2, 0])
      for (const answer of answers.slice(2)) expect(answer).toMatch(/permission denied/)
    })
  )
})
