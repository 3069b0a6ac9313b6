import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { SqliteStore } from "@foreman/store-sqlite"
import { DoctorSuite } from "@foreman/testkit"

import * as SqliteFiles from "./SqliteFiles.ts"

DoctorSuite.run("SQLite", {
  location: SqliteFiles.file,
  layer: (filename) => SqliteStore.layer({ filename }),
  onlooking: (filename) => SqliteStore.layer({ filename, readOnly: true }),
  force: SqliteFiles.console.force,
  heads: (filename) => Effect.sync(() => SqliteFiles.rows(filename, "SELECT * FROM heads"))
})

describe("a file that is open for reading only", () => {
  it.live("is not made, and is neither a stranger's nor an older one", () =>
    Effect.gen(function* () {
      const onlooking = (filename: string) => SqliteStore.make({ filename, readOnly: true })
      const refusal = (filename: string) =>
        Effect.map(Effect.scoped(Effect.flip(onlooking(filename))), ({ message }) => message)
      const missing = yield* SqliteFiles.file
      expect(yield* refusal(missing)).toContain("unable to open")
      expect(yield* refusal(missing)).toContain("unable to open")
      SqliteFiles.execute(missing, "CREATE TABLE notes (text TEXT)")
      expect(yield* refusal(missing)).toContain("something else than Foreman")
      const older = yield* SqliteFiles.file
      yield* Effect.scoped(SqliteStore.make({ filename: older }))
      SqliteFiles.execute(older, "DELETE FROM migrations WHERE number > 1")
      expect(yield* refusal(older)).toContain("older Foreman (schema 1")
    })
  )
})
