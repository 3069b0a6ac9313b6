/**
 * Foreman on PostgreSQL as the benchmarks use it: an organisation with a team, and agents whose work
 * is a call of a function.
 *
 * @since 0.1.0
 */
import {
  Actor,
  AgentRunner,
  AgentRunnerMemory,
  ArtifactStoreMemory,
  Authorization,
  type Driver,
  DriverMemory,
  Envelope,
  Foreman,
  Identifier,
  Reactors,
  Session,
  Task,
  WorkspaceMemory
} from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"
import { Effect, Layer, ManagedRuntime, Result } from "effect"
import { SecureRandom } from "effect/crypto"

// models ----------------------------------------------------------------------

/** Where tasks are created. */
export interface Place {
  readonly organization: string
  readonly teamId: string
}

/** What agents are to do. */
export interface Work {
  readonly url: string
  /** How many at once. */
  readonly agents: number
  /** Called when an agent is given its task. */
  readonly take: (taskId: number) => void
}

/** The client of a composition. */
export type Client = Foreman["Service"]["client"]

// rules -----------------------------------------------------------------------

export const description = "Log people in who have a capital letter in their address."
export const title = "Fix login"

/** A task as people create them. */
export const taskOf = (teamId: string) =>
  ({
    teamId: Identifier.TeamId.make(teamId),
    title,
    description,
    priority: "medium",
    dependsOn: [],
    repoIds: [],
    tags: [],
    metadata: {}
  }) as const

// operations ------------------------------------------------------------------

/** Foreman without reactors. */
export const open = async (url: string) => {
  const runtime = ManagedRuntime.make(compose(url))
  const { client } = await runtime.runPromise(Foreman)
  const run = <A, E>(effect: Effect.Effect<A, E, Authorization.CurrentActor>) =>
    runtime.runPromise(asOperator(effect))
  return { client, run, runWith: runtime.runPromise, close: () => runtime.dispose() }
}

/** Makes an organisation with a team, whose agents land what they do without anybody's review. */
export const prepare = async (url: string, agents = 0): Promise<Place> => {
  const { client, close, run } = await open(url)
  const place = await run(
    Effect.gen(function* () {
      const slug = Identifier.Slug.make("acme")
      const { id: organization } = yield* client.createOrganization({ name: "Acme", slug })
      const { id: teamId } = yield* client.createTeam({ orgId: organization, name: "Web", slug })
      yield* client.updateTeamSettings({ teamId, delivery: "direct" })
      const config = { runner: "function" }
      for (let agent = 0; agent < agents; agent++) {
        const named = { name: `agent-${agent}`, role: "engineer", model: "none" } as const
        yield* client.createAgent({ teamId, ...named, config })
      }
      return { organization, teamId }
    })
  )
  await close()
  return place
}

/** Foreman with reactors: whatever is ready is given to an agent. */
export const work = async ({ agents, take, url }: Work) => {
  const idle = AgentRunnerMemory.make("function", () => Effect.succeed({}))
  const runner: AgentRunner.AgentRunner = {
    ...idle,
    run: (spec, started) => {
      take(spec.taskId)
      return idle.run(spec, started)
    }
  }
  const runners = Layer.succeed(AgentRunner.AgentRunners, new Map([[runner.name, runner]]))
  const holder = `benchmark-${process.pid}`
  const reactors = Reactors.layer({ ...Reactors.defaults, holder, maxConcurrent: agents })
  const runtime = ManagedRuntime.make(
    reactors.pipe(
      Layer.provideMerge(compose(url)),
      Layer.provideMerge(runners),
      Layer.provideMerge(WorkspaceMemory.layer())
    )
  )
  await runtime.runPromise(Foreman)
  return { close: () => runtime.dispose() }
}

/** What Foreman writes for such a task, by the number of the task. */
export const batches = async ({ organization, teamId }: Place) => {
  const driver = await Effect.runPromise(DriverMemory.make)
  const session = Session.make(driver, organization)
  const at = Date.now() * 1000
  const taskId = Identifier.TaskId.make(1)
  const wanted = { ...taskOf(teamId), assigneeId: null, driId: null }
  const created = Result.getOrThrow(Task.create(wanted, { taskId }))
  const { steps } = await Effect.runPromise(session.fold(created, Identifier.timestamp(at)))
  const seal = (commandId: string) => {
    const cause = { commandId, correlationId: commandId, causationId: null }
    return created.map((event) => Envelope.seal(event, { ...cause, actor: Actor.operator, at }))
  }
  const one = JSON.stringify(taskId)
  return (id: number): Driver.Batch => {
    const commandId = SecureRandom.uuidV7Unsafe()
    const branch = Task.branchOf(id, title)
    return {
      organization,
      reliesOn: [],
      steps: steps.map((step) =>
        step._tag !== "Insert"
          ? step
          : {
              ...step,
              row:
                step.table === "tasks"
                  ? { ...step.row, id, branch }
                  : { ...step.row, id: String(id) }
            }
      ),
      events: seal(commandId).map((event) => ({
        ...event,
        stream: `task:${id}`,
        body: event.body
          .replace(`"task_id":${one}`, `"task_id":${id}`)
          .replace("task-1-", `task-${id}-`)
      })),
      receipt: { key: `operator/create_task/${commandId}`, digest: "", answer: "null" }
    }
  }
}

// internal --------------------------------------------------------------------

const compose = (url: string) =>
  Foreman.layer({ mode: "open" }).pipe(
    Layer.provideMerge(PostgresStore.layer({ url })),
    Layer.provideMerge(ArtifactStoreMemory.layer)
  )

const asOperator = Effect.provideService(Authorization.CurrentActor, Actor.operator)
