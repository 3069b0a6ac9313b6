/**
 * A model of what happens around one task: it asks the rules for what they would decide, as the
 * services do, and folds their events.
 *
 * @since 0.1.0
 */
import { Result } from "effect"

import {
  type Decision,
  Identifier,
  type Lease,
  MergeJob,
  Review,
  Run,
  Span,
  Task,
  TaskGraph,
  type Team
} from "@foreman/core"

// models ----------------------------------------------------------------------

/** An event of a task or of what belongs to it. */
export type HistoryEvent =
  | Task.TaskEvent
  | Run.RunEvent
  | Lease.LeaseEvent
  | Review.ReviewEvent
  | MergeJob.MergeJobEvent

/** How everything stands at one moment. */
export interface Standing {
  readonly settings: Team.Settings
  readonly task: Task.Task
  readonly hasRepository: boolean
  readonly run: Run.Run | undefined
  readonly review: Review.Review | undefined
  readonly job: MergeJob.MergeJob | undefined
  readonly dependencies: ReadonlyMap<Identifier.TaskId, Task.Status>
  readonly count: number
}

/** One accepted wish. */
export interface Step {
  readonly wish: string
  readonly by: "person" | "run" | "foreman"
  readonly before: Standing
  readonly events: ReadonlyArray<HistoryEvent>
  readonly after: Standing
}

// rules -----------------------------------------------------------------------

/** Plays one wish for each number: the one that it stands for, or another that changes anything. */
export const play = (first: Standing, dice: ReadonlyArray<number>): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  let before = first
  for (const die of dice) {
    for (let turn = 0; turn < maxTurns; turn++) {
      const wish = wishes[(die + turn * (1 + (die % stride))) % wishes.length]!
      const decision = wish.ask(before, Math.floor(die / wishes.length))
      if (decision === undefined || Result.isFailure(decision) || decision.success.length === 0) {
        continue
      }
      const events = decision.success
      const after = events.reduce(fold, { ...before, count: before.count + 1 })
      steps.push({ wish: wish.name, by: wish.by, before, events, after })
      before = after
      break
    }
  }
  return steps
}

export const agents = [1, 2].map((last) =>
  Identifier.AgentId.make(`00000000-0000-7000-8000-00000000a00${last}`)
)
export const person = "00000000-0000-7000-8000-00000000b001"

// internal --------------------------------------------------------------------

type Answer = Decision.Decision<HistoryEvent, unknown> | undefined

interface Wish {
  readonly name: string
  readonly by: Step["by"]
  readonly ask: (now: Standing, die: number) => Answer
}

const repository = {
  id: Identifier.RepositoryId.make("00000000-0000-7000-8000-00000000c001"),
  defaultBranch: "main"
}

const fold = (now: Standing, event: HistoryEvent): Standing => {
  const at = Identifier.timestamp(1_767_225_600_000_000 + now.count * 1_000_000)
  // As: the first word of an event's type says which of these it is.
  switch (event.type.split(".")[0]) {
    case "task":
      return { ...now, task: Task.evolve(now.task, event as Task.TaskEvent, at) ?? now.task }
    case "lease":
    case "run":
      return { ...now, run: Run.evolve(now.run, event as Run.RunEvent | Lease.LeaseEvent, at) }
    case "review":
      return { ...now, review: Review.evolve(now.review, event as Review.ReviewEvent, at) }
    default:
      return { ...now, job: MergeJob.evolve(now.job, event as MergeJob.MergeJobEvent, at) }
  }
}

/** Goes on from the events of a decision: what follows from them happens in the same commit. */
const also = (now: Standing, decision: Answer, next: (then: Standing) => Answer): Answer => {
  if (decision === undefined || Result.isFailure(decision)) return decision
  const then = next(decision.success.reduce(fold, now))
  if (then === undefined || Result.isFailure(then)) return then
  return Result.succeed([...decision.success, ...then.success])
}

const wish = (by: Step["by"], name: string, ask: Wish["ask"]): Wish => ({ by, name, ask })

const pick = <A>(from: ReadonlyArray<A>, die: number): A => from[die % from.length]!

const commit = (count: number) => count.toString(16).padStart(40, "0")

const queued = ({ count, hasRepository, settings, task }: Standing) =>
  MergeJob.queue(task, {
    mergeJobId: Identifier.MergeJobId.make(count + 1),
    repository: hasRepository ? repository : null,
    strategy: settings.mergeStrategy
  })

const blockedBy = ({ dependencies, task }: Standing) => TaskGraph.blockersOf(task, dependencies)

const openJob = ({ job }: Standing) => (job !== undefined && MergeJob.isOpen(job) ? job : undefined)

const move = (to: Task.Status, by: "person" | "run"): Wish =>
  wish(by, `move to ${to}`, (now) => {
    const { review, run, settings, task } = now
    if (by === "run" && task.liveRunId === null) return undefined
    const job = openJob(now)
    const moves = Task.move(task, to, {
      actorId: by === "run" ? (task.lastAgentId ?? person) : person,
      actingRunId: by === "run" ? (task.liveRunId ?? undefined) : undefined,
      blockedBy: to === "in_progress" ? blockedBy(now) : [],
      requireReview: settings.requireReview,
      isApproved: review !== undefined && Review.approves(review, task),
      mergeJob: job === undefined ? null : { isRunning: job.status === "running" }
    })
    if (Result.isFailure(moves)) return moves
    const isStopped = to === "cancelled" && task.liveRunId !== null && run !== undefined
    const before: Answer = isStopped
      ? Run.end(run, task, endOf("cancelled", null))
      : Result.succeed([])
    return also(now, before, () => {
      const withdrawn = job === undefined ? null : failed(job)
      const landing = to === "merging" ? queued(now) : null
      const events = [withdrawn, ...moves.success, landing].filter((event) => event !== null)
      return Result.succeed(events)
    })
  })

