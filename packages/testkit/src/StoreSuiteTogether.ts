/**
 * Commits that come at once: whatever a store writes together, each is wholly there or not at all.
 *
 * @internal
 */
import { expect } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"

import { Chain, type Driver, DriverMemory } from "@foreman/core"
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

  it.effect("leave what they leave one after the other", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      for (const lists of fc.sample(fc.array(fc.array(anySteps, some), many), 60)) {
        const acme = yield* Given.organization
        const wanted = lists.map((steps) =>
          Given.batch(acme, { steps: steps.flat(), events: [event("task:1", "task.updated")] })
        )
        const answers = yield* commitAll(wanted)
        expect(tags(answers)).toEqual(wanted.map(() => "Committed"))
        const order = answers.map((answer) => (answer._tag === "Committed" ? answer.position : 0))
        const reference = yield* DriverMemory.make
        for (const position of order.toSorted((left, right) => left - right)) {
          yield* reference.commit(wanted[order.indexOf(position)] ?? Given.batch(acme))
        }
        expect(yield* leftIn(driver, acme), JSON.stringify(lists)).toEqual(
          yield* leftIn(reference, acme)
        )
      }
    })
  )
}

// internal --------------------------------------------------------------------

const some = { minLength: 1, maxLength: 4 }

const many = { minLength: 2, maxLength: 12 }

const run = fc.constantFrom("r1", "r2", "r3", "r4")

const until = fc.integer({ min: 0, max: 9 })

const forget = (id: string): Driver.Step => ({
  _tag: "Apply",
  name: "forget_run",
  parameters: { run: id }
})

/**
 * Steps that hold whatever was before, about the same few rows: a group that one refuses is written
 * one by one, where no order can be lost.
 */
const anySteps: fc.Arbitrary<ReadonlyArray<Driver.Step>> = fc.oneof(
  fc.record({ run_id: run, until }).map((row) => [forget(row.run_id), insert("heartbeats", row)]),
  run.map((id) => [forget(id)]),
  fc
    .record({ runs: fc.array(run, { maxLength: 3 }), until })
    .map(({ runs, until: later }): ReadonlyArray<Driver.Step> => [
      {
        _tag: "Apply",
        name: "renew_runs",
        parameters: { runs: JSON.stringify(runs), until: later }
      }
    ])
)

const leftIn = (driver: Driver.Driver, organization: string) =>
  driver.find({ organization, table: "heartbeats", index: "key", equals: {}, limit: 100 })

const taskRows = (organization: string) =>
  Effect.flatMap(Subject, ({ driver }) =>
    driver.find({ organization, table: "tasks", index: "key", equals: {}, limit: 100 })
  )
