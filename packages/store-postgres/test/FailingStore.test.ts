import { PostgresStore } from "@foreman/store-postgres"
import { FailingStoreSuite } from "@foreman/testkit"

import * as PostgresDatabases from "./PostgresDatabases.ts"

FailingStoreSuite.run(
  "postgres",
  { location: PostgresDatabases.emptied(), layer: (url) => PostgresStore.layer({ url }) },
  // The store in memory is tried in every way; here it is about commits that happen all the same.
  { manners: [{ moment: "after", way: "error" }] }
)
