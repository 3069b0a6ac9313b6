/**
 * Tables that keep the present state of the work and that no event rebuilds.
 *
 * @since 0.1.0
 */
import type { Table } from "./Table.ts"

// models ----------------------------------------------------------------------

/**
 * Tables that keep the present state of the work and that no event rebuilds.
 *
 * @category models
 * @since 0.1.0
 */
export const operational = {
  /** Leads from an id, slug or token to the organisation that has it. */
  directory: {
    kind: "operational",
    columns: { kind: "text", id: "text", organization: "text" },
    key: ["kind", "id"],
    indexes: {},
    unique: {}
  },
  /** Who does what only one process may do, and until when. */
  singletons: {
    kind: "operational",
    columns: {
      organization: "text",
      name: "text",
      holder: "text",
      token: "integer",
      until: "integer"
    },
    key: ["organization", "name"],
    indexes: {},
    unique: {}
  },
  /** The SHA-256 of tokens, never a token. */
  tokens: {
    kind: "operational",
    columns: {
      organization: "text",
      hash: "text",
      kind: "text",
      subject: "text",
      is_revoked: "boolean",
      expires_at: "integer"
    },
    key: ["organization", "hash"],
    indexes: { tokens_by_subject: ["subject"] },
    unique: {}
  }
} as const satisfies Readonly<Record<string, Table>>
