/**
 * Explains tasks: reads what is known of them, a bounded part of everything, and hands it to the rule.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type * as Operations from "../operations/ExplainOperations.ts"
import type { Driver, StoreError } from "../ports/Driver.ts"
import { type AgentRecord, runnerOf } from "../rules/Agent.ts"
import * as Explain from "../rules/Explain.ts"
import { timestamp } from "../rules/Identifier.ts"
import * as Lease from "../rules/Lease.ts"
import type { Run } from "../rules/Run.ts"
import * as Task from "../rules/Task.ts"
import { lookUp } from "./Directory.ts"
import * as ExplainQueue from "./ExplainQueue.ts"
import * as ExplainSign from "./ExplainSign.ts"
import * as ExplainTrial from "./ExplainTrial.ts"
import * as Lanes from "./Lanes.ts"
import type { Method } from "./Method.ts"
import { Policies } from "./Policies.ts"
import * as Projection from "./Projection.ts"
import * as Session from "./Session.ts"
import { Shell } from "./Shell.ts"
import { StoreClock } from "./StoreClock.ts"
import { repositoriesOf } from "./TaskRepositories.ts"

// services --------------------------------------------------------------------

/**
 * How many runs the dispatcher of this process carries out at once, where one does.
 *
 * @category configuration
 * @since 0.1.0
 */
export const MostRuns = Context.Reference<number | null>("@foreman/core/MostRuns", {
  defaultValue: () => null
})

/**
 * How long runs are taken to live without a word, where the reactors are told otherwise than usual: the
 * same as their `terms`.
 *
 * @category configuration
 * @since 0.1.0
 */
export const Terms = Context.Reference<Lease.Terms>("@foreman/core/Explains/Terms", {
  defaultValue: () => Lease.defaults
})

/**
 * The explanations of this store.
 *
 * @category services
 * @since 0.1.0
 */
export class Explains extends Context.Service<
  Explains,
  {
    readonly task: Method<typeof Operations.explainTask>
  }
>()("@foreman/core/Explains") {
  static readonly layer: Layer.Layer<Explains, never, Shell | StoreClock> = Layer.effect(
    Explains,
    Effect.gen(function* () {
      const means = {
        shell: yield* Shell,
        clock: yield* StoreClock,
        policies: yield* Policies,
        mostRuns: yield* MostRuns,
        terms: yield* Terms
      }
      return { task: makeTask(means) }
    })
  )
}

// internal --------------------------------------------------------------------

interface Means {
  readonly shell: Shell["Service"]
  readonly clock: StoreClock["Service"]
  readonly policies: Policies
  readonly mostRuns: number | null
  readonly terms: Lease.Terms
}

const makeTask = (means: Means): Explains["Service"]["task"] =>
  Effect.fnUntraced(function* ({ taskId }) {
    const { mostRuns, shell, terms } = means
    const missing = () => new Task.TaskNotFound({ taskId })
    const found = yield* lookUp(shell, Projection.tasks, "task", taskId, missing)
    const { organization, row, thing: task } = found
    const openDependencies = Number(row["open_dependencies"])
    const read = { organization, task, openDependencies }
    const known = yield* shell.read((driver) => factsOf(driver, read))
    const now = yield* means.clock.now
    const sign = yield* shell.read((driver) => ExplainSign.of(driver, organization, known.run, now))
    const placed = yield* dispatchOf(means, read, known)
    return Explain.explain({ ...known, ...placed, sign, mostRuns, terms })
  })

interface Read {
  readonly organization: string
  readonly task: Task.Task
  readonly openDependencies: number
}

type Known = Omit<
  Explain.Facts,
  "hasAgent" | "heldBy" | "lane" | "mostRuns" | "queue" | "rival" | "sign" | "terms" | "trial"
> & {
  readonly live: ReadonlyArray<Run>
}

const factsOf = Effect.fnUntraced(function* (
  driver: Driver,
  { openDependencies, organization, task }: Read
): Effect.fn.Return<Known, StoreError> {
  const session = Session.make(driver, organization)
  const live = yield* liveRuns(driver, organization)
  const run =
    task.liveRunId === null
      ? undefined
      : yield* session.get(Projection.runs, { id: task.liveRunId })
  const last =
    task.lastRunId === null || task.lastRunId === run?.id
      ? undefined
      : yield* session.get(Projection.runs, { id: task.lastRunId })
  const approval =
    task.approvalId === null
      ? undefined
      : yield* session.get(Projection.approvals, { id: task.approvalId })
  const place = yield* session.get(Projection.organizations, {})
  const agents = yield* agentsOf(session, task)
  return {
    task,
    openDependencies,
    dependencies: yield* openOf(session, task, openDependencies),
    approval: approval ?? null,
    isDispatchPaused: place?.isPaused ?? false,
    workers: agents.map((agent) => workerOf(agent, live)),
    run: run ?? null,
    lastRun: last ?? null,
    questions: run === undefined ? [] : yield* questionsOf(driver, organization, run),
    review: yield* reviewOf(driver, organization, task),
    mergeJob: yield* mergeJobOf(driver, organization, task),
    live
  }
})

