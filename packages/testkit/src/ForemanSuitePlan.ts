/**
 * A plan with a task in each place that matters, and the refusals that its wishes share.
 *
 * @internal
 */
import { Effect } from "effect"

import { type Agent, Foreman, Identifier, type Task } from "@foreman/core"
import * as Refusals from "./ForemanSuiteRefusals.ts"
import { type Wish, wish, type World } from "./ForemanSuiteRefusals.ts"
import * as Subject from "./ForemanSuiteSubject.ts"
import { noNumber } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// models ----------------------------------------------------------------------

/**
 * A task in each place that matters.
 *
 * @category models
 * @since 0.1.0
 */
export interface Plan extends World {
  /** In todo, waiting for `task` and for a second one in progress. */
  readonly blocked: Task.Task
  readonly started: Task.Task
  /** In todo, waiting for a cancelled one. */
  readonly stranded: Task.Task
  readonly cancelled: Task.Task
  readonly done: Task.Task
  readonly merging: Task.Task
  /** In review, with a verdict. */
  readonly judged: Task.Task
  /** Waits for `middle`, which waits for `task`. */
  readonly end: Task.Task
  readonly middle: Task.Task
  /** An agent of another team of the same organisation. */
  readonly stranger: Agent.Agent
}

/**
 * The code, the status and the words of a refusal.
 *
 * @category models
 * @since 0.1.0
 */
export type Expected = readonly [code: string, status: number, message: (plan: Plan) => string]

// testing ---------------------------------------------------------------------

/**
 * Makes such a plan.
 *
 * @category testing
 * @since 0.1.0
 */
export const given: Effect.Effect<Plan, never, Foreman> = Effect.gen(function* () {
  const world = yield* Refusals.given
  const plan = (...dependsOn: ReadonlyArray<Task.Task>) =>
    TestForeman.givenTask(world, { dependsOn: dependsOn.map(({ id }) => id) })
  const started = yield* plan()
  const cancelled = yield* plan()
  const merging = yield* plan()
  const done = yield* plan()
  const judged = yield* plan()
  yield* Subject.walk(started.id, "in_progress")
  yield* Subject.walk(cancelled.id, "cancelled")
  yield* Subject.walk(merging.id, "in_progress", "in_review", "in_approval", "merging")
  yield* Subject.walk(done.id, "in_progress", "in_review", "in_approval", "merging", "done")
  yield* Subject.walk(judged.id, "in_progress", "in_review")
  yield* judge(judged)
  const middle = yield* plan(world.task)
  const stranger = yield* strangerTo(world)
  const all = { ...world, started, cancelled, merging, done, judged, middle, stranger }
  const blocked = yield* plan(world.task, started)
  return { ...all, blocked, stranded: yield* plan(cancelled), end: yield* plan(middle) }
})

/**
 * A wish about a task that is not there.
 *
 * @category testing
 * @since 0.1.0
 */
export const taskNotFound = (name: string, input: object, words = "Task not found"): Wish<Plan> =>
  wish(
    name,
    "an unknown task",
    () => ({ task_id: noNumber, ...input }),
    "TaskNotFound",
    404,
    () => words
  )

/**
 * The refusal of an agent that is not there.
 *
 * @category testing
 * @since 0.1.0
 */
export const noAgent: Expected = ["AgentNotFound", 404, () => "Agent not found"]

/**
 * The refusal of an agent that is there, in another team.
 *
 * @category testing
 * @since 0.1.0
 */
export const inOtherTeam: Expected = [
  "AgentInOtherTeam",
  409,
  ({ stranger, team }) => `Agent ${stranger.id} is not in the team of the task, ${team.id}`
]

/**
 * The refusal of a dependency that is not there.
 *
 * @category testing
 * @since 0.1.0
 */
export const missing = (id: (plan: Plan) => number): Expected => [
  "DependencyMissing",
  409,
  (plan) => `Dependency tasks not found: {${id(plan)}}`
]

// internal --------------------------------------------------------------------

const strangerTo = Effect.fnUntraced(
  function* ({ organization: { id: orgId, slug } }: World) {
    const { client } = yield* Foreman
    const other = Identifier.Slug.make(`${slug}-other`)
    const { id: teamId } = yield* client.createTeam({ orgId, name: "Other", slug: other })
    const wanted = { teamId, name: "stranger", role: "engineer", model: "any" } as const
    return yield* client.createAgent({ ...wanted, config: {} })
  },
  TestForeman.asOperator,
  Effect.orDie
)

const judge = ({ id: taskId }: Task.Task) =>
  Foreman.use(({ client }) =>
    Effect.andThen(
      client.requestReview({ taskId, reviewerType: "user" }),
      client.rejectTask({ taskId })
    )
  ).pipe(TestForeman.asOperator, Effect.orDie)
