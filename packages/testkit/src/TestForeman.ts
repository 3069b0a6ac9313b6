/**
 * Foreman for tests: the whole of it in memory, with agents that do what the test says.
 *
 * Nothing here is pretended but the outside: the store, the files and the agents are the in-memory
 * parts of core, everything between them is what a server runs. Waiting is on events, never on time.
 *
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"

import {
  type Agent,
  AgentRunner,
  AgentRunnerMemory,
  ArtifactIntakeMemory,
  type ArtifactStore,
  ArtifactStoreMemory,
  type Access,
  type Driver,
  DriverMemory,
  Foreman,
  type Identifier,
  type Organization,
  Reactors,
  type Repository,
  type Shell,
  type StoreClock,
  type Task,
  type Team,
  type Workspace,
  WorkspaceMemory
} from "@foreman/core"
import { asOperator } from "./TestForemanActors.ts"

// models ----------------------------------------------------------------------

/**
 * What a Foreman for tests is made of. Whatever is left out is in memory and does the usual.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** A new store in memory unless given. A store that cannot be opened ends the test. */
  readonly store?: Layer.Layer<Driver.Driver, unknown>
  readonly artifacts?: Layer.Layer<ArtifactStore.ArtifactStore, unknown>
  /** What agents leave in their folders. Without it they have none. */
  readonly left?: (runId: string) => ArtifactIntakeMemory.Leavings
  /** What the agents of the runner `memory` do. Unless given they repeat what they are asked. */
  readonly behaviour?: AgentRunnerMemory.Behaviour
  /** Runners beside `memory`, or one of that name in its place. */
  readonly runners?: ReadonlyArray<AgentRunner.AgentRunner>
  readonly workspace?: WorkspaceMemory.Options
  readonly access?: Access.AccessConfig
  /** Starts what is ready and lands what is approved. Without it nothing happens by itself. */
  readonly reactors?: Partial<Reactors.ReactorsConfig>
}

/**
 * All that a test may ask for.
 *
 * @category services
 * @since 0.1.0
 */
export type Services =
  | AgentRunner.AgentRunners
  | ArtifactStore.ArtifactStore
  | Driver.Driver
  | Foreman
  | Shell.Shell
  | StoreClock.StoreClock
  | Workspace.Workspace
  | WorkspaceMemory.Landings

/**
 * An organisation with one team in it.
 *
 * @category models
 * @since 0.1.0
 */
export interface GivenTeam {
  readonly organization: Organization.Organization
  readonly team: Team.Team
  /** The agent that every team has from the beginning. */
  readonly manager: Agent.Agent
  readonly engineers: ReadonlyArray<Agent.Agent>
  readonly repositories: ReadonlyArray<Repository.Repository>
}

/**
 * What a given team has.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface TeamOptions {
  /** How many engineers: one unless said. */
  readonly engineers?: number
  /** What starts the engineers: `memory` unless said; null for agents that connect by themselves. */
  readonly runner?: string | null
  /** How many repositories: one unless said. */
  readonly repositories?: number
  readonly settings?: Partial<Team.Settings>
}

/**
 * What a given task is, besides the usual.
 *
 * @category configuration
 * @since 0.1.0
 */
export type TaskOptions = Partial<Omit<Task.Wanted, "teamId">>

// layers ----------------------------------------------------------------------

