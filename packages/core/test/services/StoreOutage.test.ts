import { assert, describe, expect, it } from "@effect/vitest"
import { Cause, Effect } from "effect"
import { TestClock } from "effect/testing"

import { Driver, DriverMemory, Refusal } from "@foreman/core"
import * as StoreOutage from "../../src/services/StoreOutage.ts"
import { broken, leaving } from "./faults.ts"
import { collecting } from "./lines.ts"

/** A store that can leave, and what a process says of it. */
const given = Effect.gen(function* () {
  const { comeBack, leave, store } = leaving(yield* DriverMemory.make)
  const outage = StoreOutage.make(store, yield* Effect.scope)
  /** Asks the store something, as often as many loops do. */
  const ask = Effect.replicateEffect(
    Effect.catch(store.ask("system", "heads", { after: "", limit: 1 }), outage.note),
    6,
    { discard: true }
  )
  const pass = (seconds: number) =>
    Effect.replicateEffect(Effect.andThen(ask, TestClock.adjust("1 second")), seconds)
  return { comeBack, leave, outage, pass }
})

const away =
  "The store does not answer: connect ECONNREFUSED 127.0.0.1:5432. What was acknowledged stands, " +
  "commands are refused as retryable, and agents go on until this server's leases end: then they " +
  "are stopped, and their tasks begin again when the store is back, unless another server has " +
  "taken over. It is tried again by itself."

const stopped = away.replace(
  "go on until this server's leases end: then they are stopped, and their",
  "are stopped, because this server's leases could not be renewed: their"
)

describe("a store that is away", () => {
  it.effect(
    "is told once, again each minute, and when it is back, with how long it was away",
    () => {
      const { lines, on, told } = collecting()
      return Effect.gen(function* () {
        const { comeBack, leave, pass } = yield* given
        yield* pass(3)
        expect(lines).toEqual([])
        leave()
        yield* Effect.annotateLogs(pass(59), { run_id: "of whoever met it" })
        expect(told().map(({ words }) => words)).toEqual([away])
        yield* pass(91)
        comeBack()
        yield* pass(5)
        const reason = "connect ECONNREFUSED 127.0.0.1:5432. It is tried again by itself."
        expect(told()).toEqual(
          [
            away,
            `The store has not answered for 60 s: ${reason}`,
            `The store has not answered for 120 s: ${reason}`,
            "The store answers again. It was away for 151 s."
          ].map((words) => ({ level: "Warn", words, hasCause: false, annotations: {} }))
        )
      }).pipe(on)
    }
  )

  it.effect("is told no more than once a minute when it comes and goes", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const { comeBack, leave, pass } = yield* given
      for (let count = 0; count < 10; count++) {
        leave()
        yield* pass(4)
        comeBack()
        yield* pass(5)
      }
      const shown = told().map(({ words }) => words.replace(/:.*/, ""))
      const [gone, back] = [
        "The store does not answer",
        "The store answers again. It was away for 5 s."
      ]
      expect(shown).toEqual([gone, back, gone, back])
    }).pipe(on)
  })

  it.effect("is told also when it only does not answer", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const silent = { ...driver, ask: () => Effect.never }
      const outage = StoreOutage.make(silent, yield* Effect.scope)
      yield* outage.note(broken({ retryable: true }))
      yield* TestClock.adjust("5 seconds")
      expect(told().map(({ words }) => words)).toEqual([
        expect.stringMatching(/^The store does not answer: it has said nothing for 5 s\. What /)
      ])
    }).pipe(on)
  })

  it.effect(
    "is found out by leases that were not renewed, and says what has become of agents",
    () => {
      const { on, told } = collecting()
      return Effect.gen(function* () {
        const { comeBack, leave, outage } = yield* given
        leave()
        for (const name of ["housekeeper", "dispatcher"]) yield* outage.unrenewed(name)
        yield* TestClock.adjust("5 seconds")
        yield* outage.unrenewed("dispatcher")
        comeBack()
        yield* TestClock.adjust("5 seconds")
        expect(told().map(({ words }) => words)).toEqual([
          stopped,
          expect.stringMatching(/^The store answers again/)
        ])
      }).pipe(on)
    }
  )

  it.effect("is told once more when it costs leases, however many organizations have some", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const { comeBack, leave, outage, pass } = yield* given
      const lose = (count: number) =>
        Effect.forEach(Array.from({ length: count }), (_, index) =>
          Effect.annotateLogs(outage.unrenewed("dispatcher"), { organization_id: index })
        )
      leave()
      yield* pass(4)
      yield* lose(20)
      yield* pass(2)
      comeBack()
      yield* pass(2)
      // Within a minute: that it is away is not told again, but what it costs is.
      leave()
      yield* pass(2)
      yield* lose(20)
      comeBack()
      yield* pass(2)
      const back = expect.stringMatching(/^The store answers again/)
      const lost =
        "This server could not renew its leases in time, because the store does not answer: " +
        "whatever runs here is stopped as they end."
      expect(told().map(({ words }) => words)).toEqual([away, lost, back, lost, back])
      expect(told().every(({ annotations }) => !("organization_id" in annotations))).toBe(true)
    }).pipe(on)
  })

  it.effect("is not told by everything that cannot be done meanwhile", () => {
    const { lines, on, told } = collecting()
    return Effect.gen(function* () {
      const { leave, outage, pass } = yield* given
      leave()
      yield* pass(2)
      const refused = new Refusal.StoreUnavailable({ retryable: true })
      yield* outage.missed("Nothing was landed", refused)
      yield* outage.missed("The feed cannot be read", broken({ retryable: true }))
      yield* outage.failed("A dispatcher failed", Cause.fail(refused))
      expect(told()).toHaveLength(1)
      const quiet = lines.filter(({ level }) => level === "Debug").map(({ words }) => words)
      expect(quiet.slice(-3)).toEqual([
        "Nothing was landed: The store does not answer right now; try again",
        "The feed cannot be read: The store failed at commit",
        "A dispatcher failed"
      ])
    }).pipe(on)
  })

  it.effect("hides nothing that it does not explain", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const { leave, outage, pass } = yield* given
      leave()
      yield* pass(2)
      yield* outage.note(broken())
      yield* outage.missed("Nothing was landed", new Error("no git"))
      yield* outage.missed("Nothing was landed", broken())
      const both = Cause.combine(
        Cause.fail(new Refusal.StoreUnavailable({ retryable: true })),
        Cause.die(new Error("a bug"))
      )
      yield* outage.failed("A dispatcher failed", both)
      yield* outage.failed("A dispatcher failed", Cause.fail(new Error("no git")))
      expect(told().map(({ hasCause, level }) => [level, hasCause])).toEqual([
        ["Warn", false],
        ["Error", true],
        ["Warn", false],
        ["Warn", false],
        ["Error", true],
        ["Error", true]
      ])
    }).pipe(on)
  })
})

