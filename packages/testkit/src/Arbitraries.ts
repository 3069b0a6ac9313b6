/**
 * Generators of Foreman's things for property tests.
 *
 * What they make keeps the schemas and, where one field follows from another, makes sense: a task
 * with a live run is not done. `history` goes further: it plays wishes on a task by the real rules.
 *
 * @since 0.1.0
 */
import * as fc from "fast-check"

import { Identifier, MergeJob, Review, Run, Span, Task, Team } from "@foreman/core"
import { play, type Standing, type Step } from "./internal/taskHistory.ts"

// models ----------------------------------------------------------------------

/**
 * What happened around one task: its team's settings and every accepted wish with its events.
 *
 * @category models
 * @since 0.1.0
 */
export interface History {
  readonly first: Standing
  readonly steps: ReadonlyArray<Step>
  readonly last: Standing
}

export type { Standing, Step }

/**
 * Tasks and what each waits for.
 *
 * @category models
 * @since 0.1.0
 */
export type Graph = ReadonlyArray<Pick<Task.Task, "id" | "dependsOn">>

// generators ------------------------------------------------------------------

const uuid = fc.uuid({ version: 7 })
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })

/**
 * Ids, by the thing that they name.
 *
 * @category generators
 * @since 0.1.0
 */
export const id: {
  readonly organization: fc.Arbitrary<Identifier.OrganizationId>
  readonly team: fc.Arbitrary<Identifier.TeamId>
  readonly agent: fc.Arbitrary<Identifier.AgentId>
  readonly repository: fc.Arbitrary<Identifier.RepositoryId>
  readonly run: fc.Arbitrary<Identifier.RunId>
  readonly task: fc.Arbitrary<Identifier.TaskId>
  readonly review: fc.Arbitrary<Identifier.ReviewId>
  readonly mergeJob: fc.Arbitrary<Identifier.MergeJobId>
} = {
  organization: uuid.map((value) => Identifier.OrganizationId.make(value)),
  team: uuid.map((value) => Identifier.TeamId.make(value)),
  agent: uuid.map((value) => Identifier.AgentId.make(value)),
  repository: uuid.map((value) => Identifier.RepositoryId.make(value)),
  run: uuid.map((value) => Identifier.RunId.make(value)),
  task: number.map((value) => Identifier.TaskId.make(value)),
  review: number.map((value) => Identifier.ReviewId.make(value)),
  mergeJob: number.map((value) => Identifier.MergeJobId.make(value))
}

/**
 * The object id of a commit, in either of git's two lengths.
 *
 * @category generators
 * @since 0.1.0
 */
export const commitId: fc.Arbitrary<Identifier.CommitId> = fc.constantFrom(40, 64).chain((length) =>
  fc.string({
    unit: fc.constantFrom(..."0123456789abcdef"),
    minLength: length,
    maxLength: length
  })
)

/**
 * An instant between 1970 and 2255, the last one that a number holds to the microsecond.
 *
 * @category generators
 * @since 0.1.0
 */
export const timestamp: fc.Arbitrary<Identifier.Timestamp> = fc
  .nat({ max: Number.MAX_SAFE_INTEGER })
  .map((micros) => Identifier.timestamp(micros))

/**
 * A key under which a caller repeats a command.
 *
 * @category generators
 * @since 0.1.0
 */
export const idempotencyKey: fc.Arbitrary<string> = fc.string({
  unit: "grapheme-ascii",
  minLength: 1,
  maxLength: 255
})

/**
 * Where things stand, by what stands there.
 *
 * @category generators
 * @since 0.1.0
 */
export const status: {
  readonly task: fc.Arbitrary<Task.Status>
  readonly run: fc.Arbitrary<Run.RunStatus>
  readonly mergeJob: fc.Arbitrary<MergeJob.MergeJobStatus>
} = {
  task: fc.constantFrom(...Task.Status.literals),
  run: fc.constantFrom(...Run.RunStatus.literals),
  mergeJob: fc.constantFrom(...MergeJob.MergeJobStatus.literals)
}

/**
 * How a review ends.
 *
 * @category generators
 * @since 0.1.0
 */
export const verdict: fc.Arbitrary<Review.Verdict> = fc.constantFrom(...Review.Verdict.literals)

/**
 * What teams decide.
 *
 * @category generators
 * @since 0.1.0
 */
export const settings: fc.Arbitrary<Team.Settings> = fc.record({
  requireReview: fc.boolean(),
  autoMerge: fc.boolean(),
  delivery: fc.constantFrom("review" as const, "direct" as const),
  mergeStrategy: fc.constantFrom(...Team.Strategy.literals)
})

/**
 * A title in any script.
 *
 * @category generators
 * @since 0.1.0
 */
export const title: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  fc.string({ unit: "binary", minLength: 1, maxLength: 80 })
)

/**
 * A task in any status, with the facts that its status allows.
 *
 * @category generators
 * @since 0.1.0
 */
