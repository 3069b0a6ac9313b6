/**
 * What the feed promises to who follows a thousand organisations: a short cursor at every event,
 * from which everything goes on, whoever serves it next.
 *
 * Left open on purpose: how often a place is stored.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

import { type Events, Foreman, Identifier, type Organization, Shell } from "@foreman/core"
import { processOn } from "./ForemanSuiteAgents.ts"
import { type Backend, numbers, shared } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  many(backend)
  few(backend)
}

// internal --------------------------------------------------------------------

const patience = 60_000

const follow = (input: Events.FollowInput, count: number) =>
  Foreman.use(({ events }) => Stream.runCollect(Stream.take(events.follow(input), count))).pipe(
    TestForeman.asOperator
  )

const idsOf = (items: ReadonlyArray<Events.FeedItem>) =>
  items.map(({ event: { id, orgId } }) => `${orgId} ${id}`).toSorted()

const found = Effect.fnUntraced(function* (count: number) {
  const { client } = yield* Foreman
  return yield* Effect.forEach(
    numbers(count),
    (n) => client.createOrganization({ name: `Org ${n}`, slug: Identifier.Slug.make(`many-${n}`) }),
    { concurrency: 50 }
  )
}, TestForeman.asOperator)

/** Lets something happen in each, in an order that is not theirs. */
const stir = Effect.fnUntraced(function* (organizations: ReadonlyArray<Organization.Organization>) {
  const { client } = yield* Foreman
  const shuffled = organizations.toSorted((a, b) => (a.id.slice(-6) < b.id.slice(-6) ? -1 : 1))
  yield* Effect.forEach(
    shuffled,
    ({ id, slug }) => client.createTeam({ orgId: id, name: "Web", slug }),
    { concurrency: 50 }
  )
}, TestForeman.asOperator)

const marks = Effect.flatMap(Shell.Shell, ({ driver }) =>
  driver.find({
    organization: "system",
    table: "feed_marks",
    index: "key",
    equals: {},
    limit: 1000
  })
)

const assertShort = (items: ReadonlyArray<Events.FeedItem>) => {
  const longest = items.reduce((length, { cursor }) => Math.max(length, cursor.length), 0)
  assert.isBelow(longest, 4096)
}

const many = (backend: Backend) => {
  it.live(
    "goes on from any cursor, each event once, however many organizations there are",
    () =>
      Effect.gen(function* () {
        const store = yield* shared(backend)
        const here = yield* processOn(store, {})
        const organizations = yield* here(found(1000))
        const made = yield* here(follow({ after: "0" }, 1000))
        const now = yield* here(
          Foreman.use(({ events }) => events.begin({})).pipe(TestForeman.asOperator)
        )
        assert.isBelow(now.length, 4096)
        yield* here(stir(organizations))
        // A team and its manager: two events each.
        const stirred = yield* here(follow({ after: now }, 2000))
        const all = [...made, ...stirred]
        assertShort(all)
        assert.lengthOf(new Set(idsOf(all)), 3000)
        assert.isAtMost((yield* here(marks)).length, 40)

        // Another process, as after a restart, has never seen these cursors.
        const there = yield* processOn(store, {})
        for (const index of [0, 77, 499, 998, 1000, 1501, 2222, 2998]) {
          const rest = all.slice(index + 1)
          const { cursor = "" } = all[index] ?? {}
          const items = yield* there(follow({ after: cursor }, rest.length))
          assertShort(items)
          assert.deepStrictEqual(idsOf(items), idsOf(rest), `after ${index}`)
        }
      }),
    patience
  )
}

const few = (backend: Backend) => {
  it.live("writes nothing for who follows few organizations, or one of many", () =>
    Effect.gen(function* () {
      const here = yield* processOn(yield* shared(backend), {})
      const organizations = yield* here(found(50))
      yield* here(follow({ after: "0" }, 50))
      assert.deepStrictEqual(yield* here(marks), [])
      const more = yield* here(
        Effect.forEach(numbers(40), () => TestForeman.givenTeam({ engineers: 0 }))
      )
      const [one] = organizations
      yield* here(follow({ after: "0", organizationId: one?.id }, 1))
      yield* here(
        Foreman.use(({ events }) => events.begin({ organizationId: one?.id })).pipe(
          TestForeman.asOperator
        )
      )
      assert.deepStrictEqual(yield* here(marks), [])
      assert.lengthOf(more, 40)
    })
  )
}
