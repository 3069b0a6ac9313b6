/**
 * What a store promises of reads: the order of an index, whole pages, nothing of others.
 *
 * @since 0.1.0
 */
import { expect } from "@effect/vitest"
import { Effect } from "effect"

import type { Driver } from "@foreman/core"
import * as Given from "./StoreSuiteSubject.ts"
import { commit, event, insert, Subject } from "./StoreSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: Given.It): void => {
  pages(it)
  orders(it)
  others(it)
}

// internal --------------------------------------------------------------------

type Query = Omit<Driver.Find, "organization" | "after" | "limit">

/** All rows of a query, page by page. */
const walk = Effect.fnUntraced(function* (organization: string, query: Query, limit: number) {
  const { driver } = yield* Subject
  const found: Array<Driver.Row> = []
  for (let turn = 0; turn < 20; turn++) {
    const after = found.at(-1)
    const page = yield* driver.find({
      ...query,
      organization,
      limit,
      ...(after === undefined ? {} : { after })
    })
    expect(page.length).toBeLessThanOrEqual(limit)
    found.push(...page)
    if (page.length < limit) break
  }
  return found
})

const ids = (rows: ReadonlyArray<Driver.Row>) => rows.map(({ id }) => id)

const pages = (it: Given.It) => {
  it.effect("finds by index, page by page, in both directions", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const status = (id: number) => (id % 3 === 0 ? "done" : "todo")
      const steps = Array.from({ length: 24 }, (_, index) => 24 - index).map((id) =>
        insert("tasks", { id, team_id: id % 2 === 0 ? "a" : "b", status: status(id) })
      )
      yield* commit(Given.batch(acme, { steps }))
      const even = [2, 4, 8, 10, 14, 16, 20, 22]
      const query = {
        table: "tasks",
        index: "tasks_by_status",
        equals: { team_id: "a", status: "todo" }
      }
      for (const limit of [1, 3, 4, 8, 100]) {
        expect(ids(yield* walk(acme, query, limit))).toEqual(even)
        const back = yield* walk(acme, { ...query, direction: "descending" }, limit)
        expect(ids(back)).toEqual(even.toReversed())
      }
      const team = { ...query, equals: { team_id: "a" } }
      expect(ids(yield* walk(acme, team, 5))).toEqual([6, 12, 18, 24, ...even])
      const nobody = { ...query, equals: { team_id: "nobody" } }
      expect(yield* walk(acme, nobody, 5)).toEqual([])
    })
  )

  it.effect("takes a range that is open at either end", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const steps = [1, 2, 3, 4, 5, 6].map((id) => insert("tasks", { id, priority: id % 4 }))
      yield* commit(Given.batch(acme, { steps }))
      const find = (range: NonNullable<Driver.Find["range"]>) =>
        walk(acme, { table: "tasks", index: "key", equals: {}, range }, 2)
      expect(ids(yield* find({ column: "id", from: 3 }))).toEqual([3, 4, 5, 6])
      expect(ids(yield* find({ column: "id", from: 2, to: 4 }))).toEqual([2, 3, 4])
      expect(ids(yield* find({ column: "priority", to: 1 }))).toEqual([1, 4, 5])
      expect(ids(yield* find({ column: "completed_at", to: 1 }))).toEqual([])
    })
  )
}

