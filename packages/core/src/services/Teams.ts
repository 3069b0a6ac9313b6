/**
 * Teams with their agents, repositories and settings.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option } from "effect"
import { SecureRandom } from "effect/crypto"
import type * as Operations from "../operations/TeamOperations.ts"
import { AgentRunners } from "../ports/AgentRunner.ts"
import * as Agent from "../rules/Agent.ts"
import { AgentId, RepositoryId, TeamId } from "../rules/Identifier.ts"
import { NameTaken, OrganizationNotFound, SlugTaken } from "../rules/Organization.ts"
import * as Repository from "../rules/Repository.ts"
import * as Team from "../rules/Team.ts"
import { lookUp, organizationOf } from "./Directory.ts"
import type { Method } from "./Method.ts"
import * as Paging from "./Paging.ts"
import * as Projection from "./Projection.ts"
import { checkRunner } from "./RunnerCheck.ts"
import { decided, Shell } from "./Shell.ts"

// services --------------------------------------------------------------------

/**
 * The teams of this store.
 *
 * @category services
 * @since 0.1.0
 */
export class Teams extends Context.Service<
  Teams,
  {
    readonly create: Method<typeof Operations.createTeam>
    readonly list: Method<typeof Operations.listTeams>
    readonly get: Method<typeof Operations.getTeam>
    readonly settings: Method<typeof Operations.getTeamSettings>
    readonly configure: Method<typeof Operations.updateTeamSettings>
    readonly createAgent: Method<typeof Operations.createAgent>
    readonly listAgents: Method<typeof Operations.listAgents>
    readonly registerRepository: Method<typeof Operations.registerRepository>
    readonly listRepositories: Method<typeof Operations.listRepositories>
  }
>()("@foreman/core/Teams") {
  /** Runners that are in the context are asked about the agents that name them; none need be. */
  static readonly layer: Layer.Layer<Teams, never, Shell> = Layer.effect(
    Teams,
    Effect.gen(function* () {
      const runners = yield* Effect.serviceOption(AgentRunners)
      return make(yield* Shell, Option.getOrElse(runners, noRunners))
    })
  )
}

// internal --------------------------------------------------------------------

const noRunners = (): AgentRunners["Service"] => new Map()

function make(shell: Shell["Service"], runners: AgentRunners["Service"]): Teams["Service"] {
  return { ...makeTeams(shell), ...makeAgents(shell, runners), ...makeRepositories(shell) }
}

const makeTeams = (
  shell: Shell["Service"]
): Pick<Teams["Service"], "create" | "list" | "get" | "settings" | "configure"> => {
  const { teams } = Projection
  return {
    create: Effect.fnUntraced(function* ({ name, orgId, slug }) {
      const missing = () => new OrganizationNotFound({ organizationId: orgId })
      const organization = yield* organizationOf(shell, "organization", orgId)
      if (organization === undefined) return yield* missing()
      const teamId = TeamId.make(SecureRandom.uuidV7Unsafe())
      const agentId = AgentId.make(SecureRandom.uuidV7Unsafe())
      return yield* shell.transact(
        { organization },
        Effect.fnUntraced(function* (session) {
          const known = yield* session.get(Projection.organizations, {})
          if (known === undefined) return yield* missing()
          const team = yield* decided(Team.create({ orgId, name, slug }, { teamId }))
          const manager = Agent.create(Agent.managerOf(teamId), { agentId, autoCreated: true })
          return {
            events: [...team, ...(yield* decided(manager))],
            answer: ({ after }) => after<Team.Team>(teams, { id: teamId }),
            onConstraint: { teams_slug: () => new SlugTaken({ slug }) }
          }
        })
      )
    }),
    list: Effect.fnUntraced(function* ({ orgId, ...page }) {
      const organization = yield* organizationOf(shell, "organization", orgId)
      if (organization === undefined) return Paging.empty
      const query = { organization, table: "teams", index: "teams_by_name", equals: {} }
      return yield* shell.read((driver) =>
        Paging.find(driver, { ...query, toItem: teams.fromRow }, page)
      )
    }),
    get: Effect.fnUntraced(function* ({ teamId }) {
      const { organization, thing: team } = yield* teamOf(shell, teamId)
      const whole = { limit: 200 }
      const agents = yield* agentsOf(shell, organization, teamId, whole)
      const repositories = yield* repositoriesOf(shell, organization, teamId, whole)
      return { ...team, agents: agents.items, repositories: repositories.items }
    }),
    settings: Effect.fnUntraced(function* ({ teamId }) {
      const { thing } = yield* teamOf(shell, teamId)
      return { teamId, teamName: thing.name, settings: thing.settings }
    }),
    configure: Effect.fnUntraced(function* ({ teamId, ...wanted }) {
      const { organization } = yield* teamOf(shell, teamId)
      const given = Object.entries(wanted).filter(([, value]) => value !== null)
      return yield* shell.transact(
        { organization, queue: `team:${teamId}` },
        Effect.fnUntraced(function* (session) {
          yield* session.relyOn(`team:${teamId}`)
          const team = yield* session.get(teams, { id: teamId })
          if (team === undefined) return yield* new Team.TeamNotFound({ teamId })
          const events = yield* decided(Team.configure(team, Object.fromEntries(given)))
          return {
            events,
            answer: ({ after }) => {
              const { name, settings } = after<Team.Team>(teams, { id: teamId })
              return { teamId, teamName: name, settings }
            }
          }
        })
      )
    })
  }
}

