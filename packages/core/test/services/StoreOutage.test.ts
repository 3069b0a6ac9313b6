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

  it.effect("is found out when something has only had no answer", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const { comeBack, leave, outage } = yield* given
      yield* outage.silent("A lease was not renewed in time")
      yield* TestClock.adjust("5 seconds")
      expect(told()).toEqual([])
      leave()
      yield* outage.silent("A lease was not renewed in time")
      yield* TestClock.adjust("5 seconds")
      expect(told().map(({ words }) => words)).toEqual([away])
      comeBack()
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
