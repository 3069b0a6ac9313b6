/**
 * What a store promises of guards: they are read where the row is locked, and say what they found.
 *
 * @since 0.1.0
 */
import { expect } from "@effect/vitest"
import { Effect } from "effect"

import type { Driver } from "@foreman/core"
import * as Given from "./StoreSuiteSubject.ts"
import { commit, commitAll, insert, Subject, tags } from "./StoreSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: Given.It): void => {
  comparing(it)
  concurring(it)
}

// internal --------------------------------------------------------------------

type Condition = Driver.Condition

const require = (organization: string, where: Condition, key: Driver.Row = { id: 1 }) =>
  Given.batch(organization, { steps: [{ _tag: "Require", table: "tasks", key, where: [where] }] })

const comparing = (it: Given.It) => {
  it.effect("fails on a row that is not there, with its place", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const at = { table: "tasks", key: { id: 1 } }
      const steps: ReadonlyArray<Driver.Step> = [
        { _tag: "Set", ...at, row: { title: "x" } },
        { _tag: "Add", ...at, row: { attempts: 1 } },
        { _tag: "Delete", ...at },
        { _tag: "Require", ...at }
      ]
      for (const step of steps) {
        const wanted = Given.batch(acme, { steps: [insert("tasks", { id: 2 }), step] })
        expect(yield* commit(wanted)).toEqual({ _tag: "GuardFailed", step: 1, rows: [] })
      }
    })
  )

  it.effect("reads `where` before the change and `after` on its result", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      yield* commit(Given.createTask(acme, 1, { attempts: 2, rejections: 1, rank: 4 }))
      const most: Condition = {
        columns: ["attempts", "rejections"],
        is: "<=",
        than: { column: "rank" }
      }
      const add = (guards: Partial<Driver.Guarded>) =>
        commit(
          Given.batch(acme, {
            steps: [
              { _tag: "Add", table: "tasks", key: { id: 1 }, row: { attempts: 1 }, ...guards }
            ]
          })
        )
      expect(yield* add({ where: [most], after: [most] })).toMatchObject({ _tag: "Committed" })
      expect(yield* add({ after: [most] })).toMatchObject({ _tag: "GuardFailed", step: 0 })
      expect(yield* add({ where: [most] })).toMatchObject({ _tag: "Committed" })
      expect(yield* driver.get(acme, "tasks", { id: 1 })).toMatchObject({ attempts: 4 })
      const remove: Driver.Step = { _tag: "Delete", table: "tasks", key: { id: 1 }, after: [most] }
      expect(yield* commit(Given.batch(acme, { steps: [remove] }))).toMatchObject({
        _tag: "GuardFailed"
      })
    })
  )

  it.effect("takes null for a value, and for nothing in an order", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      yield* commit(Given.createTask(acme, 1, { hold: null, title: "b", dri_id: null }))
      const cases: ReadonlyArray<readonly [Condition, boolean]> = [
        [{ columns: ["hold"], is: "=", than: null }, true],
        [{ columns: ["hold"], is: "<>", than: null }, false],
        [{ columns: ["hold"], is: "<>", than: "x" }, true],
        [{ columns: ["hold"], is: "=", than: { column: "dri_id" } }, true],
        [{ columns: ["hold"], is: "<=", than: "x" }, false],
        [{ columns: ["hold"], is: ">", than: "x" }, false],
        [{ columns: ["title"], is: "<=", than: null }, false],
        [{ columns: ["title"], is: "<", than: "c" }, true],
        [{ columns: ["title"], is: ">=", than: "b" }, true],
        [{ columns: ["title"], is: ">", than: "b" }, false],
        [{ columns: ["is_rework"], is: "=", than: false }, true],
        [{ columns: ["is_rework"], is: "=", than: true }, false],
        [{ columns: ["attempts", "completed_at"], is: ">=", than: 0 }, false]
      ]
      for (const [where, isKept] of cases) {
        const expected = { _tag: isKept ? "Committed" : "GuardFailed" }
        expect(yield* commit(require(acme, where)), JSON.stringify(where)).toMatchObject(expected)
      }
    })
  )

  it.effect("on a question says what was found", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      yield* commitAll([1, 2].map((id) => Given.createTask(acme, id)))
      yield* commit(Given.depend(acme, 1, 2))
      const ask = (expected: "none" | "some", from: number, to: number) =>
        commit(
          Given.batch(acme, {
            steps: [{ _tag: "Ask", name: "path", parameters: { from, to }, expect: expected }]
          })
        )
      expect(yield* ask("some", 1, 2)).toMatchObject({ _tag: "Committed" })
      expect(yield* ask("none", 2, 1)).toMatchObject({ _tag: "Committed" })
      expect(yield* ask("some", 2, 1)).toEqual({ _tag: "GuardFailed", step: 0, rows: [] })
      const rows = [{ id: 1 }, { id: 2 }]
      expect(yield* ask("none", 1, 2)).toEqual({ _tag: "GuardFailed", step: 0, rows })
    })
  )
}

const concurring = (it: Given.It) => {
  it.effect("on a relative add loses no update and passes no limit under 64 callers", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      yield* commit(Given.createTask(acme, 1, { rank: 250 }))
      const reserve = Given.batch(acme, {
        steps: [
          {
            _tag: "Add",
            table: "tasks",
            key: { id: 1 },
            row: { attempts: 1 },
            after: [{ columns: ["attempts", "rejections"], is: "<=", than: { column: "rank" } }]
          }
        ]
      })
      const caller = Effect.forEach(Array.from({ length: 5 }), () => commit(reserve))
      const callers = yield* Effect.all(
        Array.from({ length: 64 }, () => caller),
        { concurrency: "unbounded" }
      )
      const answers = tags(callers.flat())
      expect(answers.filter((tag) => tag === "Committed")).toHaveLength(250)
      expect(answers.filter((tag) => tag === "GuardFailed")).toHaveLength(70)
      expect(yield* driver.get(acme, "tasks", { id: 1 })).toMatchObject({ attempts: 250 })
    })
  )

  it.effect("keeps two concurrent dependencies from closing a cycle, and shows the path", () =>
    Effect.gen(function* () {
      const { driver, openSecond } = yield* Subject
      const second = driver.capabilities.manyProcesses ? yield* openSecond : driver
      const acme = yield* Given.organization
      for (let round = 0; round < 10; round++) {
        const [a, b, c] = [round * 3 + 1, round * 3 + 2, round * 3 + 3]
        yield* commitAll([a, b, c].map((id) => Given.createTask(acme, id)))
        yield* commit(Given.depend(acme, b, c))
        const answers = yield* Effect.all(
          [commit(Given.depend(acme, a, b)), second.commit(Given.depend(acme, c, a))],
          { concurrency: "unbounded" }
        )
        expect(tags(answers).toSorted()).toEqual(["Committed", "GuardFailed"])
        const path = answers[0]._tag === "GuardFailed" ? [b, c, a] : [a, b, c]
        const refused = answers.find(({ _tag }) => _tag === "GuardFailed")
        const rows = path.map((id) => ({ id }))
        expect(refused).toEqual({ _tag: "GuardFailed", step: 0, rows })
      }
    })
  )
}
