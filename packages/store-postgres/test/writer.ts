/**
 * A process that writes into a database.
 *
 * @since 0.1.0
 */
import { PostgresStore } from "@foreman/store-postgres"
// The whole of testkit takes a process seconds to load.
import * as StoreWriter from "../../testkit/src/StoreWriter.ts"

await StoreWriter.main((url) => PostgresStore.layer({ url }))
