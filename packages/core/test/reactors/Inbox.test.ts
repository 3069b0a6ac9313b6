import { assert, describe, it } from "@effect/vitest"
import { Effect, References, Stream } from "effect"

import { type AgentRunner, type AgentRunnerMemory, type Driver, DriverMemory } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { processOn } from "./outages.ts"

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

type Hear = (hint: Driver.Hint) => ReadonlyArray<Driver.Hint>

/** A store whose hints are heard in another way, and which may read no offers of a lane any more. */
const hearing = (driver: Driver.Driver, hear: Hear, isSilent: () => boolean = () => false) => ({
  ...driver,
  changes: Stream.flatMap(driver.changes, (hint) => Stream.fromIterable(hear(hint))),
  find: (query: Driver.Find) =>
    isSilent() && query.index === "offers_by_lane" ? Effect.never : driver.find(query)
})

/** Waits for so many offers that nobody has taken. */
const untilOffered = (driver: Driver.Driver, organization: string, count: number) =>
  driver.find({ organization, table: "offers", index: "key", equals: {}, limit: 9 }).pipe(
    Effect.map((rows) => rows.filter(({ attempt }) => attempt === null)),
    Effect.delay("5 millis"),
    Effect.repeat({ until: ({ length }) => length === count }),
    Effect.timeout("5 seconds")
  )

const isDone = ({ status }: { readonly status: string }) => status === "in_review"

/** A process that offers, and one that hands a task over to it; and what its agent was asked. */
const handedOver = Effect.fnUntraced(function* (made: (driver: Driver.Driver) => Driver.Driver) {
  const driver = yield* DriverMemory.make
  const specs: Array<AgentRunner.RunSpec> = []
  const behaviour: AgentRunnerMemory.Behaviour = (spec) =>
    Effect.sync(() => {
      specs.push(spec)
      return { output: "done" }
    })
  const there = yield* processOn(made(driver), { behaviour, reactors: {} })
  const here = yield* processOn(driver)
  const given = yield* here(TestForeman.givenTeam())
  const [offer] = yield* untilOffered(driver, given.organization.id, 1)
  const create = here(TestForeman.givenTask(given))
  return { create, driver, given, here, offer, specs, there }
})

describe("a task that was handed over", () => {
  it.live("begins by what the hint says of it, and nothing is read for that", () =>
    Effect.gen(function* () {
      let isSilent = false
      const { create, here, offer, specs } = yield* handedOver((driver) =>
        hearing(
          driver,
          (hint) => [hint],
          () => isSilent
        )
      )
      isSilent = true
      const { id } = yield* create
      const done = yield* here(TestForeman.untilTask(id, isDone))
      assert.strictEqual(done.lastRunId, offer?.["run_id"])
      assert.strictEqual(specs.length, 1)
    }).pipe(quiet)
  )

  const ways: Record<string, Hear> = {
    "where hints say nothing": ({ organization, position }) => [{ organization, position }],
    "where a hint says the same three times": (hint) => [hint, hint, hint],
    "where a hint says what nobody understands": (hint) =>
      ["", "null", "7", "{}", '{"runId":"r"}', '{"runId":"r","attempt":{"run":null}}'].map(
        (news) => ({ ...hint, news })
      ),
    "where a hint says it of a run that nobody has offered": (hint) => [
      { ...hint, news: hint.news?.replaceAll(/"(run_[^"]*|[0-9a-f-]{36})"/g, '"another"') }
    ]
  }
  for (const [where, hear] of Object.entries(ways)) {
    it.live(`begins once ${where}`, () =>
      Effect.gen(function* () {
        const { create, driver, given, here, offer, specs } = yield* handedOver((store) =>
          hearing(store, hear)
        )
        const { id } = yield* create
        const done = yield* here(TestForeman.untilTask(id, isDone))
        assert.deepInclude(done, { attempts: 1, failures: 0 })
        assert.strictEqual(done.lastRunId, offer?.["run_id"])
        // Who is free again offers that again, and forgets what was taken.
        yield* untilOffered(driver, given.organization.id, 1)
        assert.strictEqual(specs.length, 1)
      }).pipe(quiet)
    )
  }
})