describe("a store that answers", () => {
  it.effect("has leases told that were not renewed: one by its name, more by their number", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const { outage } = yield* given
      const lose = Effect.annotateLogs(outage.unrenewed("dispatcher"), { organization_id: "acme" })
      yield* lose
      yield* TestClock.adjust("1 second")
      yield* Effect.all([lose, outage.unrenewed("housekeeper")])
      yield* TestClock.adjust("1 second")
      expect(told().map(({ annotations, words }) => [words, annotations])).toEqual([
        [
          "The dispatcher could not renew its lease in time: whatever runs here is stopped",
          { organization_id: "acme" }
        ],
        ["2 leases could not be renewed in time: what runs under them is stopped", {}]
      ])
    }).pipe(on)
  })

  it.effect("has its failures told as they are, each with its cause", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const { outage } = yield* given
      const failure = broken({ retryable: true, cause: new Error("deadlock detected") })
      yield* Effect.annotateLogs(outage.note(failure), { run_id: "its own" })
      yield* Effect.yieldNow
      yield* outage.missed("The feed cannot be read", failure)
      yield* TestClock.adjust("2 minutes")
      const line = { hasCause: true, annotations: { run_id: "its own" } }
      const words = "The store failed at commit: deadlock detected"
      expect(told()).toEqual([
        { ...line, level: "Error", words },
        {
          level: "Warn",
          words: `The feed cannot be read: ${words}`,
          hasCause: false,
          annotations: {}
        }
      ])
    }).pipe(on)
  })

  it.effect("has those told too that failed while it was not known to answer", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const slow: Pick<Driver.Driver, "ask"> = {
        ask: (...input) => Effect.delay(driver.ask(...input), "2 seconds")
      }
      const outage = StoreOutage.make(slow, yield* Effect.scope)
      const fail = (words: string) =>
        outage
          .missed(words, broken({ retryable: true }))
          .pipe(Effect.annotateLogs({ run_id: words }))
      const names = Array.from({ length: 10 }, (_, index) => `Thing ${index} was not done`)
      for (const words of [...names, ...names]) yield* fail(words)
      expect(told()).toEqual([])
      yield* TestClock.adjust("2 seconds")
      expect(told()).toEqual(
        names.slice(0, 8).map((words) => ({
          level: "Warn",
          words: `${words}: The store failed at commit`,
          hasCause: false,
          annotations: { run_id: words }
        }))
      )
    }).pipe(on)
  })

  it("says what is wrong in one line", () => {
    const error = new Driver.StoreError({
      operation: "ask",
      cause: Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }),
      retryable: true,
      ambiguous: false
    })
    assert.strictEqual(StoreOutage.reasonOf(error), "ECONNREFUSED")
    const long = broken({ cause: new Error("the server goes\n  at once") })
    assert.strictEqual(StoreOutage.reasonOf(long), "the server goes")
    assert.strictEqual(StoreOutage.reasonOf(broken()), "The store failed at commit")
  })
})
