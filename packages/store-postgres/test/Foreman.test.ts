import { PostgresStore } from "@foreman/store-postgres"
import { ForemanSuite } from "@foreman/testkit"

import * as PostgresDatabases from "./PostgresDatabases.ts"

// The suite turns the clock to see what is forgotten after days, and the server's does not turn with it.
ForemanSuite.run("postgres", {
  location: PostgresDatabases.emptied(),
  layer: (url) => PostgresStore.layer({ url, time: "caller" })
})
