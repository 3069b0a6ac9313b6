import { createHash } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { text } from "../src/Functions.ts"
import * as Migration0001 from "../src/Migration0001.ts"
import * as Migration0002 from "../src/Migration0002.ts"
import * as Migration0003 from "../src/Migration0003.ts"
import * as Migration0004 from "../src/Migration0004.ts"
import * as Migration0005 from "../src/Migration0005.ts"
import * as Migration0009 from "../src/Migration0009.ts"
import * as Migrations from "../src/Migrations.ts"
import { database, execute, rows } from "./PostgresDatabases.ts"

it("says of a schema why it has to be seen to first", () => {
  const wordsOf = (number: number) => Migrations.older("f", number).message
  expect(wordsOf(0)).toMatch(/holds no store yet/)
  expect(wordsOf(1)).toMatch(/was written by an older Foreman \(schema 1, this one knows \d+\)/)
  expect(wordsOf(Migrations.newest())).toMatch(/was restored and not started since/)
})

it("makes the functions again where they have changed", () => {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 16)
  // A database gets new functions with a migration only. Where this fails after a release, add an
  // empty migration and write both down anew; before it, write down the digest.
  expect([Migrations.newest(), digest]).toEqual([15, "03688a2fa788422d"])
})

const kept = `
ALTER TABLE foreman.organizations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE foreman.artifacts NO FORCE ROW LEVEL SECURITY;
INSERT INTO foreman.organizations (organization, name, slug, created_at) VALUES
  ('acme', 'Acme', 'acme', 1), ('other', 'Other', 'other', 1);
INSERT INTO foreman.artifacts
  (organization, id, run_id, task_id, kind, name, content_type, size, digest, created_at)
VALUES
  ('acme', 'a1', 'r1', 1, 'log', 'output.log', 'text/plain', 5, 'd', 1),
  ('acme', 'a2', 'r2', 1, 'log', 'output.log', 'text/plain', 7, 'd', 2);
ALTER TABLE foreman.organizations FORCE ROW LEVEL SECURITY;
ALTER TABLE foreman.artifacts FORCE ROW LEVEL SECURITY;
`

it.live("makes of artifacts that were here the outputs of their runs, listed and counted", () =>
  Effect.gen(function* () {
    const url = yield* database
    const before = [Migration0001, Migration0002, Migration0003, Migration0004, Migration0005]
    const text = [...before.map((migration) => migration.text), kept, Migration0009.text]
    yield* Effect.promise(() => execute(url, `CREATE SCHEMA foreman; ${text.join("\n")}`))
    const all = (query: string) => Effect.promise(() => rows(url, query))
    // A server's own user passes the row security of tables.
    expect(
      yield* all("SELECT id, kind, path, is_removed FROM foreman.artifacts ORDER BY id")
    ).toEqual([
      { id: "a1", kind: "run_log", path: "runs/r1/output.log", is_removed: false },
      { id: "a2", kind: "run_log", path: "runs/r2/output.log", is_removed: false }
    ])
    expect(yield* all("SELECT id, organization FROM foreman.directory ORDER BY id")).toEqual([
      { id: "a1", organization: "acme" },
      { id: "a2", organization: "acme" }
    ])
    const bytes = "SELECT organization, artifact_bytes::int AS bytes FROM foreman.organizations"
    expect(yield* all(`${bytes} ORDER BY organization`)).toEqual([
      { organization: "acme", bytes: 12 },
      { organization: "other", bytes: 0 }
    ])
  })
)
