/**
 * The commands of the dispatcher: starting an attempt at a task and ending it.
 *
 * Each is one commit under a key that follows from the run, so a restart repeats nothing. A
 * dispatcher whose tenure has gone to another one can write none of them.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { system } from "../rules/Actor.ts"
import * as Agent from "../rules/Agent.ts"
import type { AgentId, CommitId, RunId, TaskId } from "../rules/Identifier.ts"
import type { Repository } from "../rules/Repository.ts"
import * as Run from "../rules/Run.ts"
import * as Task from "../rules/Task.ts"
import { asSystem, gone, NotStarted, placeOf } from "./AttemptShell.ts"
import * as Projection from "./Projection.ts"
import { latestOf } from "./Reviews.ts"
import type { Session } from "./Session.ts"
import { decided, type Plan, type Shell, type ShellFailure } from "./Shell.ts"
import { blockersOf, reliedOn } from "./TaskSession.ts"
import { fenceOf, type Tenure } from "./Tenure.ts"
import type { Issued } from "./Tokens.ts"

// models ----------------------------------------------------------------------

/**
 * An attempt that has been queued, with all that its start needs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Attempt {
  readonly run: Run.Run
  readonly task: Task.Task
  readonly agent: Agent.AgentRecord
  readonly repository: Repository | null
  /** Why the task came back, if it did. */
  readonly feedback: string | null
}

/**
 * What is queued: which task for which agent, as which run, with the token that the run is given.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted {
  readonly taskId: TaskId
  readonly agentId: AgentId
  readonly runId: RunId
  readonly issued: Issued
}

// services --------------------------------------------------------------------

/**
 * Queues an attempt: run, move and token in one commit, before anything is started.
 *
 * A task that needs a repository which cannot be told is held instead.
 *
 * @category services
 * @since 0.1.0
 */
export const queue = (
  shell: Shell["Service"],
  tenure: Tenure,
  { agentId, issued, runId, taskId }: Wanted
): Effect.Effect<Attempt, NotStarted | ShellFailure> =>
  asSystem(
    `run/${runId}/queue`,
    shell.transact(
      placeOf(tenure, taskId),
      Effect.fnUntraced(function* (session) {
        const { agent, repository, task, ...found } = yield* free(session, taskId, agentId)
        const common = { guards: [fenceOf(tenure)], onGuard: () => gone }
        if (found.isHeld) {
          const held = [Task.held(task, "repository_needed")]
          const nothing: Plan<Attempt | null, NotStarted> = {
            ...common,
            events: held,
            answer: () => null
          }
          return nothing
        }
        const runner = Agent.runnerOf(agent) ?? ""
        const repositoryId = repository?.id ?? null
        const { holder } = tenure
        const facts = { runId, agentId, runner, holder, repositoryId, actorId: system.id }
        const feedback = task.isRework ? yield* feedbackOf(session, task) : null
        const events = yield* decided(Run.queue(task, facts))
        const plan: Plan<Attempt | null, NotStarted> = {
          ...common,
          events,
          also: issued.steps,
          answer: ({ after }) => ({
            run: after<Run.Run>(Projection.runs, { id: runId }),
            task: after<Task.Task>(Projection.tasks, { id: taskId }),
            agent,
            repository,
            feedback
          }),
          onConstraint: {
            runs_one_live_per_agent: () => new NotStarted({ reason: "agent_busy" }),
            runs_one_live_per_task: () => new NotStarted({ reason: "not_ready" })
          }
        }
        return plan
      })
    )
  ).pipe(
    Effect.filterOrFail(
      (attempt) => attempt !== null,
      () => new NotStarted({ reason: "held" })
    )
  )

/**
 * The attempt's folder is ready.
 *
 * @category services
 * @since 0.1.0
 */
export const start = (
  shell: Shell["Service"],
  tenure: Tenure,
  run: Run.Run,
  facts: { readonly workspace: string; readonly baseCommit: CommitId | null }
) => step(shell, tenure, run, "start", (now) => Run.start(now, facts))

/**
 * The attempt's agent lives.
 *
 * @category services
 * @since 0.1.0
 */
