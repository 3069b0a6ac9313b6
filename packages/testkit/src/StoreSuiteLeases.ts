/**
 * What a store promises of leases: no span of a live one lies in another, who holds what meets a span
 * is answered, and until when runs live is said for many of them at once.
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
  apart(it)
  together(it)
  meeting(it)
  living(it)
}

// internal --------------------------------------------------------------------

const add = (organization: string, ...steps: ReadonlyArray<Driver.Step>) =>
  commit(Given.batch(organization, { steps }))

const span = (text: string, run = "r", task = 1): Driver.Step =>
  insert("lease_spans", { span: text, run_id: run, task_id: task })

const gone = (text: string): Driver.Step => ({
  _tag: "Delete",
  table: "lease_spans",
  key: { span: text }
})

const refused = { _tag: "ConstraintBroken", constraint: "lease_spans_apart" }
const committed = { _tag: "Committed" }

const apart = (it: Given.It) => {
  it.effect("are kept apart: no span lies in another one of the organisation", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const first = [span("repo/1/src/api/"), span("repo/1/test/"), span("task/7/")]
      expect(yield* add(acme, ...first)).toMatchObject(committed)
      for (const above of ["repo/1/src/", "repo/1/", "task/7/x/", "repo/1/src/api/v1/"]) {
        expect(yield* add(acme, span(above)), above).toEqual(refused)
      }
      expect(yield* add(acme, span("repo/1/test/"))).toEqual({
        ...refused,
        constraint: "lease_spans_key"
      })
      // What only begins alike lies beside it.
      const beside = [
        "repo/1/src/apiary/",
        "repo/1/src/ap/",
        "repo/11/",
        "task/77/",
        "repo/1/src0/"
      ]
      expect(yield* add(acme, ...beside.map((text) => span(text)))).toMatchObject(committed)
      const other = yield* Given.organization
      expect(yield* add(other, span("repo/1/"))).toMatchObject(committed)
    })
  )

  it.effect("are free again with their rows, and refused within one batch too", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      expect(yield* add(acme, span("repo/1/"), span("repo/1/src/"))).toEqual(refused)
      expect(yield* add(acme, span("repo/1/src/"), span("repo/1/"))).toEqual(refused)
      yield* add(acme, span("repo/2/"))
      expect(yield* add(acme, span("repo/2/a/b/"), span("repo/2/a/"))).toEqual(refused)
      yield* add(acme, gone("repo/2/"))
      yield* add(acme, span("repo/1/"))
      expect(yield* add(acme, span("repo/1/src/"), gone("repo/1/"))).toEqual(refused)
      expect(yield* add(acme, gone("repo/1/"), span("repo/1/src/"))).toMatchObject(committed)
      const { driver } = yield* Subject
      const query = { organization: acme, table: "lease_spans", index: "key", equals: {} }
      expect(yield* driver.find({ ...query, limit: 10 })).toEqual([
        { organization: acme, span: "repo/1/src/", run_id: "r", task_id: 1 }
      ])
    })
  )

  it.effect("are kept apart whatever their parts are", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const hostile = ["repo/1/a%b_c/", "repo/1/ä/", "repo/1/日本/", "repo/1/'; --/", "repo/1/😀/"]
      expect(yield* add(acme, ...hostile.map((text) => span(text)))).toMatchObject(committed)
      for (const text of hostile) {
        expect(yield* add(acme, span(`${text}below/`)), text).toEqual(refused)
        expect(yield* add(acme, span(`${text.slice(0, -1)}!/`)), text).toMatchObject(committed)
      }
    })
  )
}

const together = (it: Given.It) => {
  it.effect("go to one of many who want what meets at the same time", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const wanted = ["repo/1/", "repo/1/src/", "repo/1/src/api/", "repo/1/src/api/v1/"]
      const answers = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, index) => index),
        (index) => add(acme, span(wanted[index % wanted.length] ?? "", `r${index}`, index)),
        { concurrency: "unbounded" }
      )
      expect(answers.filter(({ _tag }) => _tag === "Committed")).toHaveLength(1)
    })
  )
}

const meeting = (it: Given.It) => {
  it.effect("are found by what meets them: the same, what is above and what is below", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const { driver } = yield* Subject
      const held = ["repo/1/src/api/", "repo/1/src/page/", "repo/1/test/", "task/7/", "repo/2/"]
      yield* add(acme, ...held.map((text, index) => span(text, `r${index}`, index)))
      const ask = (spans: ReadonlyArray<string>, limit = 10, organization = acme) =>
        Effect.map(
          driver.ask(organization, "overlapping_leases", { spans: JSON.stringify(spans), limit }),
          (rows) => rows.map((row) => row["span"])
        )
      expect(yield* ask(["repo/1/src/api/"])).toEqual(["repo/1/src/api/"])
      expect(yield* ask(["repo/1/src/api/v1/x/"])).toEqual(["repo/1/src/api/"])
      expect(yield* ask(["repo/1/src/"])).toEqual(["repo/1/src/api/", "repo/1/src/page/"])
      expect(yield* ask(["repo/1/"], 2)).toEqual(["repo/1/src/api/", "repo/1/src/page/"])
      expect(yield* ask(["repo/1/src/ap/", "repo/3/", "task/77/"])).toEqual([])
      expect(yield* ask([])).toEqual([])
      // One that meets several of those asked for is answered once.
      expect(yield* ask(["repo/2/a/", "repo/2/b/", "task/7/"])).toEqual(["repo/2/", "task/7/"])
      expect(yield* ask(["repo/1/"], 10, yield* Given.organization)).toEqual([])
      const rows = yield* driver.ask(acme, "overlapping_leases", {
        spans: JSON.stringify(["task/7/"]),
        limit: 1
      })
      expect(rows).toEqual([{ organization: acme, span: "task/7/", run_id: "r3", task_id: 3 }])
      const guard: Driver.Step = {
        _tag: "Ask",
        name: "overlapping_leases",
        parameters: { spans: JSON.stringify(["repo/2/x/"]), limit: 1 },
        expect: "none"
      }
      expect(yield* add(acme, guard)).toMatchObject({ _tag: "GuardFailed", step: 0 })
    })
  )
}

const living = (it: Given.It) => {
  const renew = (runs: ReadonlyArray<string>, until: number): Driver.Step => ({
    _tag: "Apply",
    name: "renew_runs",
    parameters: { runs: JSON.stringify(runs), until }
  })
  const forget = (run: string): Driver.Step => ({
    _tag: "Apply",
    name: "forget_run",
    parameters: { run }
  })

  it.effect("are renewed for many runs at once, and for none that is over or another's", () =>
    Effect.gen(function* () {
      const [acme, other] = [yield* Given.organization, yield* Given.organization]
      const { driver } = yield* Subject
      const heartbeat = (run: string) => insert("heartbeats", { run_id: run, until: 5 })
      yield* add(acme, heartbeat("a"), heartbeat("b"), heartbeat("c"))
      yield* add(other, heartbeat("a"))
      expect(yield* add(acme, renew(["a", "c", "gone"], 9))).toMatchObject(committed)
      const untilOf = (organization: string) =>
        Effect.map(
          driver.find({ organization, table: "heartbeats", index: "key", equals: {}, limit: 9 }),
          (rows) => rows.map((row) => [row["run_id"], row["until"]])
        )
      expect(yield* untilOf(acme)).toEqual([
        ["a", 9],
        ["b", 5],
        ["c", 9]
      ])
      expect(yield* untilOf(other)).toEqual([["a", 5]])
      expect(yield* add(acme, forget("a"), forget("a"), forget("gone"))).toMatchObject(committed)
      expect(yield* add(acme, renew(["a"], 11), renew([], 12))).toMatchObject(committed)
      expect(yield* untilOf(acme)).toEqual([
        ["b", 5],
        ["c", 9]
      ])
      // A batch that is refused renews nothing.
      expect(yield* add(acme, renew(["b"], 20), Given.setTask(99, { title: "" }))).toMatchObject({
        _tag: "GuardFailed"
      })
      expect(yield* untilOf(acme)).toEqual([
        ["b", 5],
        ["c", 9]
      ])
    })
  )
}
