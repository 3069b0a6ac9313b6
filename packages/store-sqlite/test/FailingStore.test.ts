import { SqliteStore } from "@foreman/store-sqlite"
import { FailingStoreSuite } from "@foreman/testkit"

import * as SqliteFiles from "./SqliteFiles.ts"

FailingStoreSuite.run(
  "sqlite",
  { location: SqliteFiles.file, layer: (filename) => SqliteStore.layer({ filename }) },
  // The store in memory is tried in every way; here it is about commits that happen all the same.
  { manners: [{ moment: "after", way: "error" }] }
)