const failed = ({ id, taskId }: MergeJob.MergeJob): MergeJob.MergeJobEvent => ({
  type: "merge.failed",
  data: { mergeJobId: id, taskId, error: "withdrawn" }
})

const endOf = (outcome: Task.Outcome, headCommit: string | null): Run.End => ({
  outcome,
  exitCode: outcome === "succeeded" ? 0 : null,
  cause: outcome === "succeeded" ? "exit:0" : outcome,
  answer: null,
  headCommit
})

const end = (outcome: Task.Outcome): Wish =>
  wish("foreman", `end as ${outcome}`, (now, die) => {
    const { count, hasRepository, run, settings, task } = now
    if (run === undefined || (outcome === "succeeded" && run.status !== "running")) return undefined
    const head = hasRepository && die % 3 > 0 ? commit(count + 1000) : task.headCommit
    const cause = outcome === "cancelled" ? Run.shutdown : `as ${outcome}`
    const ended = Run.end(run, task, { ...endOf(outcome, head), cause })
    if (outcome !== "succeeded") return ended
    return also(now, ended, (then) =>
      Review.open(then.task, {
        reviewId: Identifier.ReviewId.make(count + 1),
        attempt: (now.review?.attempt ?? 0) + 1,
        delivery: settings.delivery,
        requireReview: settings.requireReview,
        actorId: "foreman",
        queued: queued(then)
      })
    )
  })

const verdict = (given: Review.Verdict): Wish =>
  wish("person", given, (now, die) => {
    const { review, settings, task } = now
    if (review === undefined) return undefined
    const reviewerId = pick([person, person, ...agents], die)
    const wanted = { verdict: given, summary: null, reviewerId }
    const facts = { autoMerge: settings.autoMerge, queued: queued(now) }
    return Review.decide(review, task, wanted, facts)
  })

const landing = (name: string, ask: (job: MergeJob.MergeJob, task: Task.Task) => Answer): Wish =>
  wish("foreman", name, ({ job, task }) => (job === undefined ? undefined : ask(job, task)))

const dispatch = wish("foreman", "dispatch", (now, die) => {
  const { count, hasRepository, task } = now
  if (!Task.isReady(task, { openDependencies: blockedBy(now).length })) return undefined
  const suffix = count.toString(16).padStart(12, "0")
  return Run.queue(task, {
    runId: Identifier.RunId.make(`00000000-0000-7000-8000-${suffix}`),
    agentId: task.assigneeId ?? pick(agents, die),
    runner: "command",
    holder: "server",
    repositoryId: hasRepository ? repository.id : null,
    actorId: "foreman",
    spans: [Span.Span.make(`task/${task.id}/`)]
  })
})

const start = wish("foreman", "start", ({ hasRepository, run }) =>
  run === undefined
    ? undefined
    : Run.start(run, { workspace: "/work", baseCommit: hasRepository ? commit(1) : null })
)

/** A wish that would end most histories early, or drown what else happens. */
const rare = ({ ask, ...wish }: Wish): Wish => ({
  ...wish,
  ask: (now, die) => (die % 6 === 0 ? ask(now, Math.floor(die / 6)) : undefined)
})

const running: ReadonlyArray<Wish> = [
  dispatch,
  start,
  wish("foreman", "begin", ({ run }) => (run === undefined ? undefined : Run.begin(run))),
  end("succeeded")
]

const judging: ReadonlyArray<Wish> = [verdict("approve"), verdict("request_changes")]

const landings: ReadonlyArray<Wish> = [
  landing("begin to land", (job) => MergeJob.start(job)),
  landing("land", (job, task) => {
    const facts = { mergeCommit: commit(2), landedOn: "main", actorId: "foreman" }
    return job.status === "running" ? MergeJob.complete(job, task, facts) : undefined
  })
]

const often = [running, running, running, judging, judging, landings, landings].flat()

const wishes: ReadonlyArray<Wish> = [
  ...often,
  landing("fail to land", (job, task) =>
    job.status === "running"
      ? MergeJob.fail(job, task, { error: "conflict", actorId: "foreman" })
      : undefined
  ),
  rare(end("failed")),
  rare(end("lost")),
  // As it is when Foreman itself ends.
  rare(end("cancelled")),
  verdict("reject"),
  wish("person", "retry", ({ task }) => Task.retry(task, { actorId: person })),
  ...(["in_review", "in_approval", "merging", "done", "todo"] as const).map((to) =>
    rare(move(to, "run"))
  ),
  ...Task.Status.literals.map((to) =>
    to === "cancelled" ? rare(rare(move(to, "person"))) : rare(move(to, "person"))
  ),
  rare(wish("person", "edit", ({ task }) => Task.update(task, { priority: "high" }))),
  rare(wish("person", "assign", ({ task }, die) => Task.assign(task, pick(agents, die)))),
  rare(
    wish("person", "request a review", ({ count, review, task }) =>
      Review.request(task, {
        reviewId: Identifier.ReviewId.make(count + 1),
        attempt: (review?.attempt ?? 0) + 1,
        reviewerId: null,
        reviewerType: "user"
      })
    )
  ),
  rare(
    wish("foreman", "hold", ({ task }) =>
      task.liveRunId === null && !Task.isFinal(task.status) && task.hold === null
        ? Result.succeed([Task.held(task, "runner_unusable")])
        : undefined
    )
  ),
  wish("person", "remove a dependency", ({ task }, die) =>
    task.dependsOn.length === 0 ? undefined : TaskGraph.remove(task, pick(task.dependsOn, die))
  )
]

const maxTurns = 10
/** How far apart the wishes stand that are tried one after the other: another way for each number. */
const stride = 17