/**
 * A new Foreman.
 *
 * **Example** (An agent works on a task)
 *
 * ```ts import.meta.vitest
 * import { Effect } from "effect"
 * import { TestForeman } from "@foreman/testkit"
 *
 * const program = Effect.gen(function* () {
 *   const given = yield* TestForeman.givenTeam()
 *   const { id } = yield* TestForeman.givenTask(given, { title: "Fix login" })
 *   const task = yield* TestForeman.untilTask(id, ({ status }) => status === "in_review")
 *   return task.lastOutcome
 * })
 *
 * const layer = TestForeman.layer({
 *   behaviour: () => Effect.succeed({ output: "Fixed.\n" }),
 *   reactors: {}
 * })
 *
 * await Effect.runPromise(Effect.provide(program, layer)) // => "succeeded"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Services> => {
  const { access = { mode: "open" }, artifacts, behaviour = repeat, reactors, store } = options
  const memory = AgentRunnerMemory.make("memory", behaviour)
  const runners = [memory, ...(options.runners ?? [])].map((one) => [one.name, one] as const)
  const base = Layer.mergeAll(
    Layer.orDie(store ?? Layer.fresh(DriverMemory.layer)),
    Layer.orDie(artifacts ?? Layer.fresh(ArtifactStoreMemory.layer)),
    WorkspaceMemory.layer(options.workspace),
    Layer.succeed(AgentRunner.AgentRunners, new Map(runners))
  )
  const foreman = Layer.provideMerge(Foreman.layer(access), base)
  return reactors === undefined
    ? foreman
    : Layer.provideMerge(reacting(reactors, options.left), foreman)
}

// testing ---------------------------------------------------------------------

/**
 * Makes an organisation with a team, its engineers and its repositories.
 *
 * @category testing
 * @since 0.1.0
 */
export const givenTeam = ({
  engineers = 1,
  repositories = 1,
  runner = "memory",
  settings
}: TeamOptions = {}): Effect.Effect<GivenTeam, never, Foreman> =>
  given(
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const slug = `acme-${SecureRandom.uuidV7Unsafe()}` as Identifier.Slug // As: hex digits and -.
      const organization = yield* client.createOrganization({ name: "Acme", slug })
      const team = yield* client.createTeam({ orgId: organization.id, name: "Web", slug })
      const teamId = team.id
      const config = runner === null ? {} : { runner }
      const hire = (name: string) =>
        client.createAgent({ teamId, name, role: "engineer", model: "any", config })
      const register = (name: string) =>
        client.registerRepository({
          teamId,
          name,
          localPath: `/repositories/${name}`,
          defaultBranch: "main",
          config: {}
        })
      const agents = yield* Effect.forEach(numbered(engineers), (n) => hire(`engineer-${n}`))
      const places = yield* Effect.forEach(numbered(repositories), (n) => register(`repo-${n}`))
      if (settings !== undefined) yield* client.updateTeamSettings({ teamId, ...settings })
      const { agents: all } = yield* client.getTeam({ teamId })
      const manager = all.find(({ role }) => role === "manager")
      if (manager === undefined) return yield* Effect.die("The team has no manager")
      return { organization, team, manager, engineers: agents, repositories: places }
    })
  )

/**
 * Plans a task of a team.
 *
 * @category testing
 * @since 0.1.0
 */
export const givenTask = (
  { team }: Pick<GivenTeam, "team">,
  options: TaskOptions = {}
): Effect.Effect<Task.Task, never, Foreman> =>
  given(Foreman.use(({ client }) => client.createTask(wanted(team.id, options))))

/**
 * The input of `create_task` with the usual in it.
 *
 * @category testing
 * @since 0.1.0
 */
export const wanted = (teamId: Identifier.TeamId, options: TaskOptions = {}): Task.Wanted => ({
  teamId,
  title: "A task",
  description: "",
  priority: "medium",
  driId: null,
  assigneeId: null,
  dependsOn: [],
  repoIds: [],
  tags: [],
  metadata: {},
  ...options
})

export { asAgent, asOperator, asRun } from "./TestForemanActors.ts"
export {
  history,
  NeverHappened,
  type Patience,
  until,
  untilEvent,
  untilTask
} from "./TestForemanWaiting.ts"

// internal --------------------------------------------------------------------

const reacting = (reactors: Partial<Reactors.ReactorsConfig>, left: Options["left"]) => {
  const working = Reactors.layer({ ...Reactors.defaults, holder: "test", ...reactors })
  return left === undefined ? working : Layer.provide(working, ArtifactIntakeMemory.layer(left))
}

const repeat: AgentRunnerMemory.Behaviour = ({ prompt }) => Effect.succeed({ output: prompt })

/** What is given has no refusals: one is a mistake of the test. */
const given = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.orDie(asOperator(effect))

const numbered = (count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, index) => index + 1)
