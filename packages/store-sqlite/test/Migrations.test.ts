import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"

import * as Migration0001 from "../src/Migration0001.ts"
import * as Migration0002 from "../src/Migration0002.ts"
import * as Migration0008 from "../src/Migration0008.ts"

const kept = `
INSERT INTO organizations (organization, name, slug, created_at) VALUES
  ('acme', 'Acme', 'acme', 1), ('other', 'Other', 'other', 1);
INSERT INTO artifacts
  (organization, id, run_id, task_id, kind, name, content_type, size, digest, created_at)
VALUES
  ('acme', 'a1', 'r1', 1, 'log', 'output.log', 'text/plain', 5, 'd', 1),
  ('acme', 'a2', 'r2', 1, 'log', 'output.log', 'text/plain', 7, 'd', 2);
`

describe("migration 8", () => {
  it("makes of what was here the output of its run, by a path, listed and counted", () => {
    const database = new DatabaseSync(":memory:")
    database.exec(Migration0001.text + Migration0002.text + kept + Migration0008.text)
    const all = (text: string) =>
      database
        .prepare(text)
        .all()
        .map((row) => ({ ...row }))
    assert.deepStrictEqual(
      all("SELECT id, kind, path, summary, is_removed FROM artifacts ORDER BY id"),
      [
        { id: "a1", kind: "run_log", path: "runs/r1/output.log", summary: "", is_removed: 0 },
        { id: "a2", kind: "run_log", path: "runs/r2/output.log", summary: "", is_removed: 0 }
      ]
    )
    assert.deepStrictEqual(all("SELECT id, organization FROM directory ORDER BY id"), [
      { id: "a1", organization: "acme" },
      { id: "a2", organization: "acme" }
    ])
    assert.deepStrictEqual(
      all("SELECT organization, artifact_bytes FROM organizations ORDER BY organization"),
      [
        { organization: "acme", artifact_bytes: 12 },
        { organization: "other", artifact_bytes: 0 }
      ]
    )
  })
})
