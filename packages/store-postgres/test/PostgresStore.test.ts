import { PostgresStore } from "@foreman/store-postgres"
import { StoreSuite } from "@foreman/testkit"

import * as PostgresDatabases from "./PostgresDatabases.ts"

StoreSuite.run("postgres", {
  location: PostgresDatabases.database,
  layer: (url) => PostgresStore.layer({ url }),
  describe: PostgresDatabases.describeTables,
  console: PostgresDatabases.console
})