const orders = (it: Given.It) => {
  it.effect("puts null first and pages across it", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const assignees = ["b", null, "a", null, "b", "a", null]
      const steps = assignees.map((assignee_id, id) =>
        insert("tasks", { id, team_id: "t", assignee_id })
      )
      yield* commit(Given.batch(acme, { steps }))
      const query = { table: "tasks", index: "tasks_by_assignee", equals: { team_id: "t" } }
      for (const limit of [1, 2, 3, 7]) {
        expect(ids(yield* walk(acme, query, limit))).toEqual([1, 3, 6, 2, 5, 0, 4])
        const back = yield* walk(acme, { ...query, direction: "descending" }, limit)
        expect(ids(back)).toEqual([4, 0, 5, 2, 6, 3, 1])
      }
      const nobody = { ...query, equals: { team_id: "t", assignee_id: null } }
      expect(ids(yield* walk(acme, nobody, 2))).toEqual([1, 3, 6])
    })
  )

  it.effect("orders text by code point", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const names = ["", "A", "B", "a", "aa", "b", "é", "\uffee", "😀"]
      const steps = names.map((name, index) =>
        insert("agents", { id: `id-${(index * 5) % 9}`, team_id: "t", name })
      )
      yield* commit(Given.batch(acme, { steps }))
      const query = { table: "agents", index: "agents_by_team", equals: { team_id: "t" } }
      const rows = yield* walk(acme, query, 4)
      expect(rows.map(({ name }) => name)).toEqual(names)
    })
  )

  it.effect("orders by the rest of the key where an index ends", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const edges = [
        [2, 9],
        [1, 9],
        [1, 8],
        [3, 9]
      ] as const
      const steps = edges.map(([task_id, depends_on_id]) =>
        insert("task_dependencies", { task_id, depends_on_id })
      )
      yield* commit(Given.batch(acme, { steps }))
      const index = "task_dependencies_by_target"
      const by9 = { table: "task_dependencies", index, equals: { depends_on_id: 9 } }
      const found = yield* walk(acme, by9, 2)
      expect(found.map((row) => row["task_id"])).toEqual([1, 2, 3])
      const all = yield* walk(acme, { table: "task_dependencies", index: "key", equals: {} }, 3)
      expect(all.map((row) => [row["task_id"], row["depends_on_id"]])).toEqual([
        [1, 8],
        [1, 9],
        [2, 9],
        [3, 9]
      ])
    })
  )
}

const others = (it: Given.It) => {
  it.effect("pages through a stream and an organisation", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      const events = Array.from({ length: 9 }, (_, index) => event(index % 3 === 0 ? "a" : "b"))
      yield* commit(Given.batch(acme, { events }))
      const positions = (read: ReadonlyArray<Driver.StoredEvent>) =>
        read.map(({ position }) => position)
      const all = (after: number, limit: number) => driver.readAll(acme, { after, limit })
      const stream = (after: number, limit: number) =>
        driver.readStream(acme, "a", { after, limit })
      expect(positions(yield* all(0, 4))).toEqual([1, 2, 3, 4])
      expect(positions(yield* all(7, 4))).toEqual([8, 9])
      expect(positions(yield* all(9, 4))).toEqual([])
      expect(positions(yield* stream(0, 2))).toEqual([1, 4])
      expect(positions(yield* stream(2, 2))).toEqual([7])
      expect(yield* driver.readAll("nobody", { after: 0, limit: 4 })).toEqual([])
      expect(yield* driver.readStream(acme, "nothing", { after: 0, limit: 4 })).toEqual([])
    })
  )

  it.effect("answers nothing for what is not there", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      expect(yield* driver.get(acme, "tasks", { id: 1 })).toBeUndefined()
      expect(yield* driver.receipt(acme, "nothing")).toBeUndefined()
      expect(yield* driver.versions(acme, [])).toEqual([])
    })
  )

  it.effect("hands out numbers that nobody else gets", () =>
    Effect.gen(function* () {
      const { driver, openSecond } = yield* Subject
      const second = driver.capabilities.manyProcesses ? yield* openSecond : driver
      const name = yield* Given.organization
      const firsts = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? driver : second)),
        (one) => one.allocate(name, 3),
        { concurrency: "unbounded" }
      )
      const numbers = firsts.flatMap((first) => [first, first + 1, first + 2])
      expect(new Set(numbers).size).toBe(120)
      expect(Math.min(...numbers)).toBeGreaterThan(0)
      expect(yield* driver.allocate(`${name}/other`, 1)).toBe(1)
    })
  )
}
