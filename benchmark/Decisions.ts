/**
 * Dispatch decisions over any store: policy, lease, run, token and events in one commit, beside the
 * creation of the tasks that are dispatched.
 *
 * @since 0.1.0
 */
import {
  Actor,
  ArtifactStoreMemory,
  Attempts,
  Authorization,
  type Driver,
  Foreman,
  Identifier,
  Policies,
  Shell,
  StoreClock,
  Tenure,
  Tokens
} from "@foreman/core"
import { Effect, Layer, ManagedRuntime } from "effect"
import { quantile, type Figures, type Variant } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** How many tasks each round is about, and who shares the work. */
export interface Load {
  readonly callers: number
  readonly tasks: number
}

/** A Foreman with a team that has an agent for each task of a round. */
interface Place {
  readonly teamId: Identifier.TeamId
  readonly repositoryId: Identifier.RepositoryId
  readonly agents: ReadonlyArray<Identifier.AgentId>
  readonly tenure: Tenure.Tenure
}

// rules -----------------------------------------------------------------------

export const creating = "create_task"
export const dispatching = "a dispatch, as the dispatcher has read it"
export const reading = "a dispatch that reads for itself"

const description = "Log people in who have a capital letter in their address."

// operations ------------------------------------------------------------------

/** Opens the three ways over a store, each with all that it needs prepared before it is measured. */
export const open = async (store: Layer.Layer<Driver.Driver, unknown>, load: Load) => {
  const runtime = ManagedRuntime.make(
    Foreman.layer({ mode: "open" }).pipe(
      Layer.provideMerge(Layer.mergeAll(Layer.orDie(store), ArtifactStoreMemory.layer))
    )
  )
  const run = <A, E>(
    effect: Effect.Effect<
      A,
      E,
      Authorization.CurrentActor | Foreman | Shell.Shell | StoreClock.StoreClock
    >
  ) => runtime.runPromise(Effect.provideService(effect, Authorization.CurrentActor, Actor.operator))
  const place = await run(prepare(load))
  const variants: ReadonlyArray<Variant> = [
    { name: creating, measure: () => run(create(place, load)) },
    { name: dispatching, measure: () => run(dispatch(place, load, true)) },
    { name: reading, measure: () => run(dispatch(place, load, false)) }
  ]
  return { variants, close: () => runtime.dispose() }
}

// internal --------------------------------------------------------------------

const prepare = Effect.fnUntraced(function* ({ tasks }: Load) {
  const { client } = yield* Foreman
  const slug = Identifier.Slug.make("acme")
  const { id: organization } = yield* client.createOrganization({ name: "Acme", slug })
  const { id: teamId } = yield* client.createTeam({ orgId: organization, name: "Web", slug })
  yield* client.updateTeamSettings({ teamId, approvalPolicy: "strict" })
  const at = { localPath: "/repositories/web", defaultBranch: "main", config: {} }
  const { id: repositoryId } = yield* client.registerRepository({ teamId, name: "web", ...at })
  const config = { runner: "none" }
  const agents = yield* Effect.forEach(
    Array.from({ length: tasks }, (_, index) => `agent-${index}`),
    (name) =>
      Effect.map(
        client.createAgent({ teamId, name, role: "engineer", model: "none", config }),
        ({ id }) => id
      ),
    { concurrency: 64 }
  )
  const wanted = { organization, name: "dispatcher", holder: "benchmark", ttlMillis: 3_600_000 }
  const tenure = yield* Tenure.acquire(yield* Shell.Shell, yield* StoreClock.StoreClock, wanted)
  if (tenure === undefined) return yield* Effect.die("Somebody else dispatches")
  return { teamId, repositoryId, agents, tenure }
})