const mostRead = 200

const liveRuns = (driver: Driver, organization: string) =>
  Effect.map(
    driver.find({
      organization,
      table: "runs",
      index: "runs_live",
      equals: { is_live: true },
      limit: 1000
    }),
    (rows) => rows.map(Projection.runs.fromRow)
  )

/** The dependencies that are not done, as far as they are found among so many. */
const openOf = Effect.fnUntraced(function* (
  session: Session.Session,
  task: Task.Task,
  openDependencies: number
) {
  const open: Array<Explain.Facts["dependencies"][number]> = []
  for (const id of task.dependsOn.slice(0, mostRead)) {
    if (open.length >= Math.min(openDependencies, mostShown)) break
    const dependency = yield* session.get(Projection.tasks, { id })
    if (dependency !== undefined && dependency.status !== "done") {
      open.push({ id, status: dependency.status })
    }
  }
  return open
})

const mostShown = 20

/** Who may have the task, whether they could now or not. */
const agentsOf = Effect.fnUntraced(function* (session: Session.Session, task: Task.Task) {
  if (task.assigneeId !== null) {
    const agent = yield* session.get(Projection.agents, { id: task.assigneeId })
    return agent === undefined ? [] : [agent]
  }
  const rows = yield* session.driver.find({
    organization: session.organization,
    table: "agents",
    index: "agents_by_team",
    equals: { team_id: task.teamId },
    limit: mostRead
  })
  return rows.map(Projection.agents.fromRow).filter(({ role }) => role === "engineer")
})

const workerOf = (agent: AgentRecord, live: ReadonlyArray<Run>): Explain.Worker => {
  const run = live.find(({ agentId }) => agentId === agent.id)
  const { id, isPaused, name, role } = agent
  const works = run === undefined ? null : { runId: run.id, taskId: run.taskId }
  return { id, name, role, isPaused, runner: runnerOf(agent), run: works }
}

const questionsOf = (driver: Driver, organization: string, run: Run) =>
  Effect.map(
    driver.find({
      organization,
      table: "human_requests",
      index: "human_requests_by_run",
      equals: { run_id: run.id, is_pending: true },
      limit: mostShown
    }),
    (rows) => rows.map(({ id }) => Number(id))
  )

const reviewOf = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  { id, status }: Task.Task
) {
  if (status !== "in_review") return null
  const query = { table: "reviews", index: "reviews_by_task", equals: { task_id: id } }
  const [row] = yield* driver.find({ organization, ...query, direction: "descending", limit: 1 })
  const review = row === undefined ? undefined : Projection.reviews.fromRow(row)
  return review?.verdict === null ? { id: review.id, attempt: review.attempt } : null
})

const mergeJobOf = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  { id, status }: Task.Task
) {
  if (status !== "merging") return null
  const query = { table: "merge_jobs", index: "merge_jobs_by_task", equals: { task_id: id } }
  const [row] = yield* driver.find({ organization, ...query, direction: "descending", limit: 1 })
  return row === undefined ? null : { id: Number(row["id"]), status: String(row["status"]) }
})

/** How the dispatcher sees the task: who that is, its place in the queue, and what would come of it. */
const dispatchOf = Effect.fnUntraced(function* (
  { clock, policies, shell }: Means,
  { openDependencies, organization, task }: Read,
  { live, workers }: Known
) {
  const repositories = yield* shell.read((driver) =>
    repositoriesOf(Session.make(driver, organization), task)
  )
  // Where nobody can tell which of several it needs, any of them has it held.
  const name = Lanes.of(repositories.length > 1 ? null : (repositories[0] ?? null))
  const tenure = yield* shell.read((driver) => driver.get(organization, "singletons", { name }))
  const [holder, until] = [String(tenure?.["holder"]), Number(tenure?.["until"] ?? 0)]
  const isHeld = until > (yield* clock.now)
  const carried = live.filter((run) => {
    const carrier = Lanes.carrierOf(run)
    return carrier.name === name && carrier.holder === holder
  })
  const dispatcher = { name, holder, until: timestamp(until), liveRuns: carried.length }
  const lane = { name, dispatcher: isHeld ? dispatcher : null }
  if (!Task.isReady(task, { openDependencies })) {
    return { lane, trial: null, queue: null, hasAgent: true, rival: null, heldBy: null }
  }
  const place = yield* shell.read((driver) =>
    ExplainQueue.placeOf(driver, organization, task, workers)
  )
  const usable = workers.filter(({ isPaused, runner }) => runner !== null && !isPaused)
  const agentId = place.agentId ?? (usable.find(({ run }) => run === null) ?? usable[0])?.id
  const whose = { organization, name, holder, token: Number(tenure?.["token"]), lastsMillis: 0 }
  const trial =
    agentId === undefined || !isHeld
      ? null
      : yield* ExplainTrial.of(shell, whose, { taskId: task.id, agentId, policies })
  const { heldBy, queue, rival } = place
  return { lane, trial, queue, rival, heldBy, hasAgent: place.agentId !== null }
})
