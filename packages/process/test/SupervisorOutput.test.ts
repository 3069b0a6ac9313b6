import { statSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"

import { folder, line, shell, stepwise, supervised, text } from "./harness.ts"

describe("output", () => {
  it.live(
    "is kept whole",
    supervised(function* () {
      const running = yield* shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo line $i; done")
      const { stdoutBytes } = yield* running.ended
      const expected = Array.from({ length: 20_000 }, (_, index) => `line ${index + 1}\n`).join("")
      assert.strictEqual(stdoutBytes, expected.length)
      assert.isAbove(stdoutBytes, 70_000)
      assert.strictEqual(yield* text(running.stdout), expected)
      assert.strictEqual(yield* text(running.output), expected)
    })
  )

  it.live(
    "tells the channels apart and keeps the order in which they were written",
    supervised(function* () {
      const running = yield* stepwise(
        "for n in 1 2 3; do echo out $n; pause; echo err $n >&2; pause; done"
      )
      const order = ["out 1", "err 1", "out 2", "err 2", "out 3", "err 3"]
      for (const words of order) {
        assert.strictEqual(yield* line(running.output, words), words)
        yield* running.go
      }
      yield* running.ended
      assert.strictEqual(yield* text(running.output), `${order.join("\n")}\n`)
      assert.strictEqual(yield* text(running.stdout), "out 1\nout 2\nout 3\n")
      assert.strictEqual(yield* text(running.stderr), "err 1\nerr 2\nerr 3\n")
    })
  )

  it.live(
    "does not break a line of one channel for the other",
    supervised(function* () {
      const running = yield* stepwise("printf 'begun '; pause; echo err >&2; pause; echo ended")
      yield* running.stdout.pipe(Stream.take(1), Stream.runDrain)
      yield* running.go
      yield* line(running.output, "err")
      yield* running.go
      yield* running.ended
      assert.strictEqual(yield* text(running.output), "err\nbegun ended\n")
    })
  )

  it.live(
    "can be followed while the process runs, up to its end",
    supervised(function* () {
      const running = yield* stepwise("echo first; pause; echo last")
      const follower = yield* Effect.forkChild(text(running.output))
      yield* line(running.output, "first")
      yield* running.go
      assert.strictEqual(yield* Fiber.join(follower), "first\nlast\n")
    })
  )

  it.live(
    "survives a child that empties its own output",
    supervised(function* () {
      const running = yield* stepwise("echo lost; pause; echo kept > /dev/stdout; echo last")
      yield* line(running.output, "lost")
      yield* running.go
      yield* running.ended
      assert.strictEqual(yield* text(running.output), "kept\nlast\n")
    })
  )

  it.live(
    "ends the process when there is too much of it, and keeps no more than the limit",
    supervised(function* () {
      const outputFolder = yield* folder
      const running = yield* shell("trap '' TERM; yes; yes", {
        outputFolder,
        maxOutputBytes: 100_000,
        graceSeconds: 30
      })
      const ending = yield* running.ended
      assert.strictEqual(ending.cause, "output_limit")
      assert.strictEqual(ending.stdoutBytes, 100_000)
      assert.strictEqual((yield* text(running.output)).length, 100_000)
      assert.strictEqual(statSync(join(outputFolder, "stdout.log")).size, 100_000)
    })
  )

  it.live(
    "counts against the limit also when the process was faster than the watch",
    supervised(function* () {
      const running = yield* shell("echo 12345; echo 67890 >&2", { maxOutputBytes: 11 })
      const ending = yield* running.ended
      assert.strictEqual(ending.cause, "output_limit")
      assert.strictEqual(ending.stdoutBytes + ending.stderrBytes, 11)
    })
  )
})
