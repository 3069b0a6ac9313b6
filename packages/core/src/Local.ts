/**
 * The organisation, team and agents that a local server has without any set-up.
 *
 * They are made when first needed: an organisation and a team called `local`, with the team's
 * manager and an engineer `local`, whose runner is the one that the server was told to use. What
 * its runs finish goes straight to its merge, because nobody there reviews.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { Foreman } from "./Foreman.ts"
import { CurrentActor } from "./operations/Authorization.ts"
import { operator } from "./rules/Actor.ts"
import { defaultModel } from "./rules/Agent.ts"
import type { OrganizationId, TeamId } from "./rules/Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * The name of the runner that the server's settings choose.
 *
 * @category models
 * @since 0.1.0
 */
export const localRunnerName = "local"

const slug = "local"

/**
 * What a local server has.
 *
 * @category models
 * @since 0.1.0
 */
export interface LocalTeam {
  readonly organizationId: OrganizationId
  readonly teamId: TeamId
}

// services --------------------------------------------------------------------

/**
 * Finds the local team, or makes it. Two processes that do so at once make it once.
 *
 * @category services
 * @since 0.1.0
 */
export const ensureLocalTeam = Effect.gen(function* () {
  const { client } = yield* Foreman
  const organizationId = yield* organization(client)
  const teamId = yield* team(client, organizationId)
  const { agents } = yield* client.getTeam({ teamId })
  if (!agents.some(({ name }) => name === slug)) {
    // The agent last: it is there when all is, also after an end in between.
    yield* client.updateTeamSettings({ teamId, delivery: "direct" })
    const config = { runner: localRunnerName }
    yield* client
      .createAgent({ teamId, name: slug, role: "engineer", model: defaultModel, config })
      .pipe(Effect.catchTag("NameTaken", () => Effect.void))
  }
  return { organizationId, teamId } satisfies LocalTeam
}).pipe(Effect.provideService(CurrentActor, operator))

// internal --------------------------------------------------------------------

type Client = Foreman["Service"]["client"]

const organization = (client: Client) =>
  client.createOrganization({ name: "Local", slug }).pipe(
    Effect.map(({ id }) => id),
    Effect.catchTag("SlugTaken", () => find((page) => client.listOrganizations(page)))
  )

const team = (client: Client, orgId: OrganizationId) =>
  client.createTeam({ orgId, name: "Local", slug }).pipe(
    Effect.map(({ id }) => id),
    Effect.catchTag("SlugTaken", () => find((page) => client.listTeams({ orgId, ...page })))
  )

/** Its slug is taken, so it is on one of the pages. */
const find = Effect.fnUntraced(function* <
  Item extends { readonly id: unknown; readonly slug: string },
  E,
  R
>(
  list: (page: {
    readonly cursor?: string
  }) => Effect.Effect<
    { readonly items: ReadonlyArray<Item>; readonly nextCursor: string | null },
    E,
    R
  >
) {
  for (let page: { readonly cursor?: string } = {}; ;) {
    const { items, nextCursor } = yield* list(page)
    const found = items.find((item) => item.slug === slug)
    // As: an item's id has the item's type, which an indexed access keeps.
    if (found !== undefined) return found.id as Item["id"]
    if (nextCursor === null) return yield* Effect.die(`${slug} is taken and not to be found`)
    page = { cursor: nextCursor }
  }
})
