/**
 * What a store promises of receipts: a wish that is repeated is answered, not done again.
 *
 * @since 0.1.0
 */
import { expect } from "@effect/vitest"
import { Effect } from "effect"

import * as Given from "./StoreSuiteSubject.ts"
import { commit, commitAll, history, Subject, tags } from "./StoreSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: Given.It): void => {
  repeating(it)
  keeping(it)
}

// internal --------------------------------------------------------------------

const repeating = (it: Given.It) => {
  it.effect("that is repeated answers what is stored, and nothing is written", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const receipt = { organization: acme, key: "r1", digest: "digest-1", answer: '{"id":5}' }
      const once = { ...Given.createTask(acme, 5), receipt }
      expect(yield* commit(once)).toMatchObject({ _tag: "Committed" })
      const before = yield* history(acme)
      const again = { ...once, receipt: { ...receipt, digest: "digest-2", answer: "other" } }
      const duplicate = { _tag: "Duplicate", receipt }
      expect(yield* commitAll([once, again])).toEqual([duplicate, duplicate])
      expect(yield* history(acme)).toEqual(before)
    })
  )

  it.effect("counts before versions, guards and constraints", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const receipt = { key: "r", digest: "d", answer: "a" }
      const reliesOn = [{ stream: "task:1", version: 0 }]
      const once = { ...Given.createTask(acme, 1), receipt, reliesOn }
      expect(yield* commit(once)).toMatchObject({ _tag: "Committed" })
      expect(yield* commit(once)).toMatchObject({ _tag: "Duplicate" })
    })
  )

  it.effect("lets one of many with the same key write, and answers the others", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const wanted = Array.from({ length: 16 }, (_, index) => ({
        ...Given.createTask(acme, 100 + index),
        receipt: { key: "same", digest: "d", answer: String(index) }
      }))
      const answers = yield* commitAll(wanted)
      expect(tags(answers).filter((tag) => tag === "Committed")).toHaveLength(1)
      const winner = tags(answers).indexOf("Committed")
      const kept = answers.flatMap((answer) =>
        answer._tag === "Duplicate" ? [answer.receipt.answer] : []
      )
      expect(kept).toEqual(Array.from({ length: 15 }, () => String(winner)))
      expect(yield* history(acme)).toHaveLength(1)
    })
  )
}

const keeping = (it: Given.It) => {
  it.effect("is found among those of its scope and nowhere else", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const [acme, scope] = [yield* Given.organization, yield* Given.organization]
      const receipt = { organization: scope, key: "k", digest: "d", answer: "scoped" }
      yield* commit({ ...Given.createTask(acme, 1), receipt })
      expect(yield* driver.receipt(scope, "k")).toEqual(receipt)
      expect(yield* driver.receipt(acme, "k")).toBeUndefined()
      const own = { key: "k", digest: "e", answer: "own" }
      expect(yield* commit({ ...Given.createTask(acme, 2), receipt: own })).toMatchObject({
        _tag: "Committed"
      })
      expect(yield* driver.receipt(acme, "k")).toEqual({ ...own, organization: acme })
      const third = yield* Given.organization
      const elsewhere = { ...Given.createTask(third, 1), receipt }
      expect(yield* commit(elsewhere)).toEqual({ _tag: "Duplicate", receipt })
      expect(yield* history(third)).toEqual([])
    })
  )

  it.effect("is not in anybody's history", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const [acme, scope] = [yield* Given.organization, yield* Given.organization]
      const receipt = { organization: scope, key: "k", digest: "d", answer: "a" }
      yield* commit({ ...Given.createTask(acme, 1), receipt })
      expect(yield* history(scope)).toEqual([])
      const heads = yield* driver.ask(acme, "heads", { after: "", limit: 10_000 })
      expect(heads).toContainEqual({ organization: acme, position: 1 })
      expect(heads.map(({ organization }) => organization)).not.toContain(scope)
    })
  )

  it.effect("is forgotten when it is older than an instant, unless the batch is refused", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const [acme, other] = [yield* Given.organization, yield* Given.organization]
      const write = (name: string, key: string) =>
        commit({ ...Given.batch(name), receipt: { key, digest: "d", answer: "a" } })
      const first = yield* write(acme, "old")
      yield* write(other, "old")
      const written = first._tag === "Committed" ? first.at : 0
      const expire = (before: number, refused = false) =>
        commit(
          Given.batch(acme, {
            steps: [
              { _tag: "Apply", name: "expire_receipts", parameters: { before, limit: 9 } },
              ...(refused ? [Given.setTask(99, { title: "" })] : [])
            ]
          })
        )
      yield* expire(written)
      expect(yield* driver.receipt(acme, "old")).toBeDefined()
      expect(yield* expire(written + 1, true)).toMatchObject({ _tag: "GuardFailed" })
      expect(yield* driver.receipt(acme, "old")).toBeDefined()
      yield* expire(written + 1)
      expect(yield* driver.receipt(acme, "old")).toBeUndefined()
      expect(yield* driver.receipt(other, "old")).toBeDefined()
      expect(yield* write(acme, "old")).toMatchObject({ _tag: "Committed" })
    })
  )

  it.effect("is forgotten with so many others at most, and `old_receipts` names who is left", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      let written = 0
      for (const key of ["a", "b", "c", "d", "e"]) {
        const receipt = { key, digest: "d", answer: "a" }
        const answer = yield* commit({ ...Given.batch(acme), receipt })
        written = answer._tag === "Committed" ? answer.at : 0
      }
      const old = (before: number, limit: number) =>
        driver.ask(acme, "old_receipts", { before, limit })
      expect(yield* old(written + 1, 3)).toHaveLength(3)
      expect(yield* old(0, 9)).toEqual([])
      expect(
        yield* driver.ask("nobody", "old_receipts", { before: written + 1, limit: 9 })
      ).toEqual([])
      const parameters = { before: written + 1, limit: 3 }
      const expire = commit(
        Given.batch(acme, { steps: [{ _tag: "Apply", name: "expire_receipts", parameters }] })
      )
      yield* expire
      const left = yield* old(written + 1, 9)
      expect(left).toHaveLength(2)
      for (const { key } of left) expect(yield* driver.receipt(acme, String(key))).toBeDefined()
      yield* expire
      expect(yield* old(written + 1, 9)).toEqual([])
    })
  )
}