export const task: fc.Arbitrary<Task.Task> = fc
  .record({
    id: id.task,
    teamId: id.team,
    title,
    status: status.task,
    urgency: fc.integer({ min: 1, max: 200 }),
    type: fc.constantFrom(...Task.Type.literals),
    assigneeId: fc.option(id.agent),
    dependsOn: fc.uniqueArray(id.task, { maxLength: 3 }),
    attempts: fc.nat({ max: 5 }),
    rejections: fc.nat({ max: 3 }),
    isSentBack: fc.boolean(),
    isLive: fc.boolean(),
    run: fc.record({ id: id.run, agentId: id.agent }),
    lastOutcome: fc.constantFrom(...Task.Outcome.literals),
    hold: fc.option(fc.constantFrom(...Task.Hold.literals)),
    commits: fc.option(fc.record({ baseCommit: commitId, headCommit: commitId })),
    createdAt: timestamp
  })
  .map(({ commits, createdAt, hold, isLive, isSentBack, lastOutcome, run, ...given }) => {
    const hasRun = given.attempts > 0
    const isFinal = Task.isFinal(given.status)
    const isWorking = hasRun && isLive && !isFinal && given.status !== "merging"
    return Task.example({
      ...given,
      priority: Task.priorityOf(given.urgency),
      ...(hasRun ? commits : null),
      branch: Task.branchOf(given.id, given.title),
      liveRunId: isWorking ? run.id : null,
      lastRunId: hasRun ? run.id : null,
      lastAgentId: hasRun ? run.agentId : null,
      lastOutcome: hasRun && !isWorking ? lastOutcome : null,
      isRework: isSentBack && given.status === "in_progress" && !isWorking,
      hold: isFinal || isWorking ? null : hold,
      createdAt,
      updatedAt: createdAt,
      completedAt: given.status === "done" ? createdAt : null
    })
  })

/**
 * A run in any status.
 *
 * @category generators
 * @since 0.1.0
 */
export const run: fc.Arbitrary<Run.Run> = fc.record({
  id: id.run,
  taskId: id.task,
  agentId: id.agent,
  attempt: fc.integer({ min: 1, max: 9 }),
  status: status.run,
  runner: fc.constantFrom("command", "codex"),
  holder: fc.string({ minLength: 1 }),
  repositoryId: fc.option(id.repository),
  branch: id.task.map((id) => `task-${id}`),
  workspace: fc.option(fc.constant("/work")),
  baseCommit: fc.option(commitId),
  headCommit: fc.option(commitId),
  exitCode: fc.option(fc.nat({ max: 255 })),
  cause: fc.option(fc.constantFrom("exit:0", "exit:1", "signal:KILL", "timeout")),
  answer: fc.option(fc.string()),
  outputId: fc.constant(null),
  spans: id.task.map((id) => [Span.Span.make(`task/${id}/`)]),
  queuedAt: timestamp,
  startedAt: fc.option(timestamp),
  endedAt: fc.option(timestamp)
})

/**
 * A review, decided or not.
 *
 * @category generators
 * @since 0.1.0
 */
export const review: fc.Arbitrary<Review.Review> = fc.record({
  id: id.review,
  taskId: id.task,
  attempt: fc.integer({ min: 1, max: 9 }),
  reviewerId: fc.option(uuid),
  reviewerType: fc.constantFrom(...Review.ReviewerType.literals),
  verdict: fc.option(verdict),
  summary: fc.option(fc.string()),
  headCommit: fc.option(commitId),
  createdAt: timestamp,
  resolvedAt: fc.option(timestamp)
})

/**
 * Tasks that wait for each other without a cycle. Ids say nothing about the order.
 *
 * @category generators
 * @since 0.1.0
 */
export const acyclicGraph: fc.Arbitrary<Graph> = fc
  .uniqueArray(id.task, { minLength: 1, maxLength: 12 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id, at) => fc.subarray(ids.slice(0, at)).map((dependsOn) => ({ id, dependsOn })))
    )
  )

/**
 * Tasks that wait for each other in any way, themselves included.
 *
 * @category generators
 * @since 0.1.0
 */
export const graph: fc.Arbitrary<Graph> = fc
  .uniqueArray(id.task, { minLength: 1, maxLength: 12 })
  .chain((ids) =>
    fc.tuple(...ids.map((id) => fc.subarray(ids).map((dependsOn) => ({ id, dependsOn }))))
  )

/**
 * What may happen to one task from its creation on: edits and moves by hand, runs and their ends,
 * verdicts, landings. Every step is one that the rules accept.
 *
 * @category generators
 * @since 0.1.0
 */
export const history: fc.Arbitrary<History> = fc
  .record({
    settings,
    hasRepository: fc.constantFrom(true, true, true, false),
    dependencies: fc.uniqueArray(fc.tuple(id.task, fc.constantFrom("done", "done", "cancelled")), {
      maxLength: 2,
      selector: ([id]) => id
    }),
    dice: fc.noBias(fc.array(fc.nat({ max: 100_000 }), { maxLength: 100, size: "max" }))
  })
  .map(({ dependencies, dice, hasRepository, settings: chosen }) => {
    const none = { run: undefined, review: undefined, job: undefined, count: 0 }
    const task = Task.example({ dependsOn: dependencies.map(([id]) => id) })
    const given = { settings: chosen, dependencies: new Map(dependencies), hasRepository }
    const first: Standing = { ...none, ...given, task }
    const steps = play(first, dice)
    const told = steps.map(({ after, wish }) => `${wish} -> ${after.task.status}`).join(", ")
    const last = steps.at(-1)?.after ?? first
    return { first, steps, last, [fc.toStringMethod]: () => `${JSON.stringify(chosen)} ${told}` }
  })