const makeAgents = (
  shell: Shell["Service"],
  runners: AgentRunners["Service"]
): Pick<Teams["Service"], "createAgent" | "listAgents"> => ({
  createAgent: Effect.fnUntraced(function* (input) {
    const { organization } = yield* teamOf(shell, input.teamId)
    const agentId = AgentId.make(SecureRandom.uuidV7Unsafe())
    const created = Effect.andThen(
      checkRunner(runners, input),
      decided(Agent.create(input, { agentId }))
    )
    return yield* shell.transact({ organization }, () =>
      Effect.map(created, (events) => ({
        events,
        answer: ({ after }) =>
          shown(after<Agent.AgentRecord>(Projection.agents, { id: agentId }), false),
        onConstraint: { agents_name: () => new NameTaken({ name: input.name }) }
      }))
    )
  }),
  listAgents: Effect.fnUntraced(function* ({ teamId, ...page }) {
    const organization = yield* organizationOf(shell, "team", teamId)
    if (organization === undefined) return Paging.empty
    return yield* agentsOf(shell, organization, teamId, page)
  })
})

const makeRepositories = (
  shell: Shell["Service"]
): Pick<Teams["Service"], "registerRepository" | "listRepositories"> => ({
  registerRepository: Effect.fnUntraced(function* (input) {
    const { organization } = yield* teamOf(shell, input.teamId)
    const repositoryId = RepositoryId.make(SecureRandom.uuidV7Unsafe())
    return yield* shell.transact({ organization }, () =>
      Effect.map(decided(Repository.register(input, { repositoryId })), (events) => ({
        events,
        answer: ({ after }) =>
          after<Repository.Repository>(Projection.repositories, { id: repositoryId }),
        onConstraint: { repositories_name: () => new NameTaken({ name: input.name }) }
      }))
    )
  }),
  listRepositories: Effect.fnUntraced(function* ({ teamId, ...page }) {
    const organization = yield* organizationOf(shell, "team", teamId)
    if (organization === undefined) return Paging.empty
    return yield* repositoriesOf(shell, organization, teamId, page)
  })
})

const teamOf = (shell: Shell["Service"], teamId: TeamId) =>
  lookUp(shell, Projection.teams, "team", teamId, () => new Team.TeamNotFound({ teamId }))

const agentsOf = (
  shell: Shell["Service"],
  organization: string,
  teamId: TeamId,
  page: Paging.PageInput
) =>
  shell.read(
    Effect.fnUntraced(function* (driver) {
      const working = yield* driver.ask(organization, "working_agents", { team_id: teamId })
      const busy = new Set(working.map((row) => row["id"]))
      const equals = { team_id: teamId }
      return yield* Paging.find(
        driver,
        {
          organization,
          table: "agents",
          index: "agents_by_team",
          equals,
          toItem: (row) => shown(Projection.agents.fromRow(row), busy.has(row["id"] ?? null))
        },
        page
      )
    })
  )

const repositoriesOf = (
  shell: Shell["Service"],
  organization: string,
  teamId: TeamId,
  page: Paging.PageInput
) =>
  shell.read((driver) =>
    Paging.find(
      driver,
      {
        organization,
        table: "repositories",
        index: "repositories_by_team",
        equals: { team_id: teamId },
        toItem: Projection.repositories.fromRow
      },
      page
    )
  )

const shown = ({ isPaused, ...agent }: Agent.AgentRecord, hasLiveRun: boolean): Agent.Agent => ({
  ...agent,
  status: Agent.statusOf({ isPaused }, { hasLiveRun })
})
