import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { ArtifactStore } from "@foreman/core"
import { hanging, leaving } from "../services/faults.ts"
import { collecting } from "../services/lines.ts"
import { givenWith, keptOf, pass, processOn, runsOf } from "./outages.ts"

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
        const { agent, comeBack, leave, look, taskId } = yield* givenWith({ leaves, leavings })
        yield* pass(2)
        leave()
        yield* agent.finish
        yield* pass(seconds)
        expect(yield* look(keptOf(taskId))).toEqual([])
        comeBack()
        yield* pass(30)
        expect(yield* look(runsOf(taskId))).toEqual([["succeeded", "exit:0"]])
        expect(yield* look(keptOf(taskId))).toEqual(all)
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
