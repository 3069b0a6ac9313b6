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
  /**
   * How far a reactor has come in its organisation's events: those up to there are dealt with. The
   * token is that of the tenure under which this is said.
   */
  cursors: {
    kind: "operational",
    columns: { organization: "text", name: "text", position: "integer", token: "integer" },
    key: ["organization", "name"],
    indexes: {},
    unique: {}
  },
  /** Leads from an id, slug or token to the organisation that has it. */
  directory: {
    kind: "operational",
    columns: { kind: "text", id: "text", organization: "text" },
    key: ["kind", "id"],
    indexes: {},
    unique: {}
  },
  /**
   * Where every organisation stood when a follower of all of them was given a cursor. The id is the
   * digest of the body, so followers at one place share a row; `at` says when it was last used.
   */
  feed_marks: {
    kind: "operational",
    columns: { organization: "text", id: "text", body: "text", at: "integer" },
    key: ["organization", "id"],
    indexes: { feed_marks_by_time: ["at"] },
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
