/**
 * The organisation, the team and the agents that a local server has without any set-up.
 *
 * They are made when first needed: an organisation and a team called `local`, with the team's manager
 * and an engineer `local`, where there is a runner of that name. What its runs finish goes straight
 * to its merge, because nobody there reviews.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import * as DryRun from "../operations/DryRun.ts"
import type * as OrganizationOperations from "../operations/OrganizationOperations.ts"
import type * as TeamOperations from "../operations/TeamOperations.ts"
import type { Handler } from "../operations/Handlers.ts"
import type { Any } from "../operations/Operation.ts"
import { type Actor, operator } from "../rules/Actor.ts"
import { defaultModel } from "../rules/Agent.ts"
import { AgentId, OrganizationId, TeamId } from "../rules/Identifier.ts"
import * as Projection from "./Projection.ts"
import type { Shell } from "./Shell.ts"

// models ----------------------------------------------------------------------

/**
 * What a local server has.
 *
 * @category models
 * @since 0.1.0
 */
export interface LocalTeam {
  readonly organizationId: OrganizationId
  readonly teamId: TeamId
  /** The agent in whose name managers and their gateways act. */
  readonly managerId: AgentId
}

/**
 * The operations by which it is made.
 *
 * @category models
 * @since 0.1.0
 */
export interface Makers {
  readonly createOrganization: Maker<typeof OrganizationOperations.createOrganization>
  readonly createTeam: Maker<typeof TeamOperations.createTeam>
  readonly updateTeamSettings: Maker<typeof TeamOperations.updateTeamSettings>
  readonly createAgent: Maker<typeof TeamOperations.createAgent>
}

type Maker<T extends Any> = Handler<T>

// rules -----------------------------------------------------------------------

/**
 * The name of the runner that the server's settings choose, and of the agent that it drives.
 *
 * @category models
 * @since 0.1.0
 */
export const localRunnerName = "local"

/**
 * The agent `manager` of the local team, as an actor.
 *
 * @category rules
 * @since 0.1.0
 */
export const managerOf = ({ managerId, organizationId }: LocalTeam): Actor => ({
  type: "agent",
  id: managerId,
  role: "manager",
  organizationId
})

// services --------------------------------------------------------------------

/**
 * The local team, or undefined before it was ever needed. Nothing of it is ever gone, so what was
 * found once is not looked for again.
 *
 * @category services
 * @since 0.1.0
 */
export const find = Effect.fnUntraced(function* (shell: Shell["Service"]) {
  const known = found.get(shell)
  if (known !== undefined) return known
  const slugs = { kind: "organization_slug", id: slug }
  const listed = yield* shell.read((driver) => driver.get("system", "directory", slugs))
  if (listed === undefined) return undefined
  const organization = String(listed["organization"])
  const team = yield* teamIn(shell, organization)
  if (team === undefined) return undefined
  const [manager] = yield* agentNamed(shell, organization, team, "manager")
  if (manager === undefined) return undefined
  const local: LocalTeam = {
    organizationId: OrganizationId.make(organization),
    teamId: TeamId.make(team),
    managerId: AgentId.make(String(manager["id"]))
  }
  found.set(shell, local)
  return local
})

/**
 * Finds the local team, or makes it. Two processes that do so at once make it once.
 *
 * @category services
 * @since 0.1.0
 */
export const ensure = Effect.fnUntraced(
  function* (shell: Shell["Service"], makers: Makers, hasRunner: boolean) {
    const name = "Local"
    const missing = (yield* find(shell)) === undefined
    if (missing) {
      yield* makers
        .createOrganization({ name, slug })
        .pipe(Effect.catchTag("SlugTaken", () => Effect.void))
      yield* DryRun.begin
      const listed = yield* shell.read((driver) =>
        driver.get("system", "directory", { kind: "organization_slug", id: slug })
      )
      const orgId = OrganizationId.make(String(listed?.["organization"]))
      yield* makers
        .createTeam({ orgId, name, slug })
        .pipe(Effect.catchTag("SlugTaken", () => Effect.void))
    }
    yield* DryRun.begin
    const local = yield* find(shell)
    if (local === undefined) return yield* Effect.die(`${slug} is taken and not to be found`)
    const { organizationId, teamId } = local
    const [agent] = yield* agentNamed(shell, organizationId, teamId, localRunnerName)
    if (agent !== undefined) return local
    // The agent or the first project last: either is there when all before it is.
    if (!(yield* hasProjects(shell, organizationId))) {
      yield* makers.updateTeamSettings({ teamId, delivery: "direct" })
    }
    if (!hasRunner) return local
    const config = { runner: localRunnerName }
    const wanted = { teamId, name: localRunnerName, role: "engineer", model: defaultModel } as const
    yield* makers
      .createAgent({ ...wanted, config })
      .pipe(Effect.catchTag("NameTaken", () => Effect.void))
    return local
  },
  // It has just been made, and nothing is ever gone.
  Effect.catchTags({ OrganizationNotFound: Effect.die, TeamNotFound: Effect.die }),
  Effect.provideService(CurrentActor, operator)
)

// internal --------------------------------------------------------------------

const slug = "local"

const found = new WeakMap<Shell["Service"], LocalTeam>()

/** Its slug is unique in its organisation, and it is on one of the pages. */
const teamIn = Effect.fnUntraced(function* (shell: Shell["Service"], organization: string) {
  const query = { organization, table: "teams", index: "teams_by_name", equals: {}, limit: 200 }
  for (let after = {}; ;) {
    const rows = yield* shell.read((driver) => driver.find({ ...query, ...after }))
    const team = rows.map(Projection.teams.fromRow).find((one) => one.slug === slug)
    if (team !== undefined) return team.id
    const last = rows.at(-1)
    if (last === undefined || rows.length < query.limit) return undefined
    after = { after: last }
  }
})

const agentNamed = (shell: Shell["Service"], organization: string, team: string, name: string) =>
  shell.read((driver) =>
    driver.find({
      organization,
      table: "agents",
      index: "agents_by_team",
      equals: { team_id: team, name },
      limit: 1
    })
  )

const hasProjects = (shell: Shell["Service"], organization: string) =>
  Effect.map(
    shell.read((driver) =>
      driver.find({ organization, table: "projects", index: "key", equals: {}, limit: 1 })
    ),
    (rows) => rows.length > 0
  )
