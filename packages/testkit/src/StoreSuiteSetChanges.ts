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
      expect(yield* apply(acme, "raise_ranks", 2, fail)).toMatchObject({ _tag: "GuardFailed" })
      expect(yield* column(acme, "open_dependencies", [2])).toEqual([1])
      expect(yield* column(acme, "rank", [1, 2])).toEqual([0, 0])
    })
  )
}

const ranks = (it: Given.It) => {
  it.effect("`raise_ranks` puts what is waited for above its longest chain", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const tasks = [1, 2, 3, 4, 5, 6, 7].map((id) => ({ id, rank: id === 6 ? 9 : 0 }))
      // 1 waits for 4 by a short way and by a long one; 6 already ranks higher; 7 waits beside.
      yield* graph(acme, tasks, [
        [1, 4],
        [1, 2],
        [2, 3],
        [3, 4],
        [4, 5],
        [3, 6],
        [7, 5]
      ])
      yield* apply(acme, "raise_ranks", 1)
      const all = [1, 2, 3, 4, 5, 6, 7]
      expect(yield* column(acme, "rank", all)).toEqual([0, 1, 2, 3, 4, 9, 0])
      yield* apply(acme, "raise_ranks", 7)
      expect(yield* column(acme, "rank", all)).toEqual([0, 1, 2, 3, 4, 9, 0])
      yield* commit(Given.batch(acme, { steps: [Given.setTask(1, { rank: 5 })] }))
      yield* apply(acme, "raise_ranks", 1)
      expect(yield* column(acme, "rank", all)).toEqual([5, 6, 7, 8, 9, 9, 0])
    })
  )

  it.effect("`raise_ranks` goes no further than what is done", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const tasks = [{ id: 1 }, { id: 2, status: "done" }, { id: 3, status: "done" }, { id: 4 }]
      yield* graph(acme, tasks, [
        [1, 2],
        [2, 3],
        [1, 4]
      ])
      yield* apply(acme, "raise_ranks", 1)
      expect(yield* column(acme, "rank", [1, 2, 3, 4])).toEqual([0, 0, 0, 1])
      yield* apply(acme, "raise_ranks", 99)
    })
  )

  it.effect("`raise_ranks` ends soon in a graph with very many paths", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const layers = Array.from({ length: 40 }, (_, index) => index)
      const tasks = layers.flatMap((layer) => [{ id: layer * 2 + 1 }, { id: layer * 2 + 2 }])
      const edges = layers
        .slice(1)
        .flatMap((layer) =>
          [1, 2].flatMap((from) =>
            [1, 2].map((to) => [layer * 2 - 2 + from, layer * 2 + to] as const)
          )
        )
      yield* graph(acme, tasks, edges)
      yield* apply(acme, "raise_ranks", 1)
      expect(yield* column(acme, "rank", [3, 4, 79, 80])).toEqual([1, 1, 39, 39])
    })
  )
}
