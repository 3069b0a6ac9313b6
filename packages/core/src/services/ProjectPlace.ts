/**
 * Whose a project is: ids of projects and modules are unique in their organisation only.
 *
 * @since 0.1.0
 */
import { Effect, Option } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import { apart } from "../operations/Command.ts"
import { AgentRunners } from "../ports/AgentRunner.ts"
import type { TeamId } from "../rules/Identifier.ts"
import { TeamNotFound } from "../rules/Team.ts"
import { organizationOf } from "./Directory.ts"
import * as LocalTeam from "./LocalTeam.ts"
import { Organizations } from "./Organizations.ts"
import { Shell } from "./Shell.ts"
import { Teams } from "./Teams.ts"

// services --------------------------------------------------------------------

/**
 * The organisation that a call means: that of the team it names, else the caller's own, else the
 * local one. Undefined when there is none.
 *
 * @category services
 * @since 0.1.0
 */
export const organizationIn = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  teamId: TeamId | undefined
) {
  const { organizationId: own } = yield* CurrentActor
  if (own !== null) return own
  if (teamId !== undefined) return yield* organizationOf(shell, "team", teamId)
  return (yield* LocalTeam.find(shell))?.organizationId
})

/**
 * The team of what is made without naming one: the local team, which is made if it is not there.
 *
 * @category services
 * @since 0.1.0
 */
export const teamIn = Effect.fnUntraced(function* (
  ensureLocal: EnsureLocal,
  teamId: TeamId | undefined
) {
  if (teamId !== undefined) return teamId
  const { organizationId: own } = yield* CurrentActor
  const none = new TeamNotFound({ teamId: "local" })
  const local = yield* ensureLocal(own === null)
  return local === undefined || (own !== null && own !== local.organizationId)
    ? yield* none
    : local.teamId
})

/**
 * Finds the local team, or makes it if that is wished.
 *
 * @category services
 * @since 0.1.0
 */
export type EnsureLocal = Effect.Success<typeof makeEnsureLocal>

/**
 * Makes what finds and makes the local team with the services of this process.
 *
 * @category services
 * @since 0.1.0
 */
export const makeEnsureLocal = Effect.gen(function* () {
  const shell = yield* Shell
  const organizations = yield* Organizations
  const teams = yield* Teams
  const runners = Option.getOrUndefined(yield* Effect.serviceOption(AgentRunners))
  const makers: LocalTeam.Makers = {
    createOrganization: organizations.create,
    createTeam: teams.create,
    updateTeamSettings: teams.configure,
    createAgent: teams.createAgent
  }
  const hasRunner = runners?.has(LocalTeam.localRunnerName) ?? false
  // Whoever needs the team has a key of its own, which is not for what is made on the way.
  const ensured = LocalTeam.ensure(shell, makers, hasRunner).pipe(apart("local_team"))
  return (isWished: boolean) => (isWished ? ensured : LocalTeam.find(shell))
})
