import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { ProcessTree, Supervisor } from "@foreman/process"
import { end, membersOf } from "../src/internal/ending.ts"
import { psTable } from "../src/internal/psTable.ts"
import type { ProcessRow } from "../src/internal/processTable.ts"
import * as Harness from "./harness.ts"

describe("the members of a tree", () => {
  const root = row(10, { parent: 1, session: 10, startTime: 100 })
  const known = new Map([[10, 100]])
  const find = (rows: ReadonlyArray<ProcessRow>, marked: ReadonlyArray<number> = []) =>
    membersOf(rows, known, [10], ({ pid }) => marked.includes(pid)).map(({ pid }) => pid)

  it("are the root, its session, what they started, and what is marked", () => {
    const rows = [
      row(99, { parent: 1, session: 99 }),
      row(14, { parent: 13, session: 14 }),
      row(13, { parent: 11, session: 13 }),
      row(12, { parent: 1, session: 10 }),
      row(11, { parent: 10, session: 10 }),
      root,
      row(20, { parent: 1, session: 20 }),
      row(21, { parent: 1, session: 20 })
    ]
    assert.sameMembers(find(rows, [20]), [10, 11, 12, 13, 14, 20, 21])
  })

  it("stay members when the root has ended", () => {
    assert.deepStrictEqual(find([row(12, { parent: 1, session: 10 })]), [12])
    const zombie = { ...root, isAlive: false }
    assert.deepStrictEqual(find([zombie, row(12, { parent: 1, session: 10 })]), [12])
  })

  it("are never who got the root's pid later, nor that one's session and children", () => {
    const rows = [
      row(10, { parent: 1, session: 10, startTime: 900 }),
      row(30, { parent: 10, session: 10, startTime: 901 })
    ]
    assert.deepStrictEqual(find(rows), [])
    assert.deepStrictEqual(find(rows.toReversed()), [])
  })
})

describe("ending a tree", () => {
  it.live("never touches a process that got a recorded pid later", () =>
    Effect.gen(function* () {
      const running = yield* Harness.shell("echo pids $$; exec sleep 60")
      const members = yield* Harness.identities(yield* Harness.line(running.stdout, "pids"))
      const { root } = running.tree
      const earlier = { root: { ...root, startTime: root.startTime - 1 }, marker: "x".repeat(36) }
      const before = { ...running.tree, root: { ...root, bootId: "an earlier start" } }
      for (const tree of [earlier, before]) {
        assert.deepStrictEqual(yield* ProcessTree.living(tree), [])
        assert.deepStrictEqual(yield* ProcessTree.end(tree, { graceMillis: 0 }), [])
      }
      assert.deepStrictEqual(yield* Harness.alive(members), [root.pid])
      assert.deepStrictEqual(yield* ProcessTree.living(running.tree), [root.pid])
    }).pipe(Effect.scoped, Effect.provide(Supervisor.layer()))
  )

  it.live("takes an empty mark for no mark, not for everybody's", () =>
    Effect.gen(function* () {
      const running = yield* Harness.shell("exec sleep 60")
      const tree = { root: { ...running.tree.root, pid: 2 ** 30 }, marker: "" }
      assert.deepStrictEqual(yield* ProcessTree.living(tree), [])
    }).pipe(Effect.scoped, Effect.provide(Supervisor.layer()))
  )

  it.live("finds what a control plane left behind by its record alone", () =>
    Effect.gen(function* () {
      const running = yield* Harness.family("polite")
      const members = yield* Harness.identities(yield* Harness.line(running.stdout, "pids"))
      const record = JSON.stringify(running.tree)
      const tree: ProcessTree.ProcessTree = JSON.parse(record)
      assert.sameMembers(
        [...(yield* ProcessTree.living(tree))].filter((pid) => members.some((m) => m.pid === pid)),
        members.map(({ pid }) => pid)
      )
      assert.deepStrictEqual(yield* ProcessTree.end(tree, { graceMillis: 1_000 }), [])
      assert.deepStrictEqual(yield* Harness.alive(members), [])
    }).pipe(Effect.scoped, Effect.provide(Supervisor.layer()))
  )

  it.live.skipIf(psTable.read(process.pid) === undefined)(
    "ends the group and what descends from it without /proc too",
    () =>
      Effect.gen(function* () {
        const running = yield* Harness.shell("sleep 60 & echo pids $$ $!; wait")
        const members = yield* Harness.identities(yield* Harness.line(running.stdout, "pids"))
        const root = psTable.read(running.tree.root.pid)
        if (root === undefined) return assert.fail("ps does not know the root")
        const tree = { roots: [root], marker: "", since: root.startTime }
        const survivors = yield* Effect.promise(() => end(tree, { graceMillis: 1_000 }, psTable))
        assert.deepStrictEqual(survivors, [])
        assert.deepStrictEqual(yield* Harness.alive(members), [])
      }).pipe(Effect.scoped, Effect.provide(Supervisor.layer()))
  )
})

function row(pid: number, about: Partial<ProcessRow>): ProcessRow {
  return { pid, parent: 1, group: pid, session: pid, startTime: 100, isAlive: true, ...about }
}
