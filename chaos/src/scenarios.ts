/**
 * All scenarios, in the order in which they are played.
 *
 * @since 0.1.0
 */
import * as Claims from "./Claims.ts"
import * as Databases from "./Databases.ts"
import * as Freezes from "./Freezes.ts"
import * as Kills from "./Kills.ts"
import * as Large from "./Large.ts"
import type { Scenario, StoreName } from "./Programme.ts"
import * as Singletons from "./Singletons.ts"

// models ----------------------------------------------------------------------

const both: ReadonlyArray<StoreName> = ["postgres", "sqlite"]
const postgres: ReadonlyArray<StoreName> = ["postgres"]
const sqlite: ReadonlyArray<StoreName> = ["sqlite"]

/** What is broken, on which stores, and for how many seconds. */
export const scenarios: ReadonlyArray<Scenario> = [
  { name: "claims", stores: postgres, seconds: { short: 0, long: 0 }, run: Claims.run },
  { name: "kills", stores: both, seconds: { short: 4, long: 300 }, run: Kills.run },
  { name: "restarts", stores: postgres, seconds: { short: 6, long: 300 }, run: Databases.restarts },
  { name: "cuts", stores: postgres, seconds: { short: 4, long: 300 }, run: Databases.cuts },
  { name: "deaf", stores: postgres, seconds: { short: 4, long: 180 }, run: Databases.deaf },
  { name: "freezes", stores: postgres, seconds: { short: 1, long: 180 }, run: Freezes.run },
  { name: "singletons", stores: both, seconds: { short: 4, long: 120 }, run: Singletons.run },
  { name: "artifacts", stores: sqlite, seconds: { short: 0, long: 0 }, run: Large.run }
]
