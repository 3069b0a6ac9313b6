/**
 * What answers are made of: each model once in the document, and references to it everywhere else.
 *
 * @internal
 */
import { Schema } from "effect"
import {
  Agent,
  Answers,
  DryRun,
  MergeJob,
  Message,
  type Operation,
  Organization,
  Repository,
  Run,
  Task,
  Team,
  Wire
} from "@foreman/core"

/** Every model under the name that generated clients give it. */
const models: Readonly<Record<string, Operation.Pure>> = {
  Agent: Agent.Agent,
  DryRun: DryRun.schemaOf(Schema.Unknown),
  Health: Answers.Health,
  MergeJob: MergeJob.MergeJob,
  MergeStatus: Answers.MergeStatus,
  Message: Message.Message,
  Organization: Organization.Organization,
  Output: Answers.Output,
  RecordedEvent: Answers.RecordedEvent,
  Repository: Repository.Repository,
  Review: Answers.ReviewDetail,
  Run: Run.Run,
  Task: Task.Task,
  Team: Team.Team,
  TeamDetail: Answers.TeamDetail,
  TeamSettings: Answers.TeamSettings
}

/** The schemas of all models, as the document has them. */
export const modelSchemas = () =>
  Object.fromEntries(
    Object.entries(models).map(([name, model]) => {
      const { properties = {}, ...schema } = Wire.jsonSchema(model)
      const referring = Object.entries(properties).map(([key, field]) => [key, refer(field)])
      return [name, { ...schema, properties: Object.fromEntries(referring) }]
    })
  )

/** Puts a reference where a schema is that of a model. */
export const refer = (schema: unknown): unknown => {
  if (typeof schema !== "object" || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(refer)
  const name = names().get(JSON.stringify(schema))
  return name === undefined
    ? Object.fromEntries(Object.entries(schema).map(([key, inner]) => [key, refer(inner)]))
    : { $ref: `#/components/schemas/${name}` }
}

let known: ReadonlyMap<string, string> | undefined

const names = (): ReadonlyMap<string, string> =>
  (known ??= new Map(
    Object.entries(models).map(([name, model]) => [JSON.stringify(Wire.jsonSchema(model)), name])
  ))
