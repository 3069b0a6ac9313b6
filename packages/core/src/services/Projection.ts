/**
 * The fold of events into rows. A command and a rebuild write the same rows, because both write
 * them with what stands here.
 *
 * @since 0.1.0
 */
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Row, Step } from "../ports/Driver.ts"
import * as Agent from "../rules/Agent.ts"
import * as Artifact from "../rules/Artifact.ts"
import type { Timestamp } from "../rules/Identifier.ts"
import * as MergeJob from "../rules/MergeJob.ts"
import * as Message from "../rules/Message.ts"
import * as Organization from "../rules/Organization.ts"
import * as Repository from "../rules/Repository.ts"
import * as Review from "../rules/Review.ts"
import * as Run from "../rules/Run.ts"
import * as Task from "../rules/Task.ts"
import * as Team from "../rules/Team.ts"
import * as RowCodec from "./RowCodec.ts"

// models ----------------------------------------------------------------------

/**
 * One table as the fold of some events.
 *
 * @category models
 * @since 0.1.0
 */
export interface Projection<
  State,
  Event extends DomainEvent = DomainEvent
> extends RowCodec.RowCodec<State> {
  readonly table: string
  /** Whether events of this type change the table. */
  readonly folds: (type: string) => boolean
  /** The key of the row that an event changes, without the organisation. */
  readonly keyOf: (event: Event) => Row
  readonly evolve: (before: State | undefined, event: Event, at: Timestamp) => State | undefined
  /** Columns that a new row begins with and that only set changes touch afterwards. */
  readonly begins?: Row
  /** What else the event changes, after the row. */
  readonly also?: (event: Event) => ReadonlyArray<Step>
}

// rules -----------------------------------------------------------------------

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
  also: ({ data }) => [listed("repository", data.repositoryId)]
}

export const tasks: Projection<Task.Task, Task.TaskEvent> = {
  table: "tasks",
  folds: (type) => type.startsWith("task."),
  keyOf: ({ data }) => ({ id: data.taskId }),
  evolve: Task.evolve,
  ...RowCodec.make<Task.Task>({
    id: "plain",
    teamId: "plain",
    title: "plain",
    description: "plain",
    status: "plain",
    priority: "priority",
    driId: "plain",
    assigneeId: "plain",
    dependsOn: "json",
    repoIds: "json",
    tags: "json",
    branch: "plain",
    metadata: "json",
    attempts: "plain",
    rejections: "plain",
    isRework: "plain",
    hold: "plain",
    liveRunId: "plain",
    lastRunId: "plain",
    lastAgentId: "plain",
    lastOutcome: "plain",
    baseCommit: "plain",
    headCommit: "plain",
    createdAt: "instant",
    updatedAt: "instant",
    completedAt: "instant"
  }),
  begins: { open_dependencies: 0, rank: 0 },
  also: (event) => edgesOf(event)
}

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

export const runs: Projection<Run.Run, Run.RunEvent | Artifact.ArtifactEvent> = {
  table: "runs",
  folds: (type) => type.startsWith("run.") || type === "artifact.created",
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

/** A projection whose state is not known here. */
export type AnyProjection = Projection<unknown>

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
  artifacts
] as unknown as ReadonlyArray<AnyProjection>

// internal --------------------------------------------------------------------

const listed = (kind: string, id: string | number): Step => ({
  _tag: "Insert",
  table: "directory",
  row: { kind, id: String(id) }
})

const edge = (taskId: number, dependsOnId: number): Row => ({
  task_id: taskId,
  depends_on_id: dependsOnId
})

const edgesOf = ({ data, type }: Task.TaskEvent): ReadonlyArray<Step> => {
  const counted: Step = {
    _tag: "Apply",
    name: "count_dependencies",
    parameters: { task: data.taskId }
  }
  const table = "task_dependencies"
  switch (type) {
    case "task.created": {
      const inserts = data.dependsOn.map((id): Step => ({
        _tag: "Insert",
        table,
        row: edge(data.taskId, id)
      }))
      const here = listed("task", data.taskId)
      return inserts.length === 0 ? [here] : [here, ...inserts, counted]
    }
    case "task.dependency_added":
      return [{ _tag: "Insert", table, row: edge(data.taskId, data.dependsOnId) }, counted]
    case "task.dependency_removed":
      return [{ _tag: "Delete", table, key: edge(data.taskId, data.dependsOnId) }, counted]
    case "task.status_changed":
      return data.to === "done"
        ? [{ _tag: "Apply", name: "unblock", parameters: { task: data.taskId } }]
        : []
    default:
      return []
  }
}
