/**
 * What a store promises to who carries all of it elsewhere: one moment of it can be read, and an empty
 * one is filled with exactly that, or stays empty.
 *
 * @since 0.1.0
 */
import { describe, expect } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"

import type { Driver } from "@foreman/core"
import {
  acme,
  another,
  beta,
  everything,
  expectEmpty,
  held,
  live,
  moving,
  put
} from "./StoreSuiteRestoreGiven.ts"
import * as Given from "./StoreSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests. Each has stores of its own: what is filled was empty before.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Given.Backend): void => {
  describe("held", () => holding(backend))
  describe("filled", () => filling(backend))
  describe("that fails", () => failing(backend))
}

// internal --------------------------------------------------------------------

const holding = (backend: Given.Backend) => {
  const it = moving(backend)
  it("shows nothing that is written later", ({ driver, hold }) =>
    Effect.gen(function* () {
      yield* live(driver)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const snapshot = yield* hold
          const before = yield* everything(snapshot)
          const receipt = { key: "later", digest: "d", answer: "1" }
          yield* driver.commit({ ...Given.createTask(acme, 3), receipt })
          yield* driver.commit(Given.batch(beta, { steps: [Given.setTask(1, { title: "New" })] }))
          yield* driver.commit(Given.createTask("newcomer", 1))
          yield* driver.allocate("tasks", 5)
          expect(yield* everything(snapshot)).toEqual(before)
          expect(yield* snapshot.get(beta, "tasks", { id: 1 })).toMatchObject({ title: "Task 1" })
        })
      )
      const after = yield* held(hold)
      expect(after.organizations).toMatchObject([
        { organization: acme, position: 4 },
        { organization: beta, position: 3 },
        { organization: "newcomer", position: 1 },
        { organization: "system", position: 0 }
      ])
      expect(after.sequences).toEqual([{ name: "tasks", next: 13 }])
    }))

  it("lists organizations and receipts by name, page by page", ({ driver, hold }) =>
    Effect.gen(function* () {
      const names = ["a", "B", "é", "\u{1F600}", "a b"]
      for (const name of names) {
        for (const key of names) {
          const receipt = { key, digest: "d", answer: "1" }
          yield* driver.commit({ ...Given.batch(name, { events: [Given.event("x")] }), receipt })
        }
      }
      const sorted = ["B", "a", "a b", "é", "\u{1F600}"]
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { organizations, receipts } = yield* hold
          const all = yield* organizations({ after: "", limit: 9 })
          expect(all.map(({ organization }) => organization)).toEqual(sorted)
          const page = yield* organizations({ after: "a", limit: 2 })
          expect(page.map(({ organization }) => organization)).toEqual(["a b", "é"])
          expect(yield* organizations({ after: "\u{1F600}", limit: 2 })).toEqual([])
          const keys = yield* receipts("é", { after: "B", limit: 3 })
          expect(keys.map(({ key }) => key)).toEqual(["a", "a b", "é"])
        })
      )
    }))
}

const filling = (backend: Given.Backend) => {
  const it = moving(backend)
  it("holds exactly what the other one held", ({ driver, hold }) =>
    Effect.gen(function* () {
      yield* live(driver)
      const before = yield* held(hold)
      const target = yield* another(backend)
      yield* target.fill?.((into) => put(into, before)) ?? Effect.void
      expect(yield* held(target.hold ?? hold)).toEqual(before)
      expect(yield* target.allocate("tasks", 1)).toBe(8)
      expect(yield* target.receipt(beta, "é/beta")).toMatchObject({ answer: '{"id":1}' })
      const heads = yield* target.ask("system", "heads", { after: "", limit: 9 })
      expect(heads).toEqual([
        { organization: acme, position: 3 },
        { organization: beta, position: 3 }
      ])
    }))

  it("goes on where the other one was", ({ driver, hold }) =>
    Effect.gen(function* () {
      yield* live(driver)
      const ahead = yield* held(hold)
      const later = ahead.organizations.map((one) => ({ ...one, at: one.at + 3_600_000_000 }))
      const target = yield* another(backend)
      yield* target.fill?.((into) => put(into, { ...ahead, organizations: later })) ?? Effect.void
      const reliesOn = [{ stream: "task:2", version: 2 }]
      const answer = yield* target.commit({ ...Given.createTask(acme, 3), reliesOn })
      expect(answer).toMatchObject({ _tag: "Committed", position: 4 })
      // Store time does not go back behind what was given out there.
      expect(answer._tag === "Committed" ? answer.at : 0).toBeGreaterThanOrEqual(later[0]?.at ?? 0)
      const receipt = { key: "é/acme", digest: "d", answer: "other" }
      expect(yield* target.commit({ ...Given.createTask(acme, 4), receipt })).toMatchObject({
        _tag: "Duplicate"
      })
    }))

  it("reads what was put into it before", ({ fill }) =>
    fill(
      Effect.fnUntraced(function* (into) {
        yield* into.write(acme, Given.createTask(acme, 1).steps)
        expect(yield* into.get(acme, "tasks", { id: 1 })).toMatchObject({ title: "Task 1" })
        yield* into.write(acme, [Given.setTask(1, { title: "Renamed" })])
        const query = { organization: acme, table: "tasks", index: "key", equals: {}, limit: 9 }
        expect(yield* into.find(query)).toMatchObject([{ title: "Renamed" }])
      })
    ))
}

