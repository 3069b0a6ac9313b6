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
      const jobs = yield* Landings.open(bench.shell, tenure.organization, pageSize)
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
  Effect.catch((error) => Effect.logWarning(`Nothing was landed: ${error.message}`))
)

// internal --------------------------------------------------------------------

const pageSize = 50

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
