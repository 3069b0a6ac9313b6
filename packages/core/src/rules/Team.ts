/**
 * Teams: the divisions of an organisation, with the settings that its rules read.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision } from "./Decision.ts"
import * as Event from "./Event.ts"
import { Name, OrganizationId, Slug, TeamId, Timestamp } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * How a change becomes part of its target branch.
 *
 * @category models
 * @since 0.1.0
 */
export const Strategy = Schema.Literals(["merge", "rebase", "squash"]).annotate({
  description: "How a change is brought onto its target"
})
export type Strategy = typeof Strategy.Type

/**
 * How often in a row a task is tried again by itself whose agent failed at it.
 *
 * @category models
 * @since 0.1.0
 */
export const Retries = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10 })).annotate({
  description: "How often in a row a task is tried again by itself whose agent failed at it"
})
export type Retries = typeof Retries.Type

/**
 * What a team decides for its tasks.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings extends Schema.Schema.Type<typeof Settings> {}
export const Settings = Schema.Struct({
  requireReview: Schema.Boolean.annotate({
    description: "Whether a task may merge only with an approving review of its present commit"
  }),
  autoMerge: Schema.Boolean.annotate({
    description: "Whether an approving verdict queues the merge, or stops in in_approval"
  }),
  delivery: Schema.Literals(["review", "direct"]).annotate({
    description: "Whether a finished run waits for a review, or goes straight to its merge"
  }),
  mergeStrategy: Strategy,
  approvalPolicy: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)).annotate({
      description: "Name of the policy that judges tasks of no project; permissive unless said"
    })
  ),
  approvalQuorum: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 })).annotate({
      description: "How many people have to agree to a dispatch; 1 unless said"
    })
  ),
  approvalMinutes: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 525_600 })).annotate({
      description: "After how many minutes a dispatch that nobody approved expires; 0 is never"
    })
  ),
  retries: Schema.optionalKey(Retries)
})

/**
 * The settings of a team that has not chosen any.
 *
 * @category models
 * @since 0.1.0
 */
export const defaults: Settings = {
  requireReview: false,
  autoMerge: true,
  delivery: "review",
  mergeStrategy: "rebase"
}

/**
 * A team.
 *
 * @category models
 * @since 0.1.0
 */
export interface Team extends Schema.Schema.Type<typeof Team> {}
export const Team = Schema.Struct({
  id: TeamId,
  orgId: OrganizationId,
  name: Name,
  slug: Slug,
  settings: Settings,
  createdAt: Timestamp
})

export const Created = Event.define(
  "team.created",
  {
    teamId: TeamId,
    orgId: OrganizationId,
    name: Name,
    slug: Slug,
    settings: Settings
  },
  ({ teamId }) => `team:${teamId}`
)

export const SettingsUpdated = Event.define(
  "settings.updated",
  { teamId: TeamId, settings: Settings },
  ({ teamId }) => `team:${teamId}`
)

/**
 * What happens to teams.
 *
 * @category models
 * @since 0.1.0
 */
export type TeamEvent = Event.EventOf<typeof Created> | Event.EventOf<typeof SettingsUpdated>

// errors ----------------------------------------------------------------------

/**
 * There is no such team, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class TeamNotFound extends Schema.TaggedError<TeamNotFound>()(
  "TeamNotFound",
  { teamId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "Team not found"
  }
}

// rules -----------------------------------------------------------------------

/**
 * Creates a team. Its manager agent is created beside it, by the agents' own rule.
 *
 * @category rules
 * @since 0.1.0
 */
export const create = (
  wanted: {
    readonly orgId: OrganizationId
    readonly name: string
    readonly slug: Slug
    readonly settings?: Partial<Settings>
  },
  facts: { readonly teamId: TeamId }
): Decision<TeamEvent> =>
  accept({
    type: "team.created",
    data: { ...facts, ...wanted, settings: { ...defaults, ...wanted.settings } }
  })

/**
 * Changes the settings that are named; the others stay.
 *
 * @category rules
 * @since 0.1.0
 */
export const configure = (team: Team, wanted: Partial<Settings>): Decision<TeamEvent> =>
  accept({
    type: "settings.updated",
    data: { teamId: team.id, settings: { ...team.settings, ...wanted } }
  })

/**
 * Folds one event into the team.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Team | undefined,
  event: TeamEvent,
  at: Timestamp
): Team | undefined => {
  if (event.type === "settings.updated") {
    return before && { ...before, settings: event.data.settings }
  }
  const { teamId, ...rest } = event.data
  return { id: teamId, ...rest, createdAt: at }
}
