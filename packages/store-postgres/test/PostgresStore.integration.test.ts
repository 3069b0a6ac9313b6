import { Effect } from "effect"

import { PostgresStore } from "@foreman/store-postgres"
import { ProcessesSuite } from "@foreman/testkit"

import * as PostgresDatabases from "./PostgresDatabases.ts"

const numbers = "SELECT number FROM foreman.migrations ORDER BY number"

ProcessesSuite.run("one database", {
  location: PostgresDatabases.database,
  layer: (url) => PostgresStore.layer({ url }),
  writer: new URL("./writer.ts", import.meta.url),
  flags: ["--conditions=@foreman/source"],
  migrations: (url) =>
    Effect.promise(() => PostgresDatabases.rows(url, numbers)).pipe(
      Effect.map((rows) => rows.map(({ number }) => Number(number)))
    )
})
