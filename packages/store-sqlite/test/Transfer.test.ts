import { DriverMemory } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { TransferSuite } from "@foreman/testkit"

import * as SqliteFiles from "./SqliteFiles.ts"

const memory = { layer: () => DriverMemory.layer }
const sqlite = {
  location: SqliteFiles.file,
  layer: (filename: string) => SqliteStore.layer({ filename })
}

TransferSuite.run("sqlite to memory", sqlite, memory)
TransferSuite.run("sqlite to sqlite", sqlite, sqlite)
