import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { randomUUID } from "node:crypto"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

import { Supervisor } from "@foreman/process"
import { markerName } from "../src/internal/marker.ts"
import * as Harness from "./harness.ts"

describe("the guardian", () => {
  for (const kind of ["polite", "stubborn"] as const) {
    it.live(`ends a ${kind} family when its control plane is killed`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const plane = yield* controlPlane(process.execPath, [Harness.fixture("family.mjs"), kind])
          const members = yield* Harness.identities(yield* said(plane, "pids"))
          assert.lengthOf(yield* Harness.alive(members), 4)
          plane.kill("SIGKILL")
          yield* Harness.eventually(
            Effect.map(Harness.alive(members), (living) => living.length === 0)
          )
        })
      )
    )
  }

  it.live("is replaced when it is lost, and its successor knows what it knew", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const plane = yield* controlPlane(process.execPath, [Harness.fixture("family.mjs")])
        const pids = yield* said(plane, "pids")
        const members = yield* Harness.identities(pids)
        const guardians = Effect.map(Harness.guardiansOf(plane.pid ?? 0), (found) =>
          found.filter((pid) => !Harness.pidsOf(pids).includes(pid))
        )
        const [first] = yield* guardians
        process.kill(first ?? 0, "SIGKILL")
        yield* Harness.eventually(
          Effect.map(guardians, ([second]) => second !== undefined && second !== first)
        )
        plane.kill("SIGKILL")
        yield* Harness.eventually(
          Effect.map(Harness.alive(members), (living) => living.length === 0)
        )
      })
    )
  )

  it.live("ends what carries the mark, though its control plane ended before it said a word", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const mark = randomUUID()
        const orphan = yield* spawned("/bin/sleep", ["60"], { [markerName]: mark })
        yield* spawned(process.execPath, [Harness.guardianProgram, mark, "0"], {})
        yield* Harness.eventually(Effect.sync(() => Harness.taken([orphan]).length === 0))
      })
    )
  )

  it.live("is started with the first process only, once, and ends with the supervisor", () =>
    Effect.gen(function* () {
      const before = yield* Harness.guardiansOf(process.pid)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const supervisor = yield* Supervisor.make()
          assert.deepStrictEqual(yield* Harness.guardiansOf(process.pid), before)
          for (const script of ["exit 0", "exit 0"]) {
            const running = yield* Harness.shell(script).pipe(
              Effect.provideService(Supervisor.Supervisor, supervisor)
            )
            yield* running.ended
          }
          assert.lengthOf(yield* Harness.guardiansOf(process.pid), before.length + 1)
        })
      )
      assert.deepStrictEqual(yield* Harness.guardiansOf(process.pid), before)
    })
  )

  it.live("does not keep its control plane alive", () =>
    Effect.scoped(
      Effect.gen(function* () {
        // Without a listener nothing waits for the process but the supervisor itself.
        const plane = yield* controlPlane("/bin/sh", ["-c", "echo done"])
        const code = yield* Effect.callback<number | null>((resume) => {
          plane.once("exit", (code) => resume(Effect.succeed(code)))
        })
        assert.strictEqual(code, 0)
      })
    )
  )
})

/** A process of its own that supervises a program, killed at the end if it still lives. */
const controlPlane = Effect.fnUntraced(function* (program: string, args: ReadonlyArray<string>) {
  const script = ["--conditions=@foreman/source", Harness.fixture("controlPlane.ts")]
  const folder = yield* Harness.folder
  return yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [...script, folder, program, ...args], {
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    (plane) => Effect.sync(() => plane.kill("SIGKILL"))
  )
})

/** The pid of a process in a session of its own that reads nothing, which is gone at the end. */
const spawned = (program: string, args: ReadonlyArray<string>, env: Record<string, string>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => spawn(program, args, { detached: true, env, stdio: "ignore" })),
      (child) =>
        Effect.callback<void>((resume) => {
          if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
          child.once("exit", () => resume(Effect.void))
          child.kill("SIGKILL")
        })
    ),
    (child) => child.pid ?? 0
  )

const said = (plane: ChildProcess, word: string) =>
  Harness.line(
    Stream.fromAsyncIterable(plane.stdout as AsyncIterable<Uint8Array>, (cause) => cause),
    word
  )
