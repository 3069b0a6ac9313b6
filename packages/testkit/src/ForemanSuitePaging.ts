/**
 * What lists promise: page after page, each item once, in the list's order.
 *
 * Left open on purpose: what a list shows of things that come or go between two pages.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { Foreman, Identifier } from "@foreman/core"
import * as Subject from "./ForemanSuiteSubject.ts"
import { call, numbers, principal } from "./ForemanSuiteSubject.ts"
import type { It } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: It): void => {
  structure(it)
  work(it)
  edges(it)
}

// internal --------------------------------------------------------------------

const count = 250

/** Names that many share, some of them beyond ASCII: the tie-break has something to do. */
const nameOf = (n: number) => ["Ähre", "b", "B", "é", "😀", "￿", "a"][n % 7] ?? "a"

const many = <A, E, R>(make: (n: number) => Effect.Effect<A, E, R>) =>
  Effect.forEach(numbers(count), make, { concurrency: "unbounded" })

interface Page {
  readonly items: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly next_cursor: string | null
}

const pageOf = (name: string, input: object) =>
  // As: every list answers a page.
  Effect.map(call(name, input), (answer) => answer as Page)

/** All items of a list, and that no page is longer than asked for or empty. */
const pages = Effect.fnUntraced(function* (name: string, input: object, limit: number) {
  const all: Array<Page["items"][number]> = []
  for (let cursor: string | null = null; ;) {
    const asked = { ...input, limit, ...(cursor === null ? {} : { cursor }) }
    const page: Page = yield* pageOf(name, asked)
    assert.isAtMost(page.items.length, limit)
    assert.isAbove(page.items.length, 0)
    all.push(...page.items)
    if (page.next_cursor === null) return all
    assert.strictEqual(page.items.length, limit)
    cursor = page.next_cursor
  }
})

/** The list in pages of several lengths, and that they are the same list, each item once. */
const listed = Effect.fnUntraced(function* (name: string, input: object) {
  const all = yield* pages(name, input, 200)
  assert.strictEqual(new Set(all.map(({ id }) => id)).size, all.length, "each item once")
  assert.deepStrictEqual(yield* pages(name, input, 7), all)
  assert.deepStrictEqual(yield* pages(name, input, 50), all)
  return all
})

const structure = (it: It) => {
  it.effect("pages through organizations and teams by name", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { organization } = yield* TestForeman.givenTeam()
      const slugOf = (n: number) => Identifier.Slug.make(`${organization.slug}-${n}`)
      const organizations = yield* many((n) =>
        client.createOrganization({ name: nameOf(n), slug: slugOf(n) })
      )
      const teams = yield* many((n) =>
        client.createTeam({ orgId: organization.id, name: nameOf(n), slug: slugOf(n) })
      )
      const all = yield* listed("list_orgs", {})
      const made = new Set<unknown>(organizations.map(({ id }) => id))
      assert.strictEqual(all.filter(({ id }) => made.has(id)).length, count)
      const own = yield* listed("list_teams", { org_id: organization.id })
      assert.strictEqual(own.length, teams.length + 1)
      for (const items of [all, own]) assertSorted(items.map(({ name }) => String(name)))
    }).pipe(TestForeman.asOperator)
  )

  it.effect("pages through agents and repositories by name", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { team } = yield* TestForeman.givenTeam()
      const teamId = team.id
      yield* many((n) => {
        const name = `${nameOf(n)} ${n}`
        const agent = { teamId, name, role: "engineer", model: "m", config: {} } as const
        const place = { teamId, name, localPath: "/r", defaultBranch: "main", config: {} }
        return Effect.andThen(client.createAgent(agent), client.registerRepository(place))
      })
      const agents = yield* listed("list_agents", { team_id: teamId })
      const places = yield* listed("list_repos", { team_id: teamId })
      assert.deepStrictEqual([agents.length, places.length], [count + 2, count + 1])
      for (const items of [agents, places]) assertSorted(items.map(({ name }) => String(name)))
    }).pipe(TestForeman.asOperator)
  )
}

/** Names are ordered as UTF-8 is, in every store. */
const assertSorted = (names: ReadonlyArray<string>) => {
  const bytes = (text: string) => Array.from(new TextEncoder().encode(text), hex).join("")
  const sorted = names.toSorted((a, b) => (bytes(a) < bytes(b) ? -1 : bytes(a) > bytes(b) ? 1 : 0))
  assert.deepStrictEqual(names, sorted)
}

