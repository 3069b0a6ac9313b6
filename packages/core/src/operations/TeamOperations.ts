/**
 * What can be asked about teams, their agents and their repositories.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { Agent, AgentRole, defaultModel, Model } from "../rules/Agent.ts"
import { Free, Name, OrganizationId, Slug, TeamId } from "../rules/Identifier.ts"
import { NameTaken, OrganizationNotFound, SlugTaken } from "../rules/Organization.ts"
import { BranchName, Repository } from "../rules/Repository.ts"
import { Retries, Settings, Team, TeamNotFound } from "../rules/Team.ts"
import { TeamDetail, TeamSettings } from "./Answers.ts"
import * as Operation from "./Operation.ts"

// models ----------------------------------------------------------------------

/** A branch as people call it, which is what it is called in commits and in the page. */
const ShortBranchName = BranchName.check(
  Schema.makeFilter(
    (name) =>
      !name.startsWith("refs/") || `Expected the short name of a branch: ${shortNameOf(name)}`
  )
)

const shortNameOf = (name: string) => name.replace(/^refs\/(heads\/)?/, "") || "main"

// services --------------------------------------------------------------------

export const createTeam = Operation.make("create_team", {
  title: "Create team",
  description: "Creates a team in an organization. Auto-provisions a manager agent.",
  kind: "command",
  permission: "team:create",
  http: { method: "POST", path: "/api/v1/orgs/:org_id/teams", status: 201 },
  cli: "team create",
  input: { orgId: OrganizationId, name: Name, slug: Slug },
  output: Team,
  errors: [OrganizationNotFound, SlugTaken]
})

export const listTeams = Operation.makeList("list_teams", {
  title: "List teams",
  description: "Lists the teams of an organization, by name. An unknown organization has none.",
  permission: "team:read",
  http: { method: "GET", path: "/api/v1/orgs/:org_id/teams" },
  cli: "team list",
  input: { orgId: OrganizationId },
  item: Team,
  errors: [],
  tool: { roles: ["manager"] }
})

export const getTeam = Operation.make("get_team", {
  title: "Get team",
  description: "Shows a team with its agents and repositories.",
  kind: "query",
  permission: "team:read",
  http: { method: "GET", path: "/api/v1/teams/:team_id" },
  cli: "team show",
  input: { teamId: TeamId },
  output: TeamDetail,
  errors: [TeamNotFound],
  tool: { roles: ["manager"] }
})

export const getTeamSettings = Operation.make("get_team_settings", {
  title: "Get team settings",
  description: "Shows what a team decides for its tasks.",
  kind: "query",
  permission: "team:read",
  http: { method: "GET", path: "/api/v1/settings/teams/:team_id" },
  cli: "team settings",
  input: { teamId: TeamId },
  output: TeamSettings,
  errors: [TeamNotFound],
  tool: false
})

const { autoMerge, delivery, mergeStrategy, requireReview } = Settings.fields
const { approvalMinutes, approvalPolicy, approvalQuorum } = Settings.fields

export const updateTeamSettings = Operation.make("update_team_settings", {
  title: "Update team settings",
  description: "Changes the settings that are given; the others stay.",
  kind: "command",
  permission: "team:configure",
  http: { method: "PATCH", path: "/api/v1/settings/teams/:team_id" },
  cli: "team configure",
  input: {
    teamId: TeamId,
    requireReview: Schema.optionalKey(Schema.NullOr(requireReview)),
    autoMerge: Schema.optionalKey(Schema.NullOr(autoMerge)),
    delivery: Schema.optionalKey(Schema.NullOr(delivery)),
    mergeStrategy: Schema.optionalKey(Schema.NullOr(mergeStrategy)),
    retries: Schema.optionalKey(Schema.NullOr(Retries)),
    approvalPolicy: Schema.optionalKey(Schema.NullOr(approvalPolicy.schema)),
    approvalQuorum: Schema.optionalKey(Schema.NullOr(approvalQuorum.schema)),
    approvalMinutes: Schema.optionalKey(Schema.NullOr(approvalMinutes.schema))
  },
  output: TeamSettings,
  errors: [TeamNotFound],
  tool: false
})

export const createAgent = Operation.make("create_agent", {
  title: "Create agent",
  description:
    "Adds an agent to a team. Its name must be free there. Role: manager, engineer or reviewer.",
  kind: "command",
  permission: "agent:create",
  http: { method: "POST", path: "/api/v1/teams/:team_id/agents", status: 201 },
  cli: "agent create",
  input: {
    teamId: TeamId,
    name: Name,
    role: AgentRole.pipe(Schema.withDecodingDefaultKey(Effect.succeed("engineer" as const))),
    model: Model.pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaultModel))),
    config: Free.annotate({
      description:
        "runner names the adapter that starts the agent, command its program; a server with " +
        "runners refuses what they cannot use"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
  },
  output: Agent,
  errors: [TeamNotFound, NameTaken],
  tool: { omit: ["config"] }
})

export const listAgents = Operation.makeList("list_agents", {
  title: "List agents",
  description: "Lists the agents of a team, by name. An unknown team has none.",
  permission: "team:read",
  http: { method: "GET", path: "/api/v1/teams/:team_id/agents" },
  cli: "agent list",
  input: { teamId: TeamId },
  item: Agent,
  errors: [],
  tool: { roles: ["manager"] }
})

export const registerRepository = Operation.make("register_repo", {
  title: "Register repository",
  description: "Registers a git repository with a team. The path is looked at when first needed.",
  kind: "command",
  permission: "repository:register",
  http: { method: "POST", path: "/api/v1/teams/:team_id/repos", status: 201 },
  cli: "repo register",
  input: {
    teamId: TeamId,
    name: Name,
    localPath: Schema.NonEmptyString.check(Schema.isMaxLength(4096)).annotate({
      description: "Absolute path on the server"
    }),
    defaultBranch: ShortBranchName.pipe(Schema.withDecodingDefaultKey(Effect.succeed("main"))),
    config: Free.pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
  },
  output: Repository,
  errors: [TeamNotFound, NameTaken],
  tool: { omit: ["config"] }
})

export const listRepositories = Operation.makeList("list_repos", {
  title: "List repositories",
  description: "Lists the repositories of a team, by name. An unknown team has none.",
  permission: "team:read",
  http: { method: "GET", path: "/api/v1/teams/:team_id/repos" },
  cli: "repo list",
  input: { teamId: TeamId },
  item: Repository,
  errors: []
})
