import { Effect } from "effect"

import { SqliteStore } from "@foreman/store-sqlite"
import { ProcessesSuite } from "@foreman/testkit"

import * as SqliteFiles from "./SqliteFiles.ts"

ProcessesSuite.run("one file", {
  location: SqliteFiles.file,
  layer: (filename) => SqliteStore.layer({ filename }),
  writer: new URL("./writer.ts", import.meta.url),
  flags: ["--conditions=@foreman/source"],
  migrations: (filename) =>
    Effect.sync(() =>
      SqliteFiles.rows(filename, "SELECT number FROM migrations").map(({ number }) =>
        Number(number)
      )
    )
})
