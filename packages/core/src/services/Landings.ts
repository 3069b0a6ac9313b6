/**
 * The commands of the integrator: beginning a merge job, and ending it either way.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import { observedUnder } from "../operations/Observation.ts"
import type { StoreError } from "../ports/Driver.ts"
import { system } from "../rules/Actor.ts"
import type { CommitId, MergeJobId, TaskId } from "../rules/Identifier.ts"
import * as MergeJob from "../rules/MergeJob.ts"
import type { Task } from "../rules/Task.ts"
import { NotStarted } from "./AttemptShell.ts"
import * as Projection from "./Projection.ts"
import type { Folded, Session } from "./Session.ts"
import { decided, type Shell, type ShellFailure } from "./Shell.ts"
import { reliedOn } from "./TaskSession.ts"
import { fenceOf, type Tenure } from "./Tenure.ts"

// models ----------------------------------------------------------------------

/**
 * Which job, of which task.
 *
 * @category models
 * @since 0.1.0
 */
export interface JobPlace {
  readonly id: MergeJobId
  readonly taskId: TaskId
}

// services --------------------------------------------------------------------

/**
 * The merge jobs of an organisation that are not over, oldest first, after one of them, at most so
 * many.
 *
 * @category services
 * @since 0.1.0
 */
export const open = (
  shell: Shell["Service"],
  organization: string,
  limit: number,
  after?: Pick<MergeJob.MergeJob, "id">
) => {
  const query = {
    organization,
    table: "merge_jobs",
    index: "merge_jobs_open",
    equals: { is_open: true },
    limit
  }
  const place = after === undefined ? {} : { after: { is_open: true, id: after.id } }
  return Effect.map(
    shell.read((driver) => driver.find({ ...query, ...place })),
    (rows) => rows.map(Projection.mergeJobs.fromRow)
  )
}

/**
 * Begins a job. One that was begun before a crash is answered as it is.
 *
 * @category services
 * @since 0.1.0
 */
export const start = (shell: Shell["Service"], tenure: Tenure, job: JobPlace) =>
  change(shell, tenure, job, "start", (present) => decided(MergeJob.start(present)))

/**
 * The change has landed: the task is done, and what waited for it may start.
 *
 * @category services
 * @since 0.1.0
 */
export const complete = (
  shell: Shell["Service"],
  tenure: Tenure,
  job: JobPlace,
  facts: { readonly mergeCommit: CommitId; readonly landedOn: string }
) =>
  change(shell, tenure, job, "complete", (present, task) =>
    decided(MergeJob.complete(present, task, { ...facts, actorId: system.id }))
  )

/**
 * The change cannot land: the task goes back to its agent.
 *
 * @category services
 * @since 0.1.0
 */
export const fail = (shell: Shell["Service"], tenure: Tenure, job: JobPlace, error: string) =>
  change(shell, tenure, job, "fail", (present, task) =>
    decided(MergeJob.fail(present, task, { error, actorId: system.id }))
  )

// internal --------------------------------------------------------------------

type Decide = (
  job: MergeJob.MergeJob,
  task: Task
) => Effect.Effect<ReadonlyArray<DomainEvent>, StoreError>

const change = (
  shell: Shell["Service"],
  tenure: Tenure,
  { id, taskId }: JobPlace,
  name: string,
  decide: Decide
): Effect.Effect<MergeJob.MergeJob | null, NotStarted | ShellFailure> =>
  shell
    .transact({ organization: tenure.organization, queue: `task:${taskId}` }, (session) =>
      changed(session, tenure, { id, taskId }, decide)
    )
    .pipe(
      observedUnder("land", `merge_job/${id}/${name}`),
      Effect.provideService(CurrentActor, system)
    )

const changed = Effect.fnUntraced(function* (
  session: Session,
  tenure: Tenure,
  { id, taskId }: JobPlace,
  decide: Decide
) {
  const task = yield* Effect.catchTag(reliedOn(session, taskId), "TaskNotFound", Effect.die)
  const job = yield* session.get(Projection.mergeJobs, { id })
  const isOpen = job !== undefined && MergeJob.isOpen(job)
  return {
    events: isOpen ? yield* decide(job, task) : [],
    guards: [fenceOf(tenure)],
    answer: ({ after }: Folded) =>
      isOpen ? (after<MergeJob.MergeJob | undefined>(Projection.mergeJobs, { id }) ?? job) : null,
    onGuard: () => new NotStarted({ reason: "not_dispatcher" })
  }
})
