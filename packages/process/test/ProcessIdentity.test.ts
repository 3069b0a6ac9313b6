import { spawn } from "node:child_process"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { ProcessIdentity } from "@foreman/process"
import { linuxTable } from "../src/internal/linuxTable.ts"
import { psTable } from "../src/internal/psTable.ts"

describe("an identity", () => {
  it.effect("is that of a living process", () =>
    Effect.gen(function* () {
      const self = yield* ProcessIdentity.of(process.pid)
      assert.isDefined(self)
      assert.deepStrictEqual(yield* ProcessIdentity.of(process.pid), self)
      assert.isTrue(self !== undefined && (yield* ProcessIdentity.isAlive(self)))
    })
  )

  it.effect("is no proof of life for another start of the same pid, or of the machine", () =>
    Effect.gen(function* () {
      const self = yield* ProcessIdentity.of(process.pid)
      if (self === undefined) return assert.fail("this process has no identity")
      const others = [
        { ...self, startTime: self.startTime - 1 },
        { ...self, bootId: "another" },
        { ...self, pid: 2 ** 30 }
      ]
      for (const other of others) assert.isFalse(yield* ProcessIdentity.isAlive(other))
    })
  )

  it.live("is no longer alive when the process has ended and nobody has noticed", () =>
    Effect.gen(function* () {
      // A shell that never waits for its child leaves it as a zombie.
      const parent = yield* Effect.acquireRelease(
        Effect.sync(() => spawn("/bin/sh", ["-c", "sleep 0.05 & echo $!; exec sleep 60"])),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      const pid = yield* Effect.callback<number>((resume) => {
        parent.stdout.once("data", (bytes) => resume(Effect.succeed(Number(bytes))))
      })
      const child = yield* ProcessIdentity.of(pid)
      if (child === undefined) return assert.fail("the child has no identity")
      while (yield* ProcessIdentity.isAlive(child)) yield* Effect.sleep(10)
      assert.deepStrictEqual(yield* ProcessIdentity.of(pid), child)
    }).pipe(Effect.scoped)
  )
})

describe.skipIf(process.platform !== "linux" || psTable.read(process.pid) === undefined)(
  "the reading of ps, compared with that of /proc",
  () => {
    it("sees the same process", () => {
      const [byProc, byPs] = [linuxTable.read(process.pid), psTable.read(process.pid)]
      assert.strictEqual(byPs?.parent, byProc?.parent)
      assert.strictEqual(byPs?.group, byProc?.group)
      assert.isTrue(byPs?.isAlive)
      assert.isAbove(byPs?.startTime ?? 0, 1_700_000_000)
    })

    it("lists this process and its parent", async () => {
      const pids = (await psTable.list()).map(({ pid }) => pid)
      assert.includeMembers(pids, [process.pid, process.ppid])
    })

    it("knows no process that is not there", () => {
      assert.isUndefined(psTable.read(2 ** 22 + 1))
    })
  }
)
