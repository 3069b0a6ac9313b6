/**
 * The fold of events into rows. A command and a rebuild write the same rows, because both write
 * them with what stands here.
 *
 * @since 0.1.0
 */
import type { Step } from "../ports/Driver.ts"
import * as Agent from "../rules/Agent.ts"
import * as Artifact from "../rules/Artifact.ts"
import * as Message from "../rules/Message.ts"
import * as Organization from "../rules/Organization.ts"
import * as Repository from "../rules/Repository.ts"
import * as Team from "../rules/Team.ts"
import { type AnyProjection, listed, type Projection } from "./Fold.ts"
import { approvals } from "./ApprovalProjection.ts"
import { humanRequests } from "./HumanRequestProjection.ts"
import { modules, projects } from "./ProjectProjection.ts"
import { mergeJobs, reviews } from "./ReviewProjection.ts"
import * as RowCodec from "./RowCodec.ts"
import { runs } from "./RunProjection.ts"
import { tasks } from "./TaskProjection.ts"

// rules -----------------------------------------------------------------------

/**
 * Organisations: one row in each, found in the directory by its id and by its slug.
 *
 * @category models
 * @since 0.1.0
 */
export const organizations: Projection<Organization.Organization, Organization.OrganizationEvent> =
  {
    table: "organizations",
    folds: (type) => type.startsWith("organization."),
    keyOf: () => ({}),
    evolve: Organization.evolve,
    ...RowCodec.make<Organization.Organization>({
      id: "organization",
      name: "plain",
      slug: "plain",
      isPaused: "plain",
      createdAt: "instant"
    }),
    begins: { artifact_bytes: 0 },
    also: ({ data, type }) =>
      type === "organization.created"
        ? [listed("organization", data.organizationId), listed("organization_slug", data.slug)]
        : []
  }

/**
 * Teams with their settings, found in the directory by their ids.
 *
 * @category models
 * @since 0.1.0
 */
export const teams: Projection<Team.Team, Team.TeamEvent> = {
  table: "teams",
  folds: (type) => type.startsWith("team.") || type.startsWith("settings."),
  keyOf: ({ data }) => ({ id: data.teamId }),
  evolve: Team.evolve,
  ...RowCodec.make<Team.Team>({
    id: "plain",
    orgId: "organization",
    name: "plain",
    slug: "plain",
    settings: "json",
    createdAt: "instant"
  }),
  also: ({ data, type }) => (type === "team.created" ? [listed("team", data.teamId)] : [])
}

/**
 * Agents. `runner` names what drives them, and is null for those that connect by themselves.
 *
 * @category models
 * @since 0.1.0
 */
export const agents: Projection<Agent.AgentRecord, Agent.AgentEvent> = {
  table: "agents",
  folds: (type) => type.startsWith("agent."),
  keyOf: ({ data }) => ({ id: data.agentId }),
  evolve: Agent.evolve,
  ...RowCodec.make<Agent.AgentRecord>(
    {
      id: "plain",
      teamId: "plain",
      name: "plain",
      role: "plain",
      model: "plain",
      config: "json",
      isPaused: "plain",
      createdAt: "instant"
    },
    (agent) => ({ runner: Agent.runnerOf(agent) })
  ),
  also: ({ data, type }) => (type === "agent.created" ? [listed("agent", data.agentId)] : [])
}

/**
 * The repositories that teams have registered.
 *
 * @category models
 * @since 0.1.0
 */
export const repositories: Projection<Repository.Repository, Repository.RepositoryEvent> = {
  table: "repositories",
  folds: (type) => type.startsWith("repo."),
  keyOf: ({ data }) => ({ id: data.repositoryId }),
  evolve: Repository.evolve,
  ...RowCodec.make<Repository.Repository>({
    id: "plain",
    teamId: "plain",
    name: "plain",
    localPath: "plain",
    defaultBranch: "plain",
    config: "json",
    createdAt: "instant"
  }),
  also: ({ data, type }) =>
    type === "repo.registered" ? [listed("repository", data.repositoryId)] : []
}

/**
 * Messages. `is_open` marks those that their recipient has not dealt with.
 *
 * @category models
 * @since 0.1.0
 */
export const messages: Projection<Message.Message, Message.MessageEvent> = {
  table: "messages",
  folds: (type) => type.startsWith("message."),
  keyOf: ({ data }) => ({ id: data.messageId }),
  evolve: Message.evolve,
  ...RowCodec.make<Message.Message>(
    {
      id: "plain",
      teamId: "plain",
      senderId: "plain",
      senderType: "plain",
      recipientId: "plain",
      recipientType: "plain",
      taskId: "plain",
      content: "plain",
      deliveredAt: "instant",
      seenAt: "instant",
      processedAt: "instant",
      createdAt: "instant"
    },
    ({ processedAt }) => ({ is_open: processedAt === null })
  ),
  also: ({ data, type }) => (type === "message.sent" ? [listed("message", data.messageId)] : [])
}

/**
 * What runs left: where the bytes are found, never the bytes. The organisation knows how many those
 * of all are.
 *
 * @category models
 * @since 0.1.0
 */
export const artifacts: Projection<Artifact.Artifact, Artifact.ArtifactEvent> = {
  table: "artifacts",
  folds: (type) => type.startsWith("artifact."),
  makes: (type) => type === "artifact.created",
  keyOf: ({ data }) => ({ id: data.artifactId }),
  evolve: Artifact.evolve,
  ...RowCodec.make<Artifact.Artifact>({
    id: "plain",
    runId: "plain",
    taskId: "plain",
    kind: "plain",
    name: "plain",
    path: "plain",
    contentType: "plain",
    size: "plain",
    digest: "plain",
    summary: "plain",
    isRemoved: "plain",
    createdAt: "instant"
  }),
  also: ({ data, type }) => {
    const isNew = type === "artifact.created"
    const row = { artifact_bytes: isNew ? data.size : -data.size }
    const counted: Step = { _tag: "Add", table: "organizations", key: {}, row }
    return isNew ? [listed("artifact", data.artifactId), counted] : [counted]
  }
}

/**
 * Every projection. As: each folds exactly the events of its own types, which a list cannot say.
 *
 * @category models
 * @since 0.1.0
 */
export const all: ReadonlyArray<AnyProjection> = [
  organizations,
  teams,
  agents,
  repositories,
  projects,
  modules,
  tasks,
  messages,
  runs,
  reviews,
  mergeJobs,
  artifacts,
  humanRequests,
  approvals
] as unknown as ReadonlyArray<AnyProjection>

export { approvals, humanRequests, mergeJobs, modules, projects, reviews, runs, tasks }
export type { AnyProjection, Projection } from "./Fold.ts"
