/**
 * What a store promises of a commit: all or nothing, numbered without gaps, chained.
 *
 * @since 0.1.0
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
  writing(it)
  refusing(it)
  numbering(it)
}

// internal --------------------------------------------------------------------

const writing = (it: Given.It) => {
  it.effect("answers with position, store time and versions, and is read back as written", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      const answer = yield* commit(Given.createTask(acme, 1, { tags: '["a"]' }))
      expect(answer).toMatchObject({
        _tag: "Committed",
        position: 1,
        versions: [{ stream: "task:1", version: 1 }]
      })
      const at = answer._tag === "Committed" ? answer.at : 0
      const page = { after: 0, limit: 10 }
      const [read] = yield* driver.readStream(acme, "task:1", page)
      expect(read).toEqual({
        ...event("task:1"),
        organization: acme,
        position: 1,
        version: 1,
        at,
        hash: read?.hash
      })
      expect(yield* driver.readAll(acme, page)).toEqual([read])
      const row = yield* driver.get(acme, "tasks", { id: 1 })
      expect(row).toMatchObject({ organization: acme, id: 1, is_rework: false, tags: '["a"]' })
      expect(row).toMatchObject({ hold: null, rank: 0, title: "Task 1" })
    })
  )

  it.effect("without events leaves the position where it is", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      expect(yield* commit(Given.batch(acme))).toMatchObject({ position: 0, versions: [] })
      yield* commit(Given.createTask(acme, 1))
      const steps = [insert("tasks", { id: 2 })]
      expect(yield* commit(Given.batch(acme, { steps }))).toMatchObject({ position: 1 })
    })
  )

  it.effect("lets each step see what those before it did", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      const is = (status: string) =>
        [{ columns: ["status"], is: "=", than: status }] satisfies Driver.Guarded["where"]
      const steps: ReadonlyArray<Driver.Step> = [
        insert("tasks", { id: 1, status: "todo" }),
        Given.setTask(1, { status: "done" }, { where: is("todo") }),
        { _tag: "Require", table: "tasks", key: { id: 1 }, where: is("done") },
        { _tag: "Delete", table: "tasks", key: { id: 1 }, where: is("done") },
        insert("tasks", { id: 1, status: "again" })
      ]
      expect(yield* commit(Given.batch(acme, { steps }))).toMatchObject({ _tag: "Committed" })
      expect(yield* driver.get(acme, "tasks", { id: 1 })).toMatchObject({ status: "again" })
    })
  )

  it.effect("belongs to its organisation, whatever a row says", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const [acme, other] = [yield* Given.organization, yield* Given.organization]
      const steps = [insert("tasks", { id: 1, organization: other })]
      yield* commit(Given.batch(acme, { steps }))
      expect(yield* driver.get(other, "tasks", { id: 1 })).toBeUndefined()
      expect(yield* driver.get(acme, "tasks", { id: 1 })).toMatchObject({ organization: acme })
    })
  )
}

const refusing = (it: Given.It) => {
  it.effect("leaves nothing when its last step fails", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      yield* commit(Given.createTask(acme, 1))
      const before = yield* history(acme)
      const steps: ReadonlyArray<Driver.Step> = [
        Given.setTask(1, { title: "changed" }),
        insert("tasks", { id: 2 }),
        insert("runs", { id: "r", task_id: 1, agent_id: "a", is_live: true }),
        { _tag: "Require", table: "tasks", key: { id: 99 } }
      ]
      const receipt = { key: "r0", digest: "d", answer: "a" }
      const wanted = Given.batch(acme, { steps, events: [event("task:2")], receipt })
      expect(yield* commit(wanted)).toEqual({ _tag: "GuardFailed", step: 3, rows: [] })
      expect(yield* driver.get(acme, "tasks", { id: 1 })).toMatchObject({ title: "Task 1" })
      expect(yield* driver.get(acme, "tasks", { id: 2 })).toBeUndefined()
      expect(yield* driver.get(acme, "runs", { id: "r" })).toBeUndefined()
      expect(yield* driver.receipt(acme, "r0")).toBeUndefined()
      expect(yield* history(acme)).toEqual(before)
      const again = { ...wanted, steps: steps.slice(0, 3) }
      expect(yield* commit(again)).toMatchObject({ _tag: "Committed", position: 2 })
    })
  )

  it.effect("answers a stale version with all actual ones", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      yield* commit(Given.createTask(acme, 1))
      const reliesOn = [
        { stream: "task:7", version: 3 },
        { stream: "task:1", version: 1 }
      ]
      expect(yield* commit({ ...Given.createTask(acme, 2), reliesOn })).toEqual({
        _tag: "Conflict",
        actual: [
          { stream: "task:7", version: 0 },
          { stream: "task:1", version: 1 }
        ]
      })
    })
  )

  it.effect("fails for good on a name or a value that no store takes", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      const step = (name: string): Driver.Step => ({
        _tag: "Apply",
        // The name is not one of the list, which is what is tried.
        name: name as Driver.SetChange,
        parameters: {}
      })
      const wrong = [
        [step("nothing")],
        [insert("tasks", { id: 1, colour: "red" })],
        [insert("tasks", { id: 1, title: null })],
        [insert("tasks", { id: 1 }), Given.setTask(1, { colour: "red" })],
        [insert("tasks", { id: 1 }), Given.setTask(1, { id: 2 })]
      ]
      for (const steps of wrong) {
        const failure = yield* Effect.flip(commit(Given.batch(acme, { steps })))
        expect(failure).toMatchObject({ retryable: false, ambiguous: false, operation: "commit" })
      }
      yield* Effect.flip(driver.get(acme, "nothing", { id: 1 }))
      yield* Effect.flip(driver.get(acme, "tasks", {}))
      expect(yield* driver.get(acme, "tasks", { id: 1 })).toBeUndefined()
    })
  )
}

const numbering = (it: Given.It) => {
  it.effect("numbers its events in each stream and in the organisation", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      yield* commit(Given.batch(acme, { events: [event("a"), event("b")] }))
      const events = ["b", "a", "b", "c"].map((stream) => event(stream))
      expect(yield* commit(Given.batch(acme, { events }))).toMatchObject({
        position: 6,
        versions: [
          { stream: "b", version: 3 },
          { stream: "a", version: 2 },
          { stream: "c", version: 1 }
        ]
      })
      expect((yield* history(acme)).map(({ stream, version }) => `${stream}${version}`)).toEqual([
        "a1",
        "b1",
        "b2",
        "a2",
        "b3",
        "c1"
      ])
      expect(yield* driver.versions(acme, ["c", "nothing", "a"])).toEqual([
        { stream: "c", version: 1 },
        { stream: "nothing", version: 0 },
        { stream: "a", version: 2 }
      ])
    })
  )

  it.effect("chains its events and never turns store time back", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const strange = event('a"\\ stream\u2028', "type \u0007")
      for (let turn = 0; turn < 5; turn++) {
        yield* commit(Given.batch(acme, { events: [event("é"), strange, event("😀")] }))
      }
      const events = yield* history(acme)
      expect(events).toHaveLength(15)
      expect(events[4]).toMatchObject(strange)
      expect(yield* Effect.promise(() => Chain.firstBroken(events))).toBeUndefined()
      const times = events.map(({ at }) => at)
      expect(times).toEqual(times.toSorted((left, right) => left - right))
    })
  )

  it.effect("in one organisation does not disturb the other", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const [acme, other] = [yield* Given.organization, yield* Given.organization]
      const wanted = Array.from({ length: 40 }, (_, index) =>
        Given.createTask(index % 4 === 0 ? acme : other, Math.floor(index / 4) * 4 + (index % 4))
      )
      expect(new Set(tags(yield* commitAll(wanted)))).toEqual(new Set(["Committed"]))
      for (const [name, count] of [
        [acme, 10],
        [other, 30]
      ] as const) {
        const events = yield* history(name)
        expect(events.map(({ position }) => position)).toEqual(
          Array.from({ length: count }, (_, index) => index + 1)
        )
        expect(yield* Effect.promise(() => Chain.firstBroken(events))).toBeUndefined()
      }
      expect(yield* driver.get(acme, "tasks", { id: 1 })).toBeUndefined()
      expect(yield* driver.versions(acme, ["task:1", "task:4"])).toEqual([
        { stream: "task:1", version: 0 },
        { stream: "task:4", version: 1 }
      ])
    })
  )
}
