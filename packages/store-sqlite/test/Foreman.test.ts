import { SqliteStore } from "@foreman/store-sqlite"
import { ForemanSuite } from "@foreman/testkit"

import * as SqliteFiles from "./SqliteFiles.ts"

ForemanSuite.run("sqlite", {
  location: SqliteFiles.file,
  layer: (filename) => SqliteStore.layer({ filename })
})
