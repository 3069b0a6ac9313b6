import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

import type { ProcessError } from "@foreman/process"
import { line, shell, supervised, text } from "./harness.ts"

/** The error of an effect that must fail. */
const refused = <A>(effect: Effect.Effect<A, ProcessError.ProcessError>) =>
  Effect.orDie(Effect.flip(effect))

const talking = { keepsInputOpen: true } as const

describe("a stdin that is kept open", () => {
  it.live(
    "takes what is written in its order, behind the input, until it is ended",
    supervised(function* () {
      const running = yield* shell("cat", { ...talking, input: "first\n" })
      yield* running.write("second\n")
      yield* running.write(new TextEncoder().encode("third\n"))
      yield* running.endInput
      const { cause } = yield* running.ended
      assert.strictEqual(cause, "exit:0")
      assert.strictEqual(yield* text(running.stdout), "first\nsecond\nthird\n")
    })
  )

  it.live(
    "makes a conversation",
    supervised(function* () {
      const running = yield* shell('while read -r word; do echo "heard $word"; done', talking)
      for (const word of ["one", "two", "three"]) {
        yield* running.write(`${word}\n`)
        assert.strictEqual(yield* line(running.stdout, `heard ${word}`), `heard ${word}`)
      }
      yield* running.end
    })
  )

  it.live(
    "holds a writer back whom the child does not keep up with, and frees it at the child's end",
    supervised(function* () {
      const running = yield* shell("echo ready; sleep 60", talking)
      yield* line(running.stdout, "ready")
      const written = yield* Effect.timeoutOption(
        running.write("x".repeat(4_000_000)),
        "100 millis"
      )
      assert.strictEqual(written._tag, "None")
      const next = yield* Effect.timeoutOption(running.write("y"), "50 millis")
      assert.strictEqual(next._tag, "None")
      yield* running.end
      const error = yield* refused(running.write("more"))
      assert.deepInclude(error, { operation: "write", reason: "io" })
    })
  )

  it.live(
    "refuses what is written when there is none, or the child has gone",
    supervised(function* () {
      const silent = yield* shell("true")
      assert.strictEqual((yield* refused(silent.write("x"))).operation, "write")
      const gone = yield* shell("exit 3", talking)
      assert.strictEqual((yield* gone.ended).cause, "exit:3")
      assert.strictEqual((yield* refused(gone.write("x"))).operation, "write")
      assert.strictEqual(yield* Stream.runCount(gone.stdout), 0)
    })
  )
})