export const begin = (shell: Shell["Service"], tenure: Tenure, run: Run.Run) =>
  step(shell, tenure, run, "begin", Run.begin)

/**
 * The runs of an organisation that are live, at most 1,000.
 *
 * @category services
 * @since 0.1.0
 */
export const live = (shell: Shell["Service"], organization: string) =>
  Effect.map(
    shell.read((driver) =>
      driver.find({
        organization,
        table: "runs",
        index: "runs_live",
        equals: { is_live: true },
        limit: 1000
      })
    ),
    (rows) => rows.map(Projection.runs.fromRow)
  )

export { end, type Ended } from "./AttemptEnd.ts"
export { NotStarted } from "./AttemptShell.ts"

// internal --------------------------------------------------------------------

/** The task and its agent, if both are free; `isHeld` when nobody can tell the repository. */
const free = Effect.fnUntraced(function* (session: Session, taskId: TaskId, agentId: AgentId) {
  const notReady = new NotStarted({ reason: "not_ready" })
  const task = yield* reliedOn(session, taskId).pipe(
    Effect.catchTag("TaskNotFound", () => Effect.fail(notReady))
  )
  const blockedBy = task.status === "todo" ? yield* blockersOf(session, task) : []
  if (!Task.isReady(task, { openDependencies: blockedBy.length })) return yield* notReady
  const agent = yield* session.get(Projection.agents, { id: agentId })
  const isFree = agent !== undefined && !agent.isPaused && Agent.runnerOf(agent) !== null
  if (!isFree) return yield* new NotStarted({ reason: "agent_busy" })
  if (task.assigneeId !== null && task.assigneeId !== agentId) return yield* notReady
  const repositories = yield* repositoriesOf(session, task)
  const repository = repositories[0] ?? null
  return { task, agent, repository, isHeld: repositories.length > 1 }
})

/** The repositories that a task may mean: the one it names first, or all of its team. */
const repositoriesOf = Effect.fnUntraced(function* (session: Session, task: Task.Task) {
  const [named] = task.repoIds
  if (named !== undefined) {
    const repository = yield* session.get(Projection.repositories, { id: named })
    return repository === undefined ? [] : [repository]
  }
  const rows = yield* session.driver.find({
    organization: session.organization,
    table: "repositories",
    index: "repositories_by_team",
    equals: { team_id: task.teamId },
    limit: 2
  })
  return rows.map(Projection.repositories.fromRow)
})

const wordless = "A reviewer sent it back and did not say why."

const feedbackOf = Effect.fnUntraced(function* (session: Session, task: Task.Task) {
  const review = yield* latestOf(session, task.id)
  const [row] = yield* session.driver.find({
    organization: session.organization,
    table: "merge_jobs",
    index: "merge_jobs_by_task",
    equals: { task_id: task.id },
    direction: "descending",
    limit: 1
  })
  const job = row === undefined ? undefined : Projection.mergeJobs.fromRow(row)
  const said = review?.verdict === "approve" ? null : (review ?? null)
  const failed = job?.status === "failed" ? job : null
  // What came last sent it back; what came before was worked at already.
  const isFailed = failed !== null && (failed.completedAt ?? "") > (said?.resolvedAt ?? "")
  if (isFailed) return failed.error
  // Whoever is sent back without a word still learns that.
  return said === null || said.resolvedAt === null ? null : (said.summary ?? wordless)
})

const step = (
  shell: Shell["Service"],
  tenure: Tenure,
  { id: runId, taskId }: Run.Run,
  name: string,
  decide: (run: Run.Run) => ReturnType<typeof Run.begin>
): Effect.Effect<Run.Run, Run.RunIsOver | NotStarted | ShellFailure> =>
  asSystem(
    `run/${runId}/${name}`,
    shell.transact(
      placeOf(tenure, taskId),
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(`run:${runId}`)
        const run = yield* session.get(Projection.runs, { id: runId })
        if (run === undefined) return yield* Effect.die(`The run ${runId} is gone`)
        return {
          events: yield* decided(decide(run)),
          guards: [fenceOf(tenure)],
          answer: ({ after }) => after<Run.Run | undefined>(Projection.runs, { id: runId }) ?? run,
          onGuard: () => gone
        }
      })
    )
  )
