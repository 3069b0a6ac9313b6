import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Layer, References, Stream } from "effect"

import {
  type AgentRunner,
  type AgentRunnerMemory,
  Driver,
  DriverMemory,
  Shell,
  StoreClock,
  Tenure
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import * as Inbox from "../../src/reactors/Inbox.ts"
import { broken, committing } from "../services/faults.ts"
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
    Effect.timeout("20 seconds")
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

/** An inbox over a store whose commits and answers may be late or lost, and what it deals with. */
const given = Effect.gen(function* () {
  const driver = yield* DriverMemory.make
  const looks = yield* Latch.make(true)
  let looked = 0
  let lost: Driver.Batch | undefined
  let isLosing = false
  const store = committing(driver, (_, commit, batch) => {
    if (!isLosing) return commit
    lost = batch
    return Effect.fail(broken())
  })
  // What was read may be answered late.
  const find = (query: Driver.Find) =>
    Effect.tap(driver.find(query), () => {
      looked += 1
      return looks.await
    })
  const layer = TestForeman.layer({ store: Layer.succeed(Driver.Driver, { ...store, find }) })
  const inbox = yield* Effect.gen(function* () {
    const shell = yield* Shell.Shell
    const clock = yield* StoreClock.StoreClock
    const wanted = { organization: "acme", name: "dispatcher", holder: "a", ttlMillis: 60_000 }
    const tenure = yield* Tenure.acquire(shell, clock, wanted)
    assert(tenure !== undefined)
    return Inbox.make({ shell, terms: undefined }, tenure)
  }).pipe(Effect.provide(layer))
  const dealt: Array<string> = []
  const open = inbox.open(({ attempt, token }) =>
    Effect.sync(() => {
      dealt.push(`${attempt.run.id} ${token === undefined ? "is not known" : "begins"}`)
    })
  )
  const write = (steps: ReadonlyArray<Driver.Step>) =>
    driver.commit({ organization: "acme", reliesOn: [], steps, events: [] })
  const newsOf = (runId: string) => JSON.stringify({ runId, attempt: { run: { id: runId } } })
  /** Somebody takes an offer, and the row says what for. */
  const take = (runId: string) => {
    const attempt = JSON.stringify({ run: { id: runId } })
    return write([{ _tag: "Set", table: "offers", key: { run_id: runId }, row: { attempt } }])
  }
  return {
    dealt,
    inbox,
    looked: () => looked,
    looks,
    newsOf,
    open,
    take,
    /** The answer of a commit is lost, and it comes to stand only when that is told. */
    losing: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.suspend(() => {
        isLosing = true
        return Effect.ensuring(
          effect,
          Effect.sync(() => {
            isLosing = false
          })
        )
      }),
    arrive: Effect.suspend(() => write(lost?.steps ?? []))
  }
})

const agents = ["a", "b"].map((name) => ({
  id: `00000000-0000-7000-8000-00000000000${name}`,
  team_id: "t",
  role: "engineer"
}))

describe("an inbox", () => {
  it.live("deals with what was said, and next with what was only written", () =>
    Effect.gen(function* () {
      const { dealt, inbox, newsOf, open, take } = yield* given
      yield* inbox.offer(agents, 2)
      const [said = "", written = ""] = inbox.ids()
      yield* Effect.forEach([said, written], take)
      yield* inbox.hear(newsOf(said))
      yield* open
      assert.deepStrictEqual(dealt, [`${said} begins`])
      yield* open
      yield* open
      assert.deepStrictEqual(dealt, [`${said} begins`, `${written} begins`])
    }).pipe(quiet)
  )

  it.live("knows what it was told of, also where the look before saw nothing of that", () =>
    Effect.gen(function* () {
      const { arrive, dealt, inbox, looked, looks, losing, newsOf, open, take } = yield* given
      yield* losing(inbox.offer(agents.slice(0, 1), 1))
      const [runId = ""] = inbox.ids()
      yield* looks.close
      const before = looked()
      const settling = yield* Effect.forkChild(inbox.offer(agents.slice(0, 1), 1), {
        startImmediately: true
      })
      while (looked() === before) yield* Effect.sleep("1 millis")
      // While the look is under way the offer comes to stand and is taken.
      yield* arrive
      yield* take(runId)
      yield* inbox.hear(newsOf(runId))
      yield* open
      yield* looks.open
      yield* Fiber.join(settling)
      yield* open
      assert.deepStrictEqual(dealt, [`${runId} begins`])
    }).pipe(quiet)
  )
})
