/**
 * What a runner promises of reading what an agent wrote: as often as somebody likes. Who keeps it
 * begins again where a store was away.
 *
 * @internal
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

import { bytesIn, bytesOf, holds, on } from "./RunnerSuiteSubject.ts"
import type { Bytes, Subject } from "./RunnerSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/** Registers these tests. */
export const reading = (subject: Subject) =>
  describe("reading", () => {
    it.live(
      "gives the same output once more",
      on(subject, function* ({ play }) {
        const { result, output } = yield* play("answer")
        assertOutput(subject, output)
        assertSame(yield* bytesOf(result), output)
      })
    )

    it.live(
      "gives all of the output after a reading that was given up in the middle",
      on(subject, function* ({ runner, spec }) {
        const result = yield* runner.run(yield* spec("answer"), Effect.void)
        yield* giveUp(result.output)
        const output = yield* bytesOf(result)
        assertOutput(subject, output)
        assertSame(yield* bytesOf(result), output)
      })
    )

    it.live("gives all of the answer as often, where it can be read", ({ skip }) =>
      on(subject, function* ({ runner, spec }) {
        const { answer, said } = yield* runner.run(yield* spec("answer"), Effect.void)
        if (said === undefined) return skip("the runner says nothing beside its answer")
        const first = yield* bytesIn(said)
        assert.include(first.toString(), answer)
        assertSame(yield* bytesIn(said), first)
        yield* giveUp(said)
        assertSame(yield* bytesIn(said), first)
      })()
    )
  })

// internal --------------------------------------------------------------------

/** Reads as a store does that goes away behind the first chunk, and as one that is interrupted. */
const giveUp = Effect.fnUntraced(function* (bytes: Bytes) {
  for (const end of [Effect.fail("the store is away"), Effect.interrupt]) {
    yield* Effect.exit(Stream.runForEach(bytes, () => end))
  }
})

/** What is cut has lost its beginning or its end. */
const assertOutput = (subject: Subject, output: Buffer) => {
  assert.isAbove(output.length, 100 * 1_024)
  const end = subject.output === "events" ? output : output.subarray(-17)
  assert.isTrue(holds(subject, end, "so it is\ndone é\n"), end.subarray(-100).toString())
}

/** A difference is not shown byte by byte. */
const assertSame = (again: Buffer, before: Buffer) =>
  assert.isTrue(again.equals(before), `${again.length} bytes, not the ${before.length} before`)
