/**
 * What lists refuse, and that a list of what is not there is empty.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import * as Refusals from "./ForemanSuiteRefusals.ts"
import { type Wish, type World, wrong } from "./ForemanSuiteRefusals.ts"
import * as Subject from "./ForemanSuiteSubject.ts"
import { nobody, noNumber } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: Subject.It): void => {
  const world = Subject.once(Refusals.given)
  Refusals.registerWishes(it, world, lists)
  answering(it, world)
}

// internal --------------------------------------------------------------------

/** Every list with what it is asked of, and its longest page. */
const asked: Readonly<Record<string, readonly [(world: World) => object, number]>> = {
  list_orgs: [() => ({}), 200],
  list_teams: [({ organization }) => ({ org_id: organization.id }), 200],
  list_agents: [({ team }) => ({ team_id: team.id }), 200],
  list_repos: [({ team }) => ({ team_id: team.id }), 200],
  list_tasks: [({ team }) => ({ team_id: team.id }), 500],
  get_task_events: [({ task }) => ({ task_id: task.id }), 200],
  get_inbox: [({ manager }) => ({ agent_id: manager.id }), 200],
  list_reviews: [({ task }) => ({ task_id: task.id }), 200],
  list_task_runs: [({ task }) => ({ task_id: task.id }), 200],
  get_pending_requests: [({ team }) => ({ team_id: team.id }), 200],
  list_human_requests: [({ team }) => ({ team_id: team.id }), 200]
}

/** The second would be a cursor of a list with other columns, the others of none. */
const badCursors = {
  "that is no text of ours": "not a cursor!",
  "of another list": btoa(JSON.stringify(["a", "b", "c", "d", "e"])),
  "with an object in it": btoa(JSON.stringify([{}, {}])),
  "that is no JSON": btoa("[1"),
  "of truth values": btoa(JSON.stringify([true, true])).replace("=", ""),
  "of one truth value": btoa(JSON.stringify([true])),
  "of one half": btoa(JSON.stringify([0.5])),
  "that is empty": ""
}

const lists: ReadonlyArray<Wish> = Object.entries(asked).flatMap(([name, [input, longest]]) => [
  wrong(name, "a page of nothing", (world) => ({ ...input(world), limit: 0 })),
  wrong(name, "a page that is too long", (world) => ({ ...input(world), limit: longest + 1 })),
  ...Object.entries(badCursors).map(([title, cursor]) =>
    wrong(name, `a cursor ${title}`, (world) => ({ ...input(world), cursor }))
  )
])

const answering = (it: Subject.It, world: typeof Refusals.given) => {
  const unknown: Readonly<Record<string, object>> = {
    list_teams: { org_id: nobody },
    list_agents: { team_id: nobody },
    list_repos: { team_id: nobody },
    list_tasks: { team_id: nobody },
    get_task_events: { task_id: noNumber },
    get_inbox: { agent_id: nobody },
    list_reviews: { task_id: noNumber },
    list_task_runs: { task_id: noNumber },
    get_pending_requests: { team_id: nobody },
    list_human_requests: { team_id: nobody }
  }
  for (const [name, input] of Object.entries(unknown)) {
    it.effect(`${name} of what is not there is empty`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Subject.call(name, input), { items: [], next_cursor: null })
      }).pipe(TestForeman.asOperator)
    )
  }

  it.effect("list_tasks in a status that is none is empty", () =>
    Effect.gen(function* () {
      const { team } = yield* world
      const input = { team_id: team.id, status: "sleeping" }
      const nothing = { items: [], next_cursor: null }
      assert.deepStrictEqual(yield* Subject.call("list_tasks", input), nothing)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("get_merge_status of what is not there has nothing to merge", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Subject.call("get_merge_status", { task_id: noNumber }), {
        task_id: noNumber,
        review_verdict: null,
        review_attempt: null,
        merge_jobs: [],
        can_merge: false
      })
    }).pipe(TestForeman.asOperator)
  )
}
