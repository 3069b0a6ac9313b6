/**
 * The commands of the dispatcher: starting an attempt at a task and ending it.
 *
 * Each is one commit under a key that follows from the run, so a restart repeats nothing. A
 * dispatcher whose tenure has gone to another one can write none of them.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Row, StoreError } from "../ports/Driver.ts"
import { system } from "../rules/Actor.ts"
import * as Agent from "../rules/Agent.ts"
import type { AgentId, CommitId, RunId, TaskId } from "../rules/Identifier.ts"
import * as Repository from "../rules/Repository.ts"
import * as Run from "../rules/Run.ts"
import * as Task from "../rules/Task.ts"
import { asSystem, gone, NotStarted, placeOf } from "./AttemptShell.ts"
import { feedbackOf } from "./AttemptFeedback.ts"
import * as Lanes from "./Lanes.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided, type Place, type Plan, type Shell, type ShellFailure } from "./Shell.ts"
import { repositoriesOf } from "./TaskRepositories.ts"
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
  readonly repository: Repository.Repository | null
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
  /** Made just now. */
  readonly runId: RunId
  readonly issued: Issued
  /** What the dispatcher has read of the task and the agent already. */
  readonly known?: Known
}

/**
 * Rows of a task and of an agent with the version of the task's stream, read at one moment, and the
 * ids of the first two repositories of the task's team.
 *
 * @category models
 * @since 0.1.0
 */
export interface Known {
  readonly task: Row
  readonly version: number
  readonly agent: Row
  readonly teamRepositories: ReadonlyArray<string>
}

/**
 * Where an attempt works: its folder, the commit that it begins at, and whose disk that is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Started {
  readonly workspace: string
  readonly baseCommit: CommitId | null
  readonly node?: string | undefined
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
  { agentId, issued, known, runId, taskId }: Wanted
): Effect.Effect<Attempt, NotStarted | ShellFailure> => {
  let isFirst = true
  return asSystem(
    `run/${runId}/queue`,
    shell.transact(
      { ...placeOf(tenure, taskId), isKeyNew: true, ...knownOf(taskId, agentId, known) },
      Effect.fnUntraced(function* (session) {
        const wanted = { taskId, agentId, known: isFirst ? known : undefined }
        isFirst = false
        const { agent, repository, task, ...found } = yield* free(session, wanted)
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
        if (Lanes.of(repository) !== tenure.name) return yield* elsewhere(repository)
        const holder = Lanes.holderIn(tenure)
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
}

/**
 * The attempt's folder is ready. Where nodes have disks of their own, the first one to have used a
 * repository is its home.
 *
 * @category services
 * @since 0.1.0
 */
export const start = (
  shell: Shell["Service"],
  tenure: Tenure,
  run: Run.Run,
  { node, ...facts }: Started
) =>
  step(shell, tenure, run, "start", (now, session) =>
    Effect.flatMap(settled(session, now, node), (homed) =>
      Effect.map(decided(Run.start(now, facts)), (events) => [...events, ...homed])
    )
  )

/**
 * The attempt's agent lives.
 *
 * @category services
 * @since 0.1.0
 */
export const begin = (shell: Shell["Service"], tenure: Tenure, run: Run.Run) =>
  step(shell, tenure, run, "begin", (now) => decided(Run.begin(now)))

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

const knownOf = (taskId: TaskId, agentId: AgentId, known: Known | undefined): Partial<Place> => {
  if (known === undefined) return {}
  const { agent, task, version } = known
  const rows = [
    { projection: Projection.tasks, key: { id: taskId }, row: task },
    { projection: Projection.agents, key: { id: agentId }, row: agent }
  ]
  return { known: { versions: [{ stream: `task:${taskId}`, version }], rows } }
}

interface Sought {
  readonly taskId: TaskId
  readonly agentId: AgentId
  readonly known: Known | undefined
}

/** The task and its agent, if both are free; `isHeld` when nobody can tell the repository. */
const free = Effect.fnUntraced(function* (session: Session, { agentId, known, taskId }: Sought) {
  const notReady = new NotStarted({ reason: "not_ready" })
  const task = yield* reliedOn(session, taskId).pipe(
    Effect.catchTag("TaskNotFound", () => Effect.fail(notReady))
  )
  const openDependencies =
    known === undefined
      ? (yield* blockersOf(session, task)).length
      : Number(known.task["open_dependencies"])
  if (!Task.isReady(task, { openDependencies })) return yield* notReady
  const agent = yield* session.get(Projection.agents, { id: agentId })
  const isFree = agent !== undefined && !agent.isPaused && Agent.runnerOf(agent) !== null
  if (!isFree) return yield* new NotStarted({ reason: "agent_busy" })
  if (task.assigneeId !== null && task.assigneeId !== agentId) return yield* notReady
  const repositories = yield* repositoriesOf(session, task, known?.teamRepositories)
  const repository = repositories[0] ?? null
  return { task, agent, repository, isHeld: repositories.length > 1 }
})

const elsewhere = (repository: Repository.Repository | null) => {
  const home = repository === null ? null : Repository.homeOf(repository)
  return new NotStarted({ reason: "elsewhere", ...(home === null ? {} : { home }) })
}

/** That the repository lies here now, where that is to be told and has not been. */
const settled = Effect.fnUntraced(function* (
  session: Session,
  { repositoryId: id }: Run.Run,
  node: string | undefined
): Effect.fn.Return<ReadonlyArray<DomainEvent>, StoreError> {
  if (node === undefined || id === null) return []
  yield* session.relyOn(`repo:${id}`)
  const repository = yield* session.get(Projection.repositories, { id })
  return repository === undefined ? [] : yield* decided(Repository.settle(repository, node))
})

const step = (
  shell: Shell["Service"],
  tenure: Tenure,
  { id: runId, taskId }: Run.Run,
  name: string,
  decide: (
    run: Run.Run,
    session: Session
  ) => Effect.Effect<ReadonlyArray<DomainEvent>, Run.RunIsOver | StoreError>
): Effect.Effect<Run.Run, Run.RunIsOver | NotStarted | ShellFailure> =>
  asSystem(
    `run/${runId}/${name}`,
    shell.transact(
      // Only whoever carries out the run says this of it, and once.
      { ...placeOf(tenure, taskId), isKeyNew: true },
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(`run:${runId}`)
        const run = yield* session.get(Projection.runs, { id: runId })
        if (run === undefined) return yield* Effect.die(`The run ${runId} is gone`)
        return {
          events: yield* decide(run, session),
          guards: [fenceOf(tenure)],
          answer: ({ after }) => after<Run.Run | undefined>(Projection.runs, { id: runId }) ?? run,
          onGuard: () => gone
        }
      })
    )
  )
