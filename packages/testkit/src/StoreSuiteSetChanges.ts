/**
 * What a store promises of each set change. That of receipts stands with the receipts.
 *
 * @since 0.1.0
 */
import { expect } from "@effect/vitest"
import { Effect } from "effect"

import type { Driver } from "@foreman/core"
import * as Given from "./StoreSuiteSubject.ts"
import { commit, insert, Subject } from "./StoreSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: Given.It): void => {
  dependencies(it)
  ranks(it)
}

// internal --------------------------------------------------------------------

const apply = (organization: string, name: Driver.SetChange, task: number, ...rest: Steps) =>
  commit(
    Given.batch(organization, {
      steps: [{ _tag: "Apply", name, parameters: { task } }, ...rest]
    })
  )

type Steps = ReadonlyArray<Driver.Step>

/** Tasks with edges from who waits to what is waited for. */
const graph = (
  organization: string,
  tasks: ReadonlyArray<Driver.Row>,
  edges: ReadonlyArray<readonly [number, number]>
) =>
  commit(
    Given.batch(organization, {
      steps: [
        ...tasks.map((task) => insert("tasks", { status: "todo", ...task })),
        ...edges.map(([task_id, depends_on_id]) =>
          insert("task_dependencies", { task_id, depends_on_id })
        )
      ]
    })
  )

const column = Effect.fnUntraced(function* (
  organization: string,
  name: string,
  ids: ReadonlyArray<number>
) {
  const { driver } = yield* Subject
  const rows = yield* Effect.forEach(ids, (id) => driver.get(organization, "tasks", { id }))
  return rows.map((row) => row?.[name])
})

const dependencies = (it: Given.It) => {
  it.effect("`unblock` takes one from each that waits, and the last makes it ready", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const [acme, other] = [yield* Given.organization, yield* Given.organization]
      const tasks = [
        { id: 1, status: "done" },
        { id: 2, open_dependencies: 1 },
        { id: 3, open_dependencies: 2 },
        { id: 4 }
      ]
      const edges = [
        [2, 1],
        [3, 1],
        [3, 4]
      ] as const
      yield* graph(acme, tasks, edges)
      yield* graph(other, tasks, edges)
      const ready = Effect.map(driver.ask(acme, "ready", { limit: 9 }), (rows) =>
        rows.map(({ id }) => id)
      )
      expect(yield* ready).toEqual([4])
      expect(yield* apply(acme, "unblock", 1)).toMatchObject({ _tag: "Committed" })
      expect(yield* column(acme, "open_dependencies", [1, 2, 3, 4])).toEqual([0, 0, 1, 0])
      expect(yield* column(other, "open_dependencies", [1, 2, 3, 4])).toEqual([0, 1, 2, 0])
      expect(yield* ready).toEqual([2, 4])
      const broken = { _tag: "ConstraintBroken", constraint: "tasks_open_dependencies" }
      expect(yield* apply(acme, "unblock", 1)).toEqual(broken)
      expect(yield* column(acme, "open_dependencies", [2, 3])).toEqual([0, 1])
    })
  )

  it.effect("`count_dependencies` counts what a task depends on and is not done", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const tasks = [
        { id: 1, open_dependencies: 9 },
        { id: 2, status: "done" },
        { id: 3, status: "cancelled" },
        { id: 4 },
        { id: 5, open_dependencies: 9 }
      ]
      yield* graph(acme, tasks, [
        [1, 2],
        [1, 3],
        [1, 4]
      ])
      yield* apply(acme, "count_dependencies", 1)
      yield* apply(acme, "count_dependencies", 5)
      yield* apply(acme, "count_dependencies", 99)
      expect(yield* column(acme, "open_dependencies", [1, 5])).toEqual([2, 0])
    })
  )

  it.effect("is undone with the rest of a refused batch", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      yield* graph(acme, [{ id: 1 }, { id: 2, open_dependencies: 1 }], [[2, 1]])
      const fail = Given.setTask(99, { title: "" })
      expect(yield* apply(acme, "unblock", 1, fail)).toMatchObject({ _tag: "GuardFailed" })
      expect(yield* apply(acme, "rank_task", 1, fail)).toMatchObject({ _tag: "GuardFailed" })
      expect(yield* column(acme, "open_dependencies", [2])).toEqual([1])
      expect(yield* column(acme, "rank", [1, 2])).toEqual([0, 0])
    })
  )
}

const ranks = (it: Given.It) => {
  it.effect("`rank_task` puts a task above all that wait for it directly, whatever it was", () =>
    Effect.gen(function* () {
      const [acme, other] = [yield* Given.organization, yield* Given.organization]
      const tasks = [1, 2, 3, 4, 5].map((id) => ({ id, rank: id === 4 ? 9 : id }))
      // 1, 2 and 3 wait for 4, which waits for 5.
      const edges = [
        [1, 4],
        [2, 4],
        [3, 4],
        [4, 5]
      ] as const
      yield* graph(acme, tasks, edges)
      yield* graph(other, tasks, edges)
      const all = [1, 2, 3, 4, 5]
      yield* apply(acme, "rank_task", 4)
      expect(yield* column(acme, "rank", all)).toEqual([1, 2, 3, 4, 5])
      yield* apply(acme, "rank_task", 1)
      yield* apply(acme, "rank_task", 99)
      expect(yield* column(acme, "rank", all)).toEqual([0, 2, 3, 4, 5])
      const cut = { task_id: 3, depends_on_id: 4 }
      yield* commit(
        Given.batch(acme, { steps: [{ _tag: "Delete", table: "task_dependencies", key: cut }] })
      )
      // Each sees what those before it in the batch did.
      const next: Driver.Step = { _tag: "Apply", name: "rank_task", parameters: { task: 5 } }
      yield* apply(acme, "rank_task", 4, next)
      expect(yield* column(acme, "rank", all)).toEqual([0, 2, 3, 3, 4])
      expect(yield* column(other, "rank", all)).toEqual([1, 2, 3, 9, 5])
    })
  )

  it.effect("`rank_task` does not count what is done or cancelled", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const tasks = [
        { id: 1, rank: 7 },
        { id: 2, status: "done", rank: 8 },
        { id: 3, status: "cancelled", rank: 9 },
        { id: 4, status: "in_review", rank: 2 },
        { id: 5, rank: 5 }
      ]
      yield* graph(acme, tasks, [
        [2, 1],
        [3, 1],
        [4, 1],
        [2, 5],
        [3, 5]
      ])
      yield* apply(acme, "rank_task", 1)
      yield* apply(acme, "rank_task", 5)
      expect(yield* column(acme, "rank", [1, 5])).toEqual([3, 0])
    })
  )
}
