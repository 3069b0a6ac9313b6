import { SqliteStore } from "@foreman/store-sqlite"
import { PostgresStore } from "@foreman/store-postgres"
import { TransferSuite } from "@foreman/testkit"

import * as SqliteFiles from "../../store-sqlite/test/SqliteFiles.ts"
import * as PostgresDatabases from "./PostgresDatabases.ts"

const postgres = {
  location: PostgresDatabases.database,
  layer: (url: string) => PostgresStore.layer({ url })
}
const sqlite = {
  location: SqliteFiles.file,
  layer: (filename: string) => SqliteStore.layer({ filename })
}

TransferSuite.run("sqlite to postgres", sqlite, postgres)
TransferSuite.run("postgres to sqlite", postgres, sqlite)
