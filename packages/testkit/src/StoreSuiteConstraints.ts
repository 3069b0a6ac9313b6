/**
 * What a store promises of constraints: it refuses by itself, and names what would be broken.
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
  whole(it)
  partial(it)
  directory(it)
}

// internal --------------------------------------------------------------------

const broken = (constraint: string) => ({ _tag: "ConstraintBroken", constraint })

const add = (organization: string, ...steps: ReadonlyArray<Driver.Step>) =>
  commit(Given.batch(organization, { steps }))

const set = (table: string, id: Driver.Value, row: Driver.Row): Driver.Step => ({
  _tag: "Set",
  table,
  key: { id },
  row
})

const run = (id: string, row: Driver.Row) => insert("runs", { id, is_live: false, ...row })

const job = (id: number, row: Driver.Row) =>
  insert("merge_jobs", { id, is_open: false, is_running: false, ...row })

const whole = (it: Given.It) => {
  it.effect("on keys and unique columns is named, within each organisation", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const agent = (id: string, name: string) => insert("agents", { id, name, team_id: "t" })
      yield* add(acme, insert("tasks", { id: 1 }), agent("a", "same"), agent("b", "other"))
      expect(yield* add(acme, insert("tasks", { id: 1 }))).toEqual(broken("tasks_key"))
      expect(yield* add(acme, agent("c", "same"))).toEqual(broken("agents_name"))
      expect(yield* add(acme, set("agents", "b", { name: "same" }))).toEqual(broken("agents_name"))
      const edge = insert("task_dependencies", { task_id: 1, depends_on_id: 2 })
      expect(yield* add(acme, edge, edge)).toEqual(broken("task_dependencies_key"))
      const elsewhere = yield* Given.organization
      const steps = [insert("tasks", { id: 1 }), agent("a", "same")]
      expect(yield* add(elsewhere, ...steps)).toMatchObject({ _tag: "Committed" })
    })
  )

  it.effect("lets a value go with its row, and keeps it when the batch is refused", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const team = (id: string, slug: string) => insert("teams", { id, slug })
      const remove: Driver.Step = { _tag: "Delete", table: "teams", key: { id: "a" } }
      yield* add(acme, team("a", "x"))
      const refused = yield* add(acme, remove, Given.setTask(99, { title: "" }))
      expect(refused).toMatchObject({ _tag: "GuardFailed", step: 1 })
      expect(yield* add(acme, team("b", "x"))).toEqual(broken("teams_slug"))
      yield* add(acme, set("teams", "a", { slug: "y" }), team("b", "x"), remove, team("c", "y"))
      expect(yield* add(acme, team("d", "y"))).toEqual(broken("teams_slug"))
    })
  )

  it.effect("keeps a task from having fewer than no open dependencies", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const less: Driver.Step = {
        _tag: "Add",
        table: "tasks",
        key: { id: 1 },
        row: { open_dependencies: -1 }
      }
      yield* add(acme, insert("tasks", { id: 1, open_dependencies: 1 }))
      expect(yield* add(acme, less)).toMatchObject({ _tag: "Committed" })
      expect(yield* add(acme, less)).toEqual(broken("tasks_open_dependencies"))
    })
  )
}

const partial = (it: Given.It) => {
  it.effect("lets one run of a task and one of an agent be live", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const one = { task_id: 1, agent_id: "a" }
      yield* add(
        acme,
        run("r1", { ...one, attempt: 1 }),
        run("r2", { ...one, attempt: 2 }),
        run("r3", { ...one, attempt: 3, is_live: true })
      )
      const sameTask = run("r4", { ...one, attempt: 4, agent_id: "b", is_live: true })
      expect(yield* add(acme, sameTask)).toEqual(broken("runs_one_live_per_task"))
      const sameAgent = run("r4", { ...one, attempt: 4, task_id: 2, is_live: true })
      expect(yield* add(acme, sameAgent)).toEqual(broken("runs_one_live_per_agent"))
      const revive = set("runs", "r1", { is_live: true, agent_id: "b" })
      expect(yield* add(acme, revive)).toEqual(broken("runs_one_live_per_task"))
      expect(yield* add(acme, run("r4", { ...one, attempt: 3 }))).toEqual(broken("runs_attempt"))
      const end = set("runs", "r3", { is_live: false })
      expect(yield* add(acme, end, sameAgent)).toMatchObject({ _tag: "Committed" })
    })
  )

  it.effect("lets one merge job of a task be open and one per branch be running", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const main = { repo_id: "r", target_branch: "main" }
      yield* add(
        acme,
        job(1, { ...main, task_id: 1, is_open: true, is_running: true }),
        job(2, { ...main, task_id: 2, is_open: true }),
        job(3, { ...main, task_id: 1 })
      )
      const again = job(4, { ...main, task_id: 1, is_open: true })
      expect(yield* add(acme, again)).toEqual(broken("merge_jobs_one_open_per_task"))
      const start = set("merge_jobs", 2, { is_running: true })
      expect(yield* add(acme, start)).toEqual(broken("merge_jobs_one_running_per_branch"))
      const elsewhere = set("merge_jobs", 2, { is_running: true, target_branch: "next" })
      expect(yield* add(acme, elsewhere)).toMatchObject({ _tag: "Committed" })
      const end = set("merge_jobs", 1, { is_open: false, is_running: false })
      const back = set("merge_jobs", 2, { target_branch: "main" })
      expect(yield* add(acme, end, again, back)).toMatchObject({ _tag: "Committed" })
    })
  )

  it.effect("lets an attempt of a task be reviewed once", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const review = (id: number, attempt: number) =>
        insert("reviews", { id, task_id: 1, attempt, is_open: true })
      yield* add(acme, review(1, 1), review(2, 2))
      expect(yield* add(acme, review(3, 2))).toEqual(broken("reviews_attempt"))
    })
  )
}

const directory = (it: Given.It) => {
  it.effect("on the directory holds across organisations, and all may look there", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const [acme, other] = [yield* Given.organization, yield* Given.organization]
      const id = `slug-of-${acme}`
      const key = { kind: "slug", id }
      expect(yield* add(acme, insert("directory", key))).toMatchObject({ _tag: "Committed" })
      expect(yield* add(other, insert("directory", key))).toEqual(broken("directory_key"))
      const entry = { ...key, organization: acme }
      for (const name of [acme, other, "nobody"]) {
        expect(yield* driver.get(name, "directory", key)).toEqual(entry)
      }
      const query = { table: "directory", index: "key", equals: { kind: "slug" }, limit: 10 }
      expect(yield* driver.find({ ...query, organization: acme })).toEqual([entry])
      expect(yield* driver.find({ ...query, organization: other })).toEqual([])
      const remove: Driver.Step = { _tag: "Delete", table: "directory", key }
      expect(yield* add(other, remove)).toMatchObject({ _tag: "GuardFailed" })
      expect(yield* add(acme, remove)).toMatchObject({ _tag: "Committed" })
      expect(yield* add(other, insert("directory", key))).toMatchObject({ _tag: "Committed" })
    })
  )
}
