/**
 * The forms of what a manager agent writes and reads everywhere: ids, instants, artifacts in a list.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

// models ----------------------------------------------------------------------

/**
 * The id of anything, as a manager writes and reads it: text, also where it is a number elsewhere.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ManagerId = Schema.String.check(Schema.isMaxLength(200))

/**
 * An instant in UTC, of fixed width: it sorts as text.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Instant = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{9}Z$/)
).annotate({ description: "Instant in UTC with nanoseconds" })

/**
 * An artifact in a list.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArtifactItem extends Schema.Schema.Type<typeof ArtifactItem> {}
export const ArtifactItem = Schema.Struct({
  id: Schema.String,
  kind: Schema.String,
  path: Schema.String,
  summary: Schema.String
})

// rules -----------------------------------------------------------------------

/**
 * Writes an instant as a manager reads it.
 *
 * **Example** (The same instant, wider)
 *
 * ```ts import.meta.vitest
 * import { ManagerAnswers } from "@foreman/core"
 *
 * ManagerAnswers.instantOf("2026-01-01T08:30:00.123456Z") // => "2026-01-01T08:30:00.123456000Z"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const instantOf = (timestamp: string): string => `${timestamp.slice(0, -1)}000Z`