/** A task that wants to write in a folder of its own. */
const creatingOne = ({ repositoryId, teamId }: Place, index: number) =>
  Foreman.use(({ client }) =>
    client.createTask({
      teamId,
      title: "Fix login",
      description,
      priority: "medium",
      dependsOn: [],
      repoIds: [repositoryId],
      scopes: [`repo/${repositoryId}/folder-${index}/`],
      tags: [],
      metadata: {}
    })
  )

const create = (place: Place, load: Load) =>
  timed(load, (index) => creatingOne(place, index)).pipe(
    // What is not measured is left as it was: nothing of it stays in the queue.
    Effect.flatMap(({ answers, figures }) =>
      Foreman.use(({ client }) =>
        Effect.as(
          Effect.forEach(
            answers,
            ({ id: taskId }) => client.changeTaskStatus({ taskId, status: "cancelled" }),
            { concurrency: 64, discard: true }
          ),
          figures
        )
      )
    )
  )

/** Dispatches fresh tasks to agents who are all free, and sets these free afterwards. */
const dispatch = Effect.fnUntraced(function* (place: Place, load: Load, isKnown: boolean) {
  const { client } = yield* Foreman
  const shell = yield* Shell.Shell
  const clock = yield* StoreClock.StoreClock
  const policies = yield* Policies.Policies
  const { agents, tenure } = place
  yield* Effect.forEach(
    Array.from({ length: load.tasks }, (_, index) => index),
    (index) => creatingOne(place, index),
    { concurrency: 64, discard: true }
  )
  const { organization } = tenure
  const ready = yield* shell.driver.ask(organization, "startable", { limit: load.tasks })
  const idle = yield* shell.driver.ask(organization, "idle_agents", {
    after: "",
    limit: load.tasks
  })
  if (ready.length !== load.tasks || idle.length !== agents.length) {
    return yield* Effect.die("Not everybody is free, or not everything is ready")
  }
  const wishes = ready.map((task, index) => {
    const agent = idle[index] ?? {}
    const known = Attempts.knownFrom(task, agent)
    const taskId = Identifier.TaskId.make(Number(task["id"]))
    const agentId = Identifier.AgentId.make(String(agent["id"]))
    return { taskId, agentId, policies, ...(isKnown ? { known } : {}) }
  })
  const { answers, figures } = yield* timed(
    load,
    Effect.fnUntraced(function* (index: number) {
      const wish = wishes[index]
      if (wish === undefined) return yield* Effect.die("There is no such task")
      const runId = yield* Attempts.nextRunId
      const issued = yield* Tokens.issue(runId, (yield* clock.now) + 3_600_000_000)
      return yield* Attempts.queue(shell, tenure, { ...wish, runId, issued })
    })
  )
  if (answers.some(({ run: { spans } }) => spans.length !== 1)) {
    return yield* Effect.die("A run holds no lease")
  }
  yield* Effect.forEach(answers, ({ run }) => client.stopTaskRun({ runId: run.id }), {
    concurrency: 64,
    discard: true
  })
  return figures
})

/** Lets so many callers share the tasks, one after the other each, and says what one cost. */
const timed = Effect.fnUntraced(function* <A, E, R>(
  { callers, tasks }: Load,
  once: (index: number) => Effect.Effect<A, E, R>
) {
  const times: Array<number> = []
  const answers: Array<A> = []
  let next = 0
  const caller = Effect.gen(function* () {
    while (next < tasks) {
      const index = next++
      const start = performance.now()
      answers.push(yield* once(index))
      times.push(performance.now() - start)
    }
  })
  const [start, used] = [performance.now(), process.cpuUsage()]
  yield* Effect.all(
    Array.from({ length: callers }, () => caller),
    { concurrency: "unbounded", discard: true }
  )
  const milliseconds = performance.now() - start
  const { system, user } = process.cpuUsage(used)
  const figures: Figures = {
    "ms each": milliseconds / tasks,
    "p50 ms": quantile(times, 0.5),
    "CPU ms each": (system + user) / 1000 / tasks
  }
  return { answers, figures }
})
