/**
 * Commits that come at once: whatever a store writes together, each is wholly there or not at all.
 *
 * @internal
 */
import { expect } from "@effect/vitest"
import { Effect } from "effect"

import { Chain, type Driver } from "@foreman/core"
import * as Given from "./StoreSuiteSubject.ts"
import { commit, commitAll, event, history, insert, Subject, tags } from "./StoreSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: Given.It): void => {
  it.effect("let exactly one of many that rely on the same version win", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      yield* commit(Given.createTask(acme, 1))
      const reliesOn = [{ stream: "task:1", version: 1 }]
      const wanted = Array.from({ length: 32 }, () =>
        Given.batch(acme, { reliesOn, events: [event("task:1", "task.updated")] })
      )
      const answers = tags(yield* commitAll(wanted))
      expect(answers.filter((tag) => tag === "Committed")).toHaveLength(1)
      expect(answers.filter((tag) => tag === "Conflict")).toHaveLength(31)
      expect(yield* history(acme)).toHaveLength(2)
    })
  )

  it.effect("are disturbed by no neighbour, refused, broken or failed", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      yield* commit(Given.createTask(acme, 1))
      const kept = yield* taskRows(acme)
      // One that has changed a row before it is refused.
      const late: Driver.Step = {
        _tag: "Set",
        table: "tasks",
        key: { id: 1 },
        row: { title: "changed" },
        after: [{ columns: ["title"], is: "=", than: "other" }]
      }
      const wanted = Array.from({ length: 60 }, (_, index): Driver.Batch => {
        const task = Given.createTask(acme, 1000 + index)
        if (index % 5 === 1) return { ...task, steps: [...task.steps, insert("tasks", { id: 1 })] }
        if (index % 5 === 2) return { ...task, reliesOn: [{ stream: "task:1", version: 0 }] }
        if (index % 5 === 3) return { ...task, steps: [insert("tasks", { id: 1, colour: "red" })] }
        if (index % 5 === 4) return { ...task, steps: [late] }
        return task
      })
      const answers = yield* Effect.forEach(
        wanted,
        (one) =>
          commit(one).pipe(
            Effect.match({ onSuccess: ({ _tag }) => _tag, onFailure: (error) => error._tag })
          ),
        { concurrency: "unbounded" }
      )
      const expected = ["Committed", "ConstraintBroken", "Conflict", "StoreError", "GuardFailed"]
      expect(answers).toEqual(wanted.map((_, index) => expected[index % 5]))
      const rows = yield* taskRows(acme)
      expect(rows.map(({ id }) => id)).toEqual([
        1,
        ...wanted.flatMap((_, index) => (index % 5 === 0 ? [1000 + index] : []))
      ])
      expect(rows.slice(0, 1)).toEqual(kept)
      const events = yield* history(acme)
      expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1))
      expect(events).toHaveLength(13)
      expect(yield* Effect.promise(() => Chain.firstBroken(events))).toBeUndefined()
    })
  )
}

// internal --------------------------------------------------------------------

const taskRows = (organization: string) =>
  Effect.flatMap(Subject, ({ driver }) =>
    driver.find({ organization, table: "tasks", index: "key", equals: {}, limit: 100 })
  )
