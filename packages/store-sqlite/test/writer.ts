/**
 * A process that writes into a file.
 *
 * @since 0.1.0
 */
import { SqliteStore } from "@foreman/store-sqlite"
// The whole of testkit takes a process seconds to load.
import * as StoreWriter from "../../testkit/src/StoreWriter.ts"

await StoreWriter.main((filename) => SqliteStore.layer({ filename }))
