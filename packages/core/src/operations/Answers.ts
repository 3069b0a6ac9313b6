/**
 * What operations answer where no single thing of the rules is the answer.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Agent } from "../rules/Agent.ts"
import { Name, RunId, TaskId, TeamId } from "../rules/Identifier.ts"
import { MergeJob } from "../rules/MergeJob.ts"
import { Repository } from "../rules/Repository.ts"
import * as Review from "../rules/Review.ts"
import { Settings, Team } from "../rules/Team.ts"

// models ----------------------------------------------------------------------

/**
 * Whether the parts that Foreman stands on answer.
 *
 * @category models
 * @since 0.1.0
 */
export const Health = Schema.Struct({
  status: Schema.Literals(["healthy", "degraded"]),
  server: Schema.Literal("ok"),
  version: Schema.String,
  postgres: Schema.String.annotate({ description: "The store, whichever it is: ok or error: ..." }),
  redis: Schema.String.annotate({ description: "The event feed: ok or error: ..." }),
  store: Schema.String.annotate({ description: "Which store it is" }),
  notifications: Schema.String.annotate({
    description: "Whether those outside who are told what happens are reached: ok or error: ..."
  })
})
export type Health = typeof Health.Type

/**
 * A team with all that belongs to it: at most 200 agents and 200 repositories, by name.
 *
 * @category models
 * @since 0.1.0
 */
export const TeamDetail = Schema.Struct({
  ...Team.fields,
  agents: Schema.Array(Agent),
  repositories: Schema.Array(Repository)
})
export type TeamDetail = typeof TeamDetail.Type

/**
 * The settings of a team.
 *
 * @category models
 * @since 0.1.0
 */
export const TeamSettings = Schema.Struct({
  teamId: TeamId,
  teamName: Name,
  settings: Settings
})
export type TeamSettings = typeof TeamSettings.Type

/**
 * A review as surfaces show it.
 *
 * @category models
 * @since 0.1.0
 */
export const ReviewDetail = Schema.Struct({
  ...Review.Review.fields,
  comments: Schema.Array(Schema.Struct({ id: Schema.Int, content: Schema.String }))
})
export type ReviewDetail = typeof ReviewDetail.Type

/**
 * Where the merge of a task stands. A task that does not exist has no reviews and no jobs.
 *
 * @category models
 * @since 0.1.0
 */
export const MergeStatus = Schema.Struct({
  taskId: TaskId,
  reviewVerdict: Schema.NullOr(Review.Verdict),
  reviewAttempt: Schema.NullOr(Schema.Int),
  mergeJobs: Schema.Array(MergeJob),
  canMerge: Schema.Boolean.annotate({
    description: "Whether the latest review approves the present commit"
  })
})
export type MergeStatus = typeof MergeStatus.Type

/**
 * A part of what a run wrote.
 *
 * @category models
 * @since 0.1.0
 */
export const Output = Schema.Struct({
  runId: RunId,
  size: Schema.Int.annotate({ description: "Bytes in all" }),
  offset: Schema.Int.annotate({ description: "Where this part begins, in bytes" }),
  nextOffset: Schema.NullOr(Schema.Int).annotate({ description: "Where the next part begins" }),
  text: Schema.String.annotate({ description: "UTF-8; what is not shows as U+FFFD" })
})
export type Output = typeof Output.Type

/**
 * A recorded event. `data` and `metadata` have the keys under which they are stored.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordedEvent extends Schema.Schema.Type<typeof RecordedEvent> {}
export const RecordedEvent = Schema.Struct({
  id: Schema.Int.annotate({ description: "Position in the organization's one order" }),
  orgId: Schema.String,
  streamId: Schema.String,
  type: Schema.String,
  data: Schema.Record(Schema.String, Schema.Unknown),
  metadata: Schema.Record(Schema.String, Schema.Unknown),
  createdAt: Schema.String
})
