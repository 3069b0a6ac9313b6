/**
 * What the suite of core needs of a store, and the words in which its tests speak.
 *
 * @internal
 */
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"

import {
  type Actor,
  Authorization,
  type Driver,
  Foreman,
  Identifier,
  type Refusal,
  Shell,
  Tables
} from "@foreman/core"
import type { Backend as StoreBackend } from "./StoreSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// models ----------------------------------------------------------------------

/**
 * A store under test: where it stands and how it is opened.
 *
 * @category models
 * @since 0.1.0
 */
export type Backend = Pick<StoreBackend, "location" | "layer">

/**
 * What registers a test that speaks to a Foreman shared with other tests. Each keeps to its own
 * organisations.
 *
 * @category testing
 * @since 0.1.0
 */
export type It = Vitest.MethodsNonLive<TestForeman.Services>

/**
 * A refusal as a caller sees it.
 *
 * @category models
 * @since 0.1.0
 */
export type Seen = Pick<Refusal.Refusal, "code" | "status" | "message">

// layers ----------------------------------------------------------------------

/**
 * A Foreman on a new store.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerOf = (
  backend: Backend,
  options: Omit<TestForeman.Options, "store"> = {}
): Layer.Layer<TestForeman.Services> =>
  Layer.unwrap(
    Effect.map(backend.location ?? Effect.succeed(""), (location) =>
      TestForeman.layer({ ...options, store: Layer.fresh(backend.layer(location)) })
    )
  )

/**
 * One new store as two processes see it: two stores open on one place, or one for both where there
 * is no place.
 *
 * @category layers
 * @since 0.1.0
 */
export const shared: (
  backend: Backend
) => Effect.Effect<Layer.Layer<Driver.Driver>, never, Scope.Scope> = Effect.fnUntraced(function* (
  backend: Backend
) {
  if (backend.location !== undefined) {
    return Layer.fresh(Layer.orDie(backend.layer(yield* backend.location)))
  }
  const context = yield* Layer.build(Layer.orDie(Layer.fresh(backend.layer(""))))
  return Layer.succeedContext(context)
})

// testing ---------------------------------------------------------------------

/**
 * Calls an operation by name with wire data, as a transport does.
 *
 * @category testing
 * @since 0.1.0
 */
export const call = (
  name: string,
  input: object,
  key?: string
): Effect.Effect<unknown, Refusal.Refusal, Foreman | Authorization.CurrentActor> =>
  Foreman.use(({ invoke }) => invoke(name, input, key === undefined ? {} : { idempotencyKey: key }))

/**
 * Calls an operation and expects this refusal, with nothing changed in these organisations and no
 * event in any.
 *
 * @category testing
 * @since 0.1.0
 */
export const refuses: (
  organizations: ReadonlyArray<string>,
  name: string,
  input: object,
  expected: Partial<Seen>
) => Effect.Effect<Refusal.Refusal, never, Foreman | Shell.Shell | Authorization.CurrentActor> =
  Effect.fnUntraced(function* (
    organizations: ReadonlyArray<string>,
    name: string,
    input: object,
    expected: Partial<Seen>
  ) {
    const before = yield* standing(organizations)
    const refusal = yield* Effect.flip(call(name, input)).pipe(
      Effect.catch((answer) => Effect.die(new Error(`${name} answers ${JSON.stringify(answer)}`)))
    )
    const { code, message, status } = refusal
    assert.deepStrictEqual({ code, status, message, ...expected }, { code, status, message })
    assert.deepStrictEqual(yield* standing(organizations), before)
    return refusal
  })

/**
 * Where every organisation stands, and all rows of these but what processes write at any time by
 * themselves, and what decides nothing here: the offers of idle agents, how far a follower has come, and
 * until when somebody holds something.
 *
 * @category testing
 * @since 0.1.0
 */
export const standing: (
  organizations: ReadonlyArray<string>
) => Effect.Effect<unknown, never, Shell.Shell> = Effect.fnUntraced(function* (
  organizations: ReadonlyArray<string>
) {
  const { driver } = yield* Shell.Shell
  const heads = yield* driver.ask("system", "heads", { after: "", limit: 10_000 })
  const tables: Array<unknown> = []
  for (const organization of organizations) {
    for (const table of Object.keys(Tables.tables).filter((name) => !ownTables.has(name))) {
      const query = { organization, table, index: "key", equals: {}, limit: 10_000 }
      const rows = yield* driver.find(query)
      tables.push({ organization, table, rows: rows.map((row) => ({ ...row, until: null })) })
    }
  }
  return { heads, tables }
}, Effect.orDie)

const ownTables: ReadonlySet<string> = new Set(["offers", "cursors"])

/**
 * Runs effects all at once, and says which succeeded and which were refused.
 *
 * @category testing
 * @since 0.1.0
 */
export const race = <Wish extends Effect.Effect<unknown, unknown, unknown>>(
  wishes: ReadonlyArray<Wish>
): Effect.Effect<
  {
    readonly won: ReadonlyArray<Effect.Success<Wish>>
    readonly lost: ReadonlyArray<Effect.Error<Wish>>
  },
  never,
  Effect.Services<Wish>
> =>
  Effect.map(
    // As: what a wish of several kinds succeeds or fails with is what one of the kinds does.
    Effect.partition(
      wishes,
      (wish) =>
        wish as Effect.Effect<Effect.Success<Wish>, Effect.Error<Wish>, Effect.Services<Wish>>,
      { concurrency: "unbounded" }
    ),
    ([won, lost]) => ({ won, lost })
  )

/**
 * A person of an organisation.
 *
 * @category testing
 * @since 0.1.0
 */
export const personOf = (
  organizationId: Identifier.OrganizationId,
  role: Actor.Role
): Actor.Actor => ({ type: "user", id: nobody, role, organizationId })

/**
 * Runs an effect as an actor.
 *
 * @category testing
 * @since 0.1.0
 */
export const as = (actor: Actor.Actor) => Effect.provideService(Authorization.CurrentActor, actor)

/**
 * Makes something at its first use and keeps it, for tests that leave it as it is.
 *
 * @category testing
 * @since 0.1.0
 */
export const once = <A, E, R>(make: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  let made: { readonly value: A } | undefined
  return Effect.suspend(() =>
    made === undefined
      ? Effect.tap(make, (value) => Effect.sync(() => (made = { value })))
      : Effect.succeed(made.value)
  )
}

/**
 * The id of an agent where any principal may stand.
 *
 * @category testing
 * @since 0.1.0
 */
export const principal = (id: string): Identifier.PrincipalId => Identifier.PrincipalId.make(id)

/**
 * An id that nothing has.
 *
 * @category testing
 * @since 0.1.0
 */
export const nobody = "00000000-0000-7000-8000-00000000dead"

/**
 * A number that no task, message or review has.
 *
 * @category testing
 * @since 0.1.0
 */
export const noNumber = 999_999_999

/**
 * The numbers from 1 on.
 *
 * @category testing
 * @since 0.1.0
 */
export const numbers = (count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, index) => index + 1)

export { givenRun, walk } from "./ForemanSuiteGiven.ts"
