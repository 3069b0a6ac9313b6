/**
 * The names of things: which are numbers, which are UUIDs, and how instants look.
 *
 * Tasks, messages, reviews, merge jobs and human requests have whole numbers that are unique in the
 * store. All other things have a UUIDv7, made before the decision and handed to the rule.
 *
 * @since 0.1.0
 */
import { Schema, SchemaAST } from "effect"

// models ----------------------------------------------------------------------

const uuidAnnotation = "foreman/uuid"

const uuid = (description: string) =>
  Schema.String.check(
    Schema.isPattern(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i)
  ).annotate({ description, [uuidAnnotation]: true })

/** It stands in paths, in names of scopes and on the command line. */
const chosen = (description: string) =>
  Schema.String.check(
    Schema.isMaxLength(200),
    Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
  ).annotate({ description })

const number = (description: string) =>
  Schema.Int.check(Schema.isGreaterThan(0)).annotate({ description })

/**
 * The id of an organisation, the tenant: a UUID. Every row and every event belongs to one.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OrganizationId = uuid("Id of the organization").pipe(Schema.brand("OrganizationId"))
export type OrganizationId = typeof OrganizationId.Type

/**
 * The id of a team: a UUID.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TeamId = uuid("Id of the team").pipe(Schema.brand("TeamId"))
export type TeamId = typeof TeamId.Type

/**
 * The id of an agent: a UUID.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AgentId = uuid("Id of the agent").pipe(Schema.brand("AgentId"))
export type AgentId = typeof AgentId.Type

/**
 * The id of a repository that a team has registered: a UUID.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RepositoryId = uuid("Id of the repository").pipe(Schema.brand("RepositoryId"))
export type RepositoryId = typeof RepositoryId.Type

/**
 * The id of a run, one attempt of a runner at a task: a UUID.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RunId = uuid("Id of the run").pipe(Schema.brand("RunId"))
export type RunId = typeof RunId.Type

/**
 * The id of an artifact, bytes that a run produced: a UUID.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ArtifactId = uuid("Id of the artifact").pipe(Schema.brand("ArtifactId"))
export type ArtifactId = typeof ArtifactId.Type

/**
 * Id of an approval.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ApprovalId = uuid("Id of the approval").pipe(Schema.brand("ApprovalId"))
export type ApprovalId = typeof ApprovalId.Type

/**
 * Id of a project: its creator's own, or a UUID.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ProjectId = chosen("Id of the project").pipe(Schema.brand("ProjectId"))
export type ProjectId = typeof ProjectId.Type

/**
 * Id of a module: its creator's own, or a UUID.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ModuleId = chosen("Id of the module").pipe(Schema.brand("ModuleId"))
export type ModuleId = typeof ModuleId.Type

/**
 * The id of an agent or a user: a UUID. Which of the two is told beside it, never by the id.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PrincipalId = uuid("Id of the agent or user").pipe(Schema.brand("PrincipalId"))
export type PrincipalId = typeof PrincipalId.Type

/**
 * The number of a task: from 1, unique in the store.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TaskId = number("Number of the task").pipe(Schema.brand("TaskId"))
export type TaskId = typeof TaskId.Type

/**
 * The number of a message: from 1, unique in the store.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MessageId = number("Number of the message").pipe(Schema.brand("MessageId"))
export type MessageId = typeof MessageId.Type

/**
 * The number of a review: from 1, unique in the store.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ReviewId = number("Number of the review").pipe(Schema.brand("ReviewId"))
export type ReviewId = typeof ReviewId.Type

/**
 * The number of a merge job: from 1, unique in the store.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MergeJobId = number("Number of the merge job").pipe(Schema.brand("MergeJobId"))
export type MergeJobId = typeof MergeJobId.Type

/**
 * The number of a human request: from 1, unique in the store.
 *
 * @category schemas
 * @since 0.1.0
 */
export const HumanRequestId = number("Number of the human request").pipe(
  Schema.brand("HumanRequestId")
)
export type HumanRequestId = typeof HumanRequestId.Type

/**
 * A commit by its object id: 40 or 64 hex digits, never a name that could move.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CommitId = Schema.String.check(
  Schema.isPattern(/^([0-9a-f]{40}|[0-9a-f]{64})$/)
).annotate({ description: "Object id of a commit" })
export type CommitId = typeof CommitId.Type

/**
 * An instant in UTC with microseconds: `2026-11-20T08:30:00.123456Z`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Timestamp = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/)
).annotate({ description: "Instant in UTC with microseconds" })
export type Timestamp = typeof Timestamp.Type

/**
 * What a short name may be made of: `a-z`, `0-9` and `-`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Slug = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(100),
  Schema.isPattern(/^[a-z0-9-]+$/)
).annotate({ description: "Short name: a-z, 0-9 and -" })
export type Slug = typeof Slug.Type

/**
 * A name for people, 1 to 100 characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Name = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)).annotate({
  description: "Name, at most 100 characters"
})
export type Name = typeof Name.Type

/**
 * The caller's own data: stored and returned, never read by Foreman.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Free = Schema.Record(Schema.String, Schema.Unknown)
export type Free = typeof Free.Type

// rules -----------------------------------------------------------------------

/**
 * Says whether a schema is that of an id which is a UUID.
 *
 * @category rules
 * @since 0.1.0
 */
export const isUuid = (ast: SchemaAST.AST): boolean =>
  SchemaAST.resolveAt<boolean>(uuidAnnotation)(ast) === true

/**
 * Writes an instant, given in microseconds since 1970.
 *
 * **Example** (The form of an instant)
 *
 * ```ts import.meta.vitest
 * import { Identifier } from "@foreman/core"
 *
 * Identifier.timestamp(1_000_001) // => "1970-01-01T00:00:01.000001Z"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const timestamp = (micros: number): Timestamp => {
  if (micros === latest.micros) return latest.text
  const second = Math.floor(micros / 1_000_000)
  const fraction = String(micros - second * 1_000_000).padStart(6, "0")
  latest.text = `${beginOf(second)}${fraction}Z`
  latest.micros = micros
  return latest.text
}

/**
 * Reads an instant back into microseconds since 1970.
 *
 * @category rules
 * @since 0.1.0
 */
export const micros = (instant: Timestamp): number =>
  instant === latest.text
    ? latest.micros
    : Date.parse(`${instant.slice(0, 23)}Z`) * 1000 + Number(instant.slice(23, 26))

// internal --------------------------------------------------------------------

/** One command writes one instant many times, so the latest is kept beside its text. */
const latest: { micros: number; text: Timestamp } = {
  micros: 0,
  text: "1970-01-01T00:00:00.000000Z"
}

/** How the instants of a second begin: those of many rows lie in few seconds, and come mixed. */
const begins = new Map<number, string>()
const maxBegins = 1000

const beginOf = (second: number): string => {
  const known = begins.get(second)
  if (known !== undefined) return known
  const begin = new Date(second * 1000).toISOString().slice(0, -4)
  if (begins.size >= maxBegins) begins.clear()
  begins.set(second, begin)
  return begin
}
