/**
 * Leads from an id that comes alone to the organisation that has it, as far as the caller may see.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import type { StoreUnavailable } from "../operations/Refusal.ts"
import type { Driver, Row } from "../ports/Driver.ts"
import type { Actor } from "../rules/Actor.ts"
import type { Projection } from "./Projection.ts"
import type { Shell } from "./Shell.ts"

// models ----------------------------------------------------------------------

/**
 * The kinds of things that the directory leads to.
 *
 * @category models
 * @since 0.1.0
 */
export type Kind =
  | "organization"
  | "team"
  | "agent"
  | "repository"
  | "task"
  | "message"
  | "run"
  | "artifact"
  | "approval"
  | "human_request"

// services --------------------------------------------------------------------

/**
 * The organisation of a thing, or undefined when there is none that the actor may see.
 *
 * An actor of one organisation is never told whether another one has the thing.
 *
 * @category services
 * @since 0.1.0
 */
export const organizationOf = (
  shell: Shell["Service"],
  kind: Kind,
  id: string | number
): Effect.Effect<string | undefined, StoreUnavailable, CurrentActor> =>
  CurrentActor.use((actor) => organizationFor(shell, actor, kind, id))

/**
 * A thing by its id, with its organisation.
 *
 * @category services
 * @since 0.1.0
 */
export const lookUp = Effect.fnUntraced(function* <State, E>(
  shell: Shell["Service"],
  projection: Pick<Projection<State, never>, "table" | "fromRow">,
  kind: Kind,
  id: string | number,
  missing: () => E
): Effect.fn.Return<
  { readonly organization: string; readonly thing: State; readonly row: Row },
  E | StoreUnavailable,
  CurrentActor
> {
  const organization = yield* organizationOf(shell, kind, id)
  if (organization === undefined) return yield* Effect.fail(missing())
  const row = yield* shell.read((driver) => driver.get(organization, projection.table, { id }))
  if (row === undefined) return yield* Effect.fail(missing())
  return { organization, thing: projection.fromRow(row), row }
})

/**
 * The organisation of a thing that is there, for who needs to know no more of it.
 *
 * What was seen once is not looked for again: nothing that has an id is ever gone.
 *
 * @category services
 * @since 0.1.0
 */
export const homeOf = Effect.fnUntraced(function* <State, E>(
  shell: Shell["Service"],
  projection: Pick<Projection<State, never>, "table" | "fromRow">,
  kind: Kind,
  id: string | number,
  missing: () => E
): Effect.fn.Return<string, E | StoreUnavailable, CurrentActor> {
  const organization = yield* organizationOf(shell, kind, id)
  if (organization === undefined) return yield* Effect.fail(missing())
  const seen = seenIn(shell.driver)
  const place = `${organization}/${kind}/${id}`
  if (!seen.has(place)) {
    yield* lookUp(shell, projection, kind, id, missing)
    if (seen.size >= maxFound) seen.clear()
    seen.add(place)
  }
  return organization
})

// internal --------------------------------------------------------------------

const organizationFor = (
  shell: Shell["Service"],
  actor: Actor,
  kind: Kind,
  id: string | number
): Effect.Effect<string | undefined, StoreUnavailable> => {
  const own = actor.organizationId
  if (own !== null) return Effect.succeed(kind === "organization" && id !== own ? undefined : own)
  const place = `${kind}/${id}`
  const found = foundIn(shell.driver)
  const known = found.get(place)
  if (known !== undefined) return Effect.succeed(known)
  // The directory is the one table that is not an organisation's own.
  return Effect.map(
    shell.read((driver) => driver.get("system", "directory", { kind, id: String(id) })),
    (row) => {
      if (row === undefined) return undefined
      const organization = String(row["organization"])
      if (found.size >= maxFound) found.clear()
      found.set(place, organization)
      return organization
    }
  )
}

const maxFound = 10_000

const stores = new WeakMap<Driver, Map<string, string>>()

/** What was found in a store before. Nothing ever moves to another organisation. */
const foundIn = (driver: Driver): Map<string, string> => {
  const found = stores.get(driver) ?? new Map<string, string>()
  stores.set(driver, found)
  return found
}

const sights = new WeakMap<Driver, Set<string>>()

/** What was seen in a store before, each thing in its organisation. */
const seenIn = (driver: Driver): Set<string> => {
  const seen = sights.get(driver) ?? new Set<string>()
  sights.set(driver, seen)
  return seen
}
