/**
 * The table of what idle agents offer to do at once.
 *
 * @since 0.1.0
 */
import type { Table } from "./Table.ts"

// models ----------------------------------------------------------------------

/**
 * Work that a dispatcher would begin at once: under this tenure (`lane` and `token`), as this run, by
 * this agent. Whoever makes a task ready takes an offer in the same commit by writing the `attempt`
 * there, as JSON; the dispatcher finds it and forgets the row.
 *
 * @category models
 * @since 0.1.0
 */
export const offerOperational = {
  offers: {
    kind: "operational",
    columns: {
      organization: "text",
      run_id: "text",
      lane: "text",
      token: "integer",
      holder: "text",
      team_id: "text",
      agent_id: "text",
      role: "text",
      token_hash: "text",
      token_micros: "integer",
      start_millis: "integer",
      attempt: "text?"
    },
    key: ["organization", "run_id"],
    indexes: { offers_by_lane: ["lane"] },
    unique: {}
  }
} as const satisfies Readonly<Record<string, Table>>