const hex = (byte: number) => byte.toString(16).padStart(2, "0")

const work = (it: It) => {
  it.effect("pages through tasks, newest first, also those of one agent and in one status", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const { engineers, team } = given
      const assigneeId = engineers[0]?.id ?? null
      const tasks = yield* many((n) =>
        TestForeman.givenTask(given, { assigneeId: n % 2 === 0 ? assigneeId : null })
      )
      const newestFirst = (ids: ReadonlyArray<number>) => ids.toSorted((a, b) => b - a)
      const input = { team_id: team.id }
      const all = yield* listed("list_tasks", input)
      assert.deepStrictEqual(
        all.map(({ id }) => Number(id)),
        newestFirst(tasks.map(({ id }) => id))
      )
      const own = yield* listed("list_tasks", { ...input, assignee_id: assigneeId })
      assert.deepStrictEqual(
        own.map(({ id }) => Number(id)),
        newestFirst(tasks.filter((task) => task.assigneeId !== null).map(({ id }) => id))
      )
      const both = { ...input, assignee_id: assigneeId, status: "todo" }
      assert.deepStrictEqual(yield* listed("list_tasks", both), own)
      assert.deepStrictEqual(yield* listed("list_tasks", { ...input, status: "todo" }), all)
      const later = yield* pageOf("list_tasks", { ...input, offset: 240 })
      assert.deepStrictEqual(later.items, all.slice(240))
    }).pipe(TestForeman.asOperator)
  )

  it.effect(
    "pages through a task's events, oldest first, and its reviews and runs, latest first",
    () =>
      Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam()
        const { id: taskId } = yield* TestForeman.givenTask(given)
        yield* Effect.forEach(numbers(count), (n) =>
          Effect.andThen(
            client.requestReview({ taskId, reviewerType: "user" }),
            Subject.givenRun(given, taskId, n)
          )
        )
        const input = { task_id: taskId }
        const events = yield* listed("get_task_events", input)
        const attempts = (items: Page["items"]) => items.map(({ attempt }) => attempt)
        assert.strictEqual(events.length, count + 1)
        assert.isTrue(
          events.every(({ id }, index) => Number(id) > Number(events[index - 1]?.["id"] ?? 0))
        )
        for (const name of ["list_reviews", "list_task_runs"]) {
          assert.deepStrictEqual(attempts(yield* listed(name, input)), numbers(count).toReversed())
        }
      }).pipe(TestForeman.asOperator)
  )

  it.effect("pages through an inbox, newest first", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { manager, team } = yield* TestForeman.givenTeam()
      const to = principal(manager.id)
      const sent = yield* many((n) =>
        client.sendMessage({
          teamId: team.id,
          senderId: to,
          senderType: "agent",
          recipientId: to,
          recipientType: "agent",
          content: `${n}`
        })
      )
      const acknowledged = sent.slice(0, 20)
      yield* Effect.forEach(acknowledged, ({ id }) => client.acknowledgeMessage({ messageId: id }))
      const input = { agent_id: manager.id }
      const open = yield* listed("get_inbox", input)
      const all = yield* listed("get_inbox", { ...input, unprocessed_only: false })
      assert.deepStrictEqual([open.length, all.length], [count - 20, count])
      for (const items of [open, all]) {
        const ids = items.map(({ id }) => Number(id))
        assert.deepStrictEqual(
          ids,
          ids.toSorted((a, b) => b - a)
        )
      }
    }).pipe(TestForeman.asOperator)
  )
}

const edges = (it: It) => {
  it.effect("has no further page when the last one is full", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      yield* Effect.forEach(numbers(4), () => TestForeman.givenTask(given))
      const input = { team_id: given.team.id }
      assert.strictEqual((yield* pages("list_tasks", input, 2)).length, 4)
      assert.strictEqual((yield* pages("list_tasks", input, 4)).length, 4)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("does not repeat what was seen when something is added in between", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      yield* Effect.forEach(numbers(4), () => TestForeman.givenTask(given))
      const input = { team_id: given.team.id, limit: 2 }
      const first = yield* pageOf("list_tasks", input)
      yield* TestForeman.givenTask(given)
      const second = yield* pageOf("list_tasks", { ...input, cursor: first.next_cursor })
      const ids = [...first.items, ...second.items].map(({ id }) => id)
      assert.strictEqual(new Set(ids).size, 4)
      assert.isNull(second.next_cursor)
    }).pipe(TestForeman.asOperator)
  )
}
