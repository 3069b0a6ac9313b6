/**
 * What a store promises of each question.
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
  queue(it)
  agents(it)
  paths(it)
  organizations(it)
}

// internal --------------------------------------------------------------------

const ask = (organization: string, name: Driver.Question, parameters: Driver.Row) =>
  Effect.flatMap(Subject, ({ driver }) => driver.ask(organization, name, parameters))

const ids = (rows: ReadonlyArray<Driver.Row>) => rows.map(({ id }) => id)

const add = (organization: string, steps: ReadonlyArray<Driver.Step>) =>
  commit(Given.batch(organization, { steps }))

const queue = (it: Given.It) => {
  const rework = { status: "in_progress", is_rework: true }
  const tasks: ReadonlyArray<Driver.Row> = [
    { id: 1, status: "todo", priority: 2, rank: 0 },
    { id: 2, status: "todo", priority: 2, rank: 0 },
    { id: 3, status: "todo", priority: 2, rank: 5 },
    { id: 4, status: "todo", priority: 0, rank: 0, assignee_id: "ann" },
    { id: 5, ...rework, priority: 3, rank: 0, assignee_id: "ann" },
    { id: 6, ...rework, priority: 3, rank: 1, open_dependencies: 1 },
    { id: 7, ...rework, priority: 0, hold: "rejected" },
    { id: 8, status: "todo", priority: 0, hold: "rejected" },
    { id: 9, status: "todo", priority: 0, open_dependencies: 1 },
    { id: 10, status: "in_progress", priority: 0 },
    { id: 11, status: "todo", priority: 1, team_id: "other", assignee_id: "bob" }
  ]
  const order = [6, 5, 4, 11, 3, 1, 2]

  it.effect("`ready` puts rework first, then priority, rank and age; what is held waits", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      yield* add(
        acme,
        tasks.map((task) => insert("tasks", { team_id: "team", ...task }))
      )
      expect(ids(yield* ask(acme, "ready", { limit: 20 }))).toEqual(order)
      const top = yield* ask(acme, "ready", { limit: 3 })
      expect(ids(top)).toEqual(order.slice(0, 3))
      expect(top[1]).toEqual({
        id: 5,
        team_id: "team",
        assignee_id: "ann",
        is_rework: true,
        priority: 3,
        rank: 0
      })
      expect(yield* ask("nobody", "ready", { limit: 20 })).toEqual([])
      yield* add(acme, [
        Given.setTask(8, { hold: null }),
        Given.setTask(5, { is_rework: false }),
        Given.setTask(4, { status: "in_progress" }),
        { _tag: "Delete", table: "tasks", key: { id: 1 } }
      ])
      expect(ids(yield* ask(acme, "ready", { limit: 20 }))).toEqual([6, 8, 11, 3, 2])
    })
  )

  it.effect("`startable` is the same queue, with all that a start has to know", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const repository = (id: string, name: string, team_id: string) =>
        insert("repositories", { id, name, team_id })
      yield* commit(
        Given.batch(acme, {
          steps: [
            ...tasks.map((task) => insert("tasks", { team_id: "team", ...task })),
            repository("r1", "zebra", "team"),
            repository("r2", "ant", "team"),
            repository("r3", "bee", "team"),
            insert("teams", { id: "team", settings: '{"a":1}' }),
            insert("projects", { id: "own", team_id: "team", policy: "strict" }),
            insert("projects", { id: "foreign", team_id: "other", policy: "strict" }),
            { _tag: "Set", table: "tasks", key: { id: 5 }, row: { project_id: "own" } },
            { _tag: "Set", table: "tasks", key: { id: 6 }, row: { project_id: "foreign" } }
          ],
          events: [Given.event("task:5"), Given.event("task:5"), Given.event("task:55")]
        })
      )
      const all = yield* ask(acme, "startable", { limit: 20 })
      expect(ids(all)).toEqual(order)
      expect(ids(yield* ask(acme, "startable", { limit: 3 }))).toEqual(order.slice(0, 3))
      const driver = (yield* Subject).driver
      const row = yield* driver.get(acme, "tasks", { id: 5 })
      const settings = { team_settings: '{"a":1}' }
      const known = { version: 2, team_repositories: '["r2","r3"]', project_policy: "strict" }
      expect(all[1]).toEqual({ ...row, ...known, ...settings })
      expect(all[0]).toMatchObject({ id: 6, ...settings, project_policy: null })
      const nothing = { team_repositories: "[]", team_settings: null, project_policy: null }
      expect(all[3]).toMatchObject({ id: 11, version: 0, ...nothing })
    })
  )

  it.effect("`ready_for_agent` keeps to one team and one agent, and to nobody's if asked", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      yield* add(
        acme,
        tasks.map((task) => insert("tasks", { team_id: "team", ...task }))
      )
      const wish = { team_id: "team", agent_id: "ann", limit: 20 }
      const own = yield* ask(acme, "ready_for_agent", { ...wish, unassigned: false })
      expect(ids(own)).toEqual([5, 4])
      const both = yield* ask(acme, "ready_for_agent", { ...wish, unassigned: true })
      expect(ids(both)).toEqual([6, 5, 4, 3, 1, 2])
      expect(both[0]).toMatchObject({ is_rework: true, assignee_id: null })
      const two = yield* ask(acme, "ready_for_agent", { ...wish, unassigned: true, limit: 2 })
      expect(ids(two)).toEqual([6, 5])
      const stranger = { ...wish, team_id: "other", unassigned: true }
      expect(ids(yield* ask(acme, "ready_for_agent", stranger))).toEqual([])
    })
  )
}

const agents = (it: Given.It) => {
  const agent = (id: string, row: Driver.Row = {}) =>
    insert("agents", { id, name: id, team_id: "team", role: "engineer", runner: "command", ...row })
  const run = (id: string, agent_id: string, is_live: boolean) =>
    insert("runs", { id, task_id: Number(id), attempt: 1, agent_id, is_live })
  const steps = [
    agent("a"),
    agent("b", { is_paused: true }),
    agent("c", { runner: null }),
    agent("d"),
    agent("e"),
    agent("f", { team_id: "other" }),
    agent("g", { team_id: "other" }),
    run("1", "d", true),
    run("2", "e", false),
    run("3", "g", true)
  ]

  it.effect("`idle_agents` leaves out who is paused, is busy or has no runner", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      yield* add(acme, steps)
      const idle = yield* ask(acme, "idle_agents", { after: "", limit: 10 })
      expect(ids(idle)).toEqual(["a", "e", "f"])
      expect(idle[2]).toMatchObject({ id: "f", team_id: "other", name: "f", is_paused: false })
      expect(ids(yield* ask(acme, "idle_agents", { after: "", limit: 2 }))).toEqual(["a", "e"])
      expect(ids(yield* ask(acme, "idle_agents", { after: "a", limit: 2 }))).toEqual(["e", "f"])
      yield* add(acme, [{ _tag: "Set", table: "runs", key: { id: "1" }, row: { is_live: false } }])
      const later = yield* ask(acme, "idle_agents", { after: "a", limit: 10 })
      expect(ids(later)).toEqual(["d", "e", "f"])
    })
  )

  it.effect("`working_agents` names those of a team with a live run", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      yield* add(acme, steps)
      expect(yield* ask(acme, "working_agents", { team_id: "team" })).toEqual([{ id: "d" }])
      expect(yield* ask(acme, "working_agents", { team_id: "other" })).toEqual([{ id: "g" }])
      expect(yield* ask(acme, "working_agents", { team_id: "none" })).toEqual([])
    })
  )
}

const paths = (it: Given.It) => {
  it.effect("`path` names every task from one to the other along what it depends on", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const edges = [
        [1, 2],
        [2, 3],
        [3, 4],
        [1, 5],
        [5, 6],
        [7, 3]
      ] as const
      const steps = edges.map(([task_id, depends_on_id]) =>
        insert("task_dependencies", { task_id, depends_on_id })
      )
      yield* add(acme, steps)
      const path = (from: number, to: number) => Effect.map(ask(acme, "path", { from, to }), ids)
      expect(yield* path(1, 4)).toEqual([1, 2, 3, 4])
      expect(yield* path(7, 4)).toEqual([7, 3, 4])
      expect(yield* path(4, 1)).toEqual([])
      expect(yield* path(6, 4)).toEqual([])
      expect(yield* path(3, 3)).toEqual([3])
      const elsewhere = yield* Given.organization
      expect(yield* ask(elsewhere, "path", { from: 1, to: 4 })).toEqual([])
    })
  )

  it.effect("`path` finds one of several, and ends in a graph with many of them", () =>
    Effect.gen(function* () {
      const acme = yield* Given.organization
      const layers = Array.from({ length: 12 }, (_, index) => index)
      const steps = layers.flatMap((layer) =>
        [0, 1, 2].flatMap((from) =>
          [0, 1, 2].map((to) =>
            insert("task_dependencies", {
              task_id: layer * 3 + from,
              depends_on_id: (layer + 1) * 3 + to
            })
          )
        )
      )
      yield* add(acme, steps)
      const found = yield* ask(acme, "path", { from: 0, to: 38 })
      expect(found.map(({ id }) => Math.floor(Number(id) / 3))).toEqual([...layers, 12])
      expect([found[0], found.at(-1)]).toEqual([{ id: 0 }, { id: 38 }])
    })
  )
}

const organizations = (it: Given.It) => {
  it.effect("`organizations` and `heads` cross organisations, page by page", () =>
    Effect.gen(function* () {
      const names = [
        yield* Given.organization,
        yield* Given.organization,
        yield* Given.organization
      ]
      for (const [index, name] of names.entries()) {
        const row = { name: index === 0 ? "zz-z" : "zz-a", slug: name }
        const steps = [insert("organizations", row)]
        const events = Array.from({ length: index }, () => Given.event("organization"))
        yield* commit(Given.batch(name, { steps, events }))
      }
      const [first = "", second = "", third = ""] = names
      const start = { after_name: "zz", after_id: "", limit: 2 }
      const rows = yield* ask("nobody", "organizations", start)
      expect(rows.map(({ organization }) => organization)).toEqual([second, third])
      expect(rows[0]).toMatchObject({ name: "zz-a", slug: second, created_at: 0 })
      const next = { after_name: "zz-a", after_id: third, limit: 2 }
      const rest = yield* ask("nobody", "organizations", next)
      expect(rest.map(({ organization }) => organization)).toEqual([first])
      const heads = yield* ask("nobody", "heads", { after: first, limit: 2 })
      expect(heads).toEqual([
        { organization: second, position: 1 },
        { organization: third, position: 2 }
      ])
      expect(yield* ask("nobody", "heads", { after: second, limit: 1 })).toEqual([heads[1]])
    })
  )
}
