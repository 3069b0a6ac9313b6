/**
 * Tables of what live runs hold.
 *
 * @since 0.1.0
 */
import type { Table } from "./Table.ts"

// models ----------------------------------------------------------------------

/**
 * What live runs may write: a row for each span of a lease that was not released. None of them lies in
 * another one, which the store itself refuses.
 *
 * @category models
 * @since 0.1.0
 */
export const leaseProjections = {
  lease_spans: {
    kind: "projection",
    columns: { organization: "text", span: "text", run_id: "text", task_id: "integer" },
    key: ["organization", "span"],
    indexes: {},
    unique: {},
    apart: { lease_spans_apart: "span" }
  }
} as const satisfies Readonly<Record<string, Table>>

/**
 * Until when each live run is taken to live, said anew by the process that carries it out. That is no
 * event.
 *
 * @category models
 * @since 0.1.0
 */
export const leaseOperational = {
  heartbeats: {
    kind: "operational",
    columns: { organization: "text", run_id: "text", until: "integer" },
    key: ["organization", "run_id"],
    indexes: {},
    unique: {}
  }
} as const satisfies Readonly<Record<string, Table>>