const failing = (backend: Given.Backend) => {
  const it = moving(backend)
  it("takes nothing where something is already", ({ driver, fill, hold }) =>
    Effect.gen(function* () {
      yield* live(driver)
      const before = yield* held(hold)
      let isCalled = false
      const refused = yield* Effect.flip(fill(() => Effect.sync(() => void (isCalled = true))))
      expect(refused).toMatchObject({ _tag: "StoreNotEmpty" })
      expect(isCalled).toBe(false)
      expect(yield* held(hold)).toEqual(before)
      const numbered = yield* another(backend)
      yield* numbered.allocate("tasks", 1)
      const used = yield* Effect.flip(numbered.fill?.(() => Effect.void) ?? Effect.void)
      expect(used).toMatchObject({ _tag: "StoreNotEmpty", table: "sequences" })
    }))

  it("takes no event that does not follow", ({ driver, hold }) =>
    Effect.gen(function* () {
      yield* live(driver)
      const [first, second, third] = (yield* held(hold)).parts[0]?.events ?? []
      if (first === undefined || second === undefined || third === undefined) return expect.fail()
      const forged: ReadonlyArray<ReadonlyArray<Driver.StoredEvent>> = [
        [second],
        [first, third],
        [first, first],
        [first, { ...second, version: 2 }],
        [first, { ...second, at: second.at + 1 }],
        [first, { ...second, body: `${second.body} ` }],
        [first, { ...second, type: "task.assigned" }],
        [first, { ...second, hash: first.hash }],
        [{ ...first, organization: beta }]
      ]
      for (const events of forged) {
        const target = yield* another(backend)
        const position = events.at(-1)?.position
        const attempt = target.fill?.((into) => into.append(events)) ?? Effect.void
        expect(yield* Effect.flip(attempt)).toMatchObject({ _tag: "NotNext", position })
        yield* expectEmpty(target)
      }
    }))

  it("leaves nothing of a step that is refused", ({ driver, fill, hold }) =>
    Effect.gen(function* () {
      const twice = [...Given.createTask(acme, 1).steps, ...Given.createTask(acme, 1).steps]
      expect(yield* Effect.flip(fill((into) => into.write(acme, twice)))).toMatchObject({
        _tag: "StoreError",
        retryable: false
      })
      yield* expectEmpty({ ...driver, hold })
    }))

  it("leaves nothing of what fails, dies or is interrupted", (store) =>
    Effect.gen(function* () {
      yield* live(store.driver)
      const before = yield* held(store.hold)
      const target = yield* another(backend)
      const ends = [Effect.fail("cut"), Effect.die("defect"), Effect.interrupt]
      for (const end of ends) {
        const attempt = target.fill?.((into) => Effect.andThen(put(into, before), end))
        expect(Exit.isFailure(yield* Effect.exit(attempt ?? Effect.void))).toBe(true)
        yield* expectEmpty(target)
      }
      const waiting = target.fill?.((into) => Effect.andThen(put(into, before), Effect.never))
      const fiber = yield* Effect.forkChild(waiting ?? Effect.void, { startImmediately: true })
      yield* Effect.sleep("20 millis")
      yield* Fiber.interrupt(fiber)
      yield* expectEmpty(target)
      // And it can be filled after all that.
      yield* target.fill?.((into) => put(into, before)) ?? Effect.void
      expect(yield* held(target.hold ?? store.hold)).toEqual(before)
    }))
}
