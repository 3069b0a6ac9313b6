/**
 * The fold of events into rows. A command and a rebuild write the same rows, because both write
 * them with what stands here.
 *
 * @since 0.1.0
 */
import * as Agent from "../rules/Agent.ts"
import * as Artifact from "../rules/Artifact.ts"
import * as MergeJob from "../rules/MergeJob.ts"
import * as Message from "../rules/Message.ts"
import * as Organization from "../rules/Organization.ts"
import * as Repository from "../rules/Repository.ts"
import * as Review from "../rules/Review.ts"
import * as Run from "../rules/Run.ts"
import * as Team from "../rules/Team.ts"
import { type AnyProjection, listed, type Projection } from "./Fold.ts"
import { humanRequests } from "./HumanRequestProjection.ts"
import * as RowCodec from "./RowCodec.ts"
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
      createdAt: "instant"
    }),
    also: ({ data }) => [
      listed("organization", data.organizationId),
      listed("organization_slug", data.slug)
    ]
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
  also: ({ data }) => [listed("agent", data.agentId)]
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
 * Runs. `is_live` marks those that are not over; `output_id` is the artifact that holds what one wrote.
 *
 * @category models
 * @since 0.1.0
 */
export const runs: Projection<Run.Run, Run.RunEvent | Artifact.ArtifactEvent> = {
  table: "runs",
  folds: (type) => type.startsWith("run.") || type === "artifact.created",
  makes: (type) => type === "run.queued",
  keyOf: ({ data }) => ({ id: data.runId }),
  evolve: Run.evolve,
  ...RowCodec.make<Run.Run>(
    {
      id: "plain",
      taskId: "plain",
      agentId: "plain",
      attempt: "plain",
      status: "plain",
      runner: "plain",
      holder: "plain",
      repositoryId: "plain",
      branch: "plain",
      workspace: "plain",
      baseCommit: "plain",
      headCommit: "plain",
      exitCode: "plain",
      cause: "plain",
      answer: "plain",
      outputId: "plain",
      queuedAt: "instant",
      startedAt: "instant",
      endedAt: "instant"
    },
    ({ status }) => ({ is_live: Run.isLive(status) })
  ),
  also: ({ data, type }) => (type === "run.queued" ? [listed("run", data.runId)] : [])
}

/**
 * Reviews. `is_open` marks those without a verdict.
 *
 * @category models
 * @since 0.1.0
 */
export const reviews: Projection<Review.Review, Review.ReviewEvent> = {
  table: "reviews",
  folds: (type) => type.startsWith("review."),
  keyOf: ({ data }) => ({ id: data.reviewId }),
  evolve: Review.evolve,
  ...RowCodec.make<Review.Review>(
    {
      id: "plain",
      taskId: "plain",
      attempt: "plain",
      reviewerId: "plain",
      reviewerType: "plain",
      verdict: "plain",
      summary: "plain",
      headCommit: "plain",
      createdAt: "instant",
      resolvedAt: "instant"
    },
    ({ verdict }) => ({ is_open: verdict === null })
  )
}

/**
 * Merge jobs. `is_open` marks those that are not over, `is_running` those that are being landed.
 *
 * @category models
 * @since 0.1.0
 */
export const mergeJobs: Projection<MergeJob.MergeJob, MergeJob.MergeJobEvent> = {
  table: "merge_jobs",
  folds: (type) => type.startsWith("merge."),
  keyOf: ({ data }) => ({ id: data.mergeJobId }),
  evolve: MergeJob.evolve,
  ...RowCodec.make<MergeJob.MergeJob>(
    {
      id: "plain",
      taskId: "plain",
      repoId: "plain",
      status: "plain",
      strategy: "plain",
      branch: "plain",
      targetBranch: "plain",
      baseCommit: "plain",
      headCommit: "plain",
      mergeCommit: "plain",
      landedOn: "plain",
      error: "plain",
      createdAt: "instant",
      startedAt: "instant",
      completedAt: "instant"
    },
    (job) => ({ is_open: MergeJob.isOpen(job), is_running: job.status === "running" })
  )
}

/**
 * What runs left: where the bytes are found, never the bytes.
 *
 * @category models
 * @since 0.1.0
 */
export const artifacts: Projection<Artifact.Artifact, Artifact.ArtifactEvent> = {
  table: "artifacts",
  folds: (type) => type.startsWith("artifact."),
  keyOf: ({ data }) => ({ id: data.artifactId }),
  evolve: Artifact.evolve,
  ...RowCodec.make<Artifact.Artifact>({
    id: "plain",
    runId: "plain",
    taskId: "plain",
    kind: "plain",
    name: "plain",
    contentType: "plain",
    size: "plain",
    digest: "plain",
    createdAt: "instant"
  })
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
  tasks,
  messages,
  runs,
  reviews,
  mergeJobs,
  artifacts,
  humanRequests
] as unknown as ReadonlyArray<AnyProjection>

export { humanRequests, tasks }
export type { AnyProjection, Projection } from "./Fold.ts"
