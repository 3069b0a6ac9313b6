/**
 * The table of what is still to be told to somebody outside.
 *
 * @since 0.1.0
 */
import type { Table } from "./Table.ts"

// models ----------------------------------------------------------------------

/**
 * The table of what is still to be told to somebody outside.
 *
 * @category models
 * @since 0.1.0
 */
export const deliveryOperational = {
  /**
   * A notification that has not arrived. What is about one subject, say a task, arrives in order: one
   * is `due`, those after it are `behind`. What did not arrive for days is `dead`, and is kept for a
   * person to see.
   */
  deliveries: {
    kind: "operational",
    columns: {
      organization: "text",
      channel: "text",
      /** Of the event that is told. */
      position: "integer",
      subject: "text",
      state: "text",
      body: "text",
      attempts: "integer",
      /** When it is tried next; when it was given up. */
      due: "integer",
      /** From when on it could be tried. */
      since: "integer",
      /** Why the latest try failed. */
      problem: "text?"
    },
    key: ["organization", "channel", "position"],
    indexes: {
      deliveries_by_state: ["channel", "state", "due"],
      deliveries_by_subject: ["channel", "subject", "state"]
    },
    unique: {}
  }
} as const satisfies Readonly<Record<string, Table>>
