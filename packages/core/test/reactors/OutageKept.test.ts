import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import { ArtifactStore, Reactors } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { hanging, leaving } from "../services/faults.ts"
import { collecting } from "../services/lines.ts"
import { givenWith, keptOf, pass, processOn, runsOf, usedIn } from "./outages.ts"

const leavings = { "report.md": "# Done" }

const all = [
  ["assistant_summary.txt", 9],
  ["output.log", 9],
  ["report.md", 6]
]

const refused = new ArtifactStore.ArtifactStoreError({
  operation: "put",
  cause: new Error("too many open files"),
  retryable: true
})

const refusing = (artifacts: ArtifactStore.ArtifactStore): ArtifactStore.ArtifactStore => ({
  ...artifacts,
  put: () => Effect.fail(refused)
})

/** Ways of a store to be away, and for how many seconds. */
const outages = {
  "refuses for a moment": { leaves: leaving, seconds: 2, words: [] },
  "refuses for longer than a lease lasts": { leaves: leaving, seconds: 40, words: [/^1 run had/] },
  "says nothing for longer than a lease lasts": {
    leaves: hanging,
    seconds: 40,
    words: [/^1 run had ended before, and its end is recorded$/]
  }
}

describe("a run that ends while the store, in which artifacts lie too,", () => {
  for (const [what, { leaves, seconds, words }] of Object.entries(outages)) {
    it.effect(`${what} keeps its result and all that its agent wrote, and begins once`, () => {
      const { lines, on, told } = collecting()
      return Effect.gen(function* () {
        const { agent, comeBack, leave, look, taskId, team } = yield* givenWith({
          leaves,
          leavings
        })
        yield* pass(2)
        leave()
        yield* agent.finish
        yield* pass(seconds)
        expect(yield* look(keptOf(taskId))).toEqual([])
        comeBack()
        yield* pass(30)
        expect(yield* look(runsOf(taskId))).toEqual([["succeeded", "exit:0"]])
        expect(yield* look(keptOf(taskId))).toEqual(all)
        expect(yield* look(usedIn(team))).toEqual([10, 20])
        expect(yield* agent.haveBegun).toBe(0)
        const ends = told().filter(({ words: line }) => /^\d+ runs? /.test(line))
        expect(ends.map((end) => end.words)).toEqual(words.map((end) => expect.stringMatching(end)))
        expect(lines.filter(({ level }) => level === "Error")).toEqual([])
      }).pipe(on)
    })
  }

  it.effect("is lost to another process that has taken over leaves what its agent wrote", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { agent, comeBack, driver, leave, look, taskId } = yield* givenWith({ leavings })
      yield* pass(2)
      leave()
      yield* agent.finish
      const behaviour = () => Effect.never
      yield* processOn(driver, { reactors: { holder: "another" }, behaviour })
      yield* pass(20)
      expect(yield* look(runsOf(taskId))).toEqual([
        ["running", null],
        ["lost", "lost"]
      ])
      comeBack()
      yield* pass(5)
      expect(yield* look(keptOf(taskId))).toEqual(all)
    }).pipe(on)
  })

  it.effect("cannot take what was used gets it with the end", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { agent, comeBack, leave, look, team } = yield* givenWith({ leavings })
      // Later than what is not told at once.
      yield* pass(12)
      leave()
      yield* agent.finish
      yield* pass(2)
      comeBack()
      yield* pass(5)
      expect(yield* look(usedIn(team))).toEqual([10, 20])
    }).pipe(on)
  })

  it.effect(
    "takes no bytes when it is back costs its server the same time for many as for one",
    () => {
      const { on } = collecting()
      return Effect.gen(function* () {
        const { agent, comeBack, leave, look, taskId, team } = yield* givenWith({
          bytes: refusing,
          engineers: 3,
          leavings
        })
        const others = [
          yield* look(TestForeman.givenTask(team)),
          yield* look(TestForeman.givenTask(team))
        ]
        yield* agent.begun
        yield* agent.begun
        leave()
        yield* agent.finish
        yield* pass(20)
        comeBack()
        yield* pass(55)
        for (const id of [taskId, ...others.map((task) => task.id)]) {
          expect(yield* look(runsOf(id))).toEqual([["succeeded", "exit:0"]])
        }
      }).pipe(on)
    }
  )

  it.effect("takes no bytes when its server ends keeps that from nothing", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { agent, end, look, taskId } = yield* givenWith({ bytes: refusing, leavings })
      yield* pass(2)
      yield* agent.finish
      yield* pass(1)
      const ending = yield* Effect.forkChild(end)
      yield* pass(2)
      yield* Fiber.join(ending)
      expect(yield* look(runsOf(taskId))).toEqual([["succeeded", "exit:0"]])
    }).pipe(on)
  })

  it.effect("stays away is told with the runs that are found lost when its server ends", () => {
    const { on, told } = collecting()
    const heard: Array<number> = []
    const unrecorded = (count: number) => Effect.sync(() => void heard.push(count))
    return Effect.gen(function* () {
      const { agent, end, leave } = yield* givenWith({ leavings })
      yield* pass(2)
      leave()
      yield* agent.finish
      yield* pass(1)
      const ending = yield* Effect.forkChild(end)
      yield* pass(5)
      yield* Fiber.join(ending)
      expect(heard).toEqual([1])
      expect(told().at(-1)).toMatchObject({
        level: "Error",
        words: expect.stringMatching(/^The end of 1 run could not be recorded .* of 1 of them did/)
      })
    }).pipe(Effect.provideService(Reactors.Unrecorded, unrecorded), on)
  })

  it.effect("never takes bytes again ends in time, without what its agent wrote", () => {
    const { lines, on } = collecting()
    return Effect.gen(function* () {
      const { agent, look, taskId } = yield* givenWith({ bytes: refusing, leavings })
      yield* pass(2)
      yield* agent.finish
      yield* pass(45)
      expect(yield* look(runsOf(taskId))).toEqual([["running", null]])
      yield* pass(15)
      expect(yield* look(runsOf(taskId))).toEqual([["succeeded", "exit:0"]])
      expect(yield* look(keptOf(taskId))).toEqual([])
      expect(lines.filter(({ level }) => level === "Error")).not.toEqual([])
    }).pipe(on)
  })
})
