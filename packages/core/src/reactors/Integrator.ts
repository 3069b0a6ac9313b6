/**
 * Lands what was approved: takes merge jobs, oldest first, one at a time per repository.
 *
 * It acts on jobs only, never on a status. A job that was begun before a crash is begun again; the
 * workspace finds what has landed already.
 *
 * @since 0.1.0
 */
import { Effect, Result, Schedule } from "effect"
import type { LandInput } from "../ports/Workspace.ts"
import { CommitId } from "../rules/Identifier.ts"
import type { MergeJob } from "../rules/MergeJob.ts"
import * as Landings from "../services/Landings.ts"
import * as Lanes from "../services/Lanes.ts"
import * as Projection from "../services/Projection.ts"
import type { Tenure } from "../services/Tenure.ts"
import type { Bench } from "./Work.ts"

// services --------------------------------------------------------------------

/**
 * Lands all jobs that are open now.
 *
 * @category services
 * @since 0.1.0
 */
export const drain: (bench: Bench, tenure: Tenure) => Effect.Effect<void> = Effect.fnUntraced(
  function* (bench, tenure) {
    for (;;) {
      const jobs = yield* openHere(bench, tenure)
      if (jobs.length === 0) return
      const byRepository = Map.groupBy(jobs, ({ repoId }) => repoId)
      yield* Effect.forEach(
        byRepository.values(),
        (queue) =>
          Effect.forEach(queue, (job) =>
            Effect.annotateLogs(land(bench, tenure, job), { task_id: job.taskId })
          ),
        { concurrency: 4 }
      )
    }
  },
  (effect, { shell }) =>
    Effect.catch(effect, (error) => shell.outage.missed("Nothing was landed", error))
)

// internal --------------------------------------------------------------------

const pageSize = 50

/** The oldest jobs whose repositories are this tenure's. */
const openHere = Effect.fnUntraced(function* ({ shell }: Bench, tenure: Tenure) {
  const { organization } = tenure
  const { fromRow, table } = Projection.repositories
  const lanes = new Map<string, string>()
  for (let after: MergeJob | undefined; ;) {
    const jobs: ReadonlyArray<MergeJob> = yield* Landings.open(shell, organization, pageSize, after)
    for (const { repoId } of jobs) {
      if (lanes.has(repoId)) continue
      const row = yield* shell.read((driver) => driver.get(organization, table, { id: repoId }))
      lanes.set(repoId, Lanes.of(row === undefined ? null : fromRow(row)))
    }
    const here = jobs.filter(({ repoId }) => lanes.get(repoId) === tenure.name)
    after = jobs.at(-1)
    if (here.length > 0 || jobs.length < pageSize) return here
  }
})

const land = Effect.fnUntraced(function* (bench: Bench, tenure: Tenure, job: MergeJob) {
  const { shell, workspace } = bench
  const started = yield* Landings.start(shell, tenure, job)
  if (started === null) return
  const input = yield* inputOf(bench, tenure, job)
  if (input === undefined) {
    yield* Landings.fail(shell, tenure, job, "The repository is not registered any more")
    return
  }
  const landed = yield* Effect.result(
    Effect.retry(workspace.land(input), {
      schedule: Schedule.exponential("100 millis").pipe(Schedule.upTo({ times: 3 })),
      while: (error) => error._tag === "GitError" && error.retryable
    })
  )
  if (Result.isFailure(landed)) {
    yield* Landings.fail(shell, tenure, job, landed.failure.message)
    return
  }
  const { branch, commit } = landed.success
  const facts = { mergeCommit: CommitId.make(commit), landedOn: branch }
  yield* Landings.complete(shell, tenure, job, facts)
})

const inputOf = Effect.fnUntraced(function* (
  { shell }: Bench,
  { organization }: Tenure,
  job: MergeJob
) {
  const { repositories, tasks } = Projection
  const repository = yield* shell.read((driver) =>
    driver.get(organization, repositories.table, { id: job.repoId })
  )
  const task = yield* shell.read((driver) =>
    driver.get(organization, tasks.table, { id: job.taskId })
  )
  if (repository === undefined || task === undefined) return undefined
  const { baseCommit, branch, headCommit, id: jobId, strategy, targetBranch, taskId } = job
  const input: LandInput = {
    jobId,
    taskId,
    repository: { ...repositories.fromRow(repository), organizationId: organization },
    branch,
    targetBranch,
    baseCommit,
    headCommit,
    strategy,
    message: `${tasks.fromRow(task).title}\n\nTask ${taskId}.`
  }
  return input
})
