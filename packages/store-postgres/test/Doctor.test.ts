import { Effect } from "effect"

import { PostgresStore } from "@foreman/store-postgres"
import { DoctorSuite } from "@foreman/testkit"

import * as PostgresDatabases from "./PostgresDatabases.ts"

DoctorSuite.run("PostgreSQL", {
  location: PostgresDatabases.copies(),
  layer: (url) => PostgresStore.layer({ url }),
  onlooking: (url) => PostgresStore.layer({ url, readOnly: true }),
  force: PostgresDatabases.console.force,
  heads: (url) => Effect.promise(() => PostgresDatabases.rows(url, "SELECT * FROM foreman.heads"))
})
