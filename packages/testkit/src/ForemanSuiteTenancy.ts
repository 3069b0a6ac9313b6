/**
 * What lies between organisations: whoever acts in one is answered as if there were no other.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect, Stream } from "effect"

import { type Actor, Foreman, type Refusal } from "@foreman/core"
import * as Refusals from "./ForemanSuiteRefusals.ts"
import * as Subject from "./ForemanSuiteSubject.ts"
import { as, call, nobody, noNumber, personOf, standing } from "./ForemanSuiteSubject.ts"
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
  const world = Subject.once(given)
  for (const [name, inputs] of Object.entries(asked)) {
    it.effect(`hides from ${name} what another organization has`, () =>
      Effect.gen(function* () {
        const { foreign, here, manager, missing, owner } = yield* world
        const organizations = [here.organization.id, here.other.organization.id]
        const before = yield* standing(organizations)
        for (const actor of [owner, manager]) {
          for (const input of inputs) {
            const answer = yield* outcome(name, input(foreign, here), actor)
            const expected = yield* outcome(name, input(missing, here), actor)
            assert.deepStrictEqual(answer, expected)
            assert.notInclude(JSON.stringify(answer), here.other.organization.id)
          }
        }
        assert.deepStrictEqual(yield* standing(organizations), before)
      })
    )
  }
  seeing(it, world)
}

// internal --------------------------------------------------------------------

/** The ids of something that the caller may not see, or that is not there. */
interface Ids {
  readonly organization: string
  readonly team: string
  readonly agent: string
  readonly repository: string
  readonly run: string
  readonly task: number
  readonly message: number
}

const missing: Ids = {
  organization: nobody,
  team: nobody,
  agent: nobody,
  repository: nobody,
  run: nobody,
  task: noNumber,
  message: noNumber
}

const given = Effect.gen(function* () {
  const here = yield* Refusals.given
  const { engineers, manager, organization, repositories, task, team } = here.other
  const { client } = yield* Foreman
  const message = yield* client
    .sendMessage({
      teamId: team.id,
      senderId: Subject.principal(manager.id),
      senderType: "agent",
      recipientId: Subject.principal(engineers[0]?.id ?? nobody),
      recipientType: "agent",
      content: "Secret"
    })
    .pipe(TestForeman.asOperator, Effect.orDie)
  yield* client
    .requestReview({ taskId: task.id, reviewerType: "user" })
    .pipe(TestForeman.asOperator, Effect.orDie)
  const foreign: Ids = {
    organization: organization.id,
    team: team.id,
    agent: engineers[0]?.id ?? nobody,
    repository: repositories[0]?.id ?? nobody,
    run: yield* Subject.givenRun(here.other, task.id),
    task: task.id,
    message: message.id
  }
  const orgId = here.organization.id
  const owner = personOf(orgId, "owner")
  const agent: Actor.Actor = {
    type: "agent",
    id: here.manager.id,
    role: "manager",
    organizationId: orgId
  }
  return { here, foreign, missing, owner, manager: agent }
})

type Input = (ids: Ids, here: Refusals.World) => object

const asked: Readonly<Record<string, ReadonlyArray<Input>>> = {
  create_team: [({ organization }) => ({ org_id: organization, name: "T", slug: "t" })],
  list_teams: [({ organization }) => ({ org_id: organization })],
  get_team: [({ team }) => ({ team_id: team })],
  get_team_settings: [({ team }) => ({ team_id: team })],
  update_team_settings: [({ team }) => ({ team_id: team, auto_merge: false })],
  create_agent: [({ team }) => ({ team_id: team, name: "spy" })],
  list_agents: [({ team }) => ({ team_id: team })],
  register_repo: [({ team }) => ({ team_id: team, name: "r", local_path: "/r" })],
  list_repos: [({ team }) => ({ team_id: team })],
  create_task: [
    ({ team }) => ({ team_id: team, title: "T" }),
    ({ agent }, { team }) => ({ team_id: team.id, title: "T", assignee_id: agent }),
    ({ agent }, { team }) => ({ team_id: team.id, title: "T", dri_id: agent }),
    ({ repository }, { team }) => ({ team_id: team.id, title: "T", repo_ids: [repository] }),
    ({ task }, { team }) => ({ team_id: team.id, title: "T", depends_on: [task] })
  ],
  list_tasks: [
    ({ team }) => ({ team_id: team }),
    ({ agent }, { team }) => ({ team_id: team.id, assignee_id: agent })
  ],
  get_task: [({ task }) => ({ task_id: task })],
  update_task: [
    ({ task }) => ({ task_id: task, title: "Mine" }),
    ({ repository }, { task }) => ({ task_id: task.id, repo_ids: [repository] })
  ],
  change_task_status: [({ task }) => ({ task_id: task, status: "cancelled" })],
  assign_task: [
    ({ task }, { manager }) => ({ task_id: task, assignee_id: manager.id }),
    ({ agent }, { task }) => ({ task_id: task.id, assignee_id: agent })
  ],
  retry_task: [({ task }) => ({ task_id: task })],
  add_dependency: [
    ({ task }, here) => ({ task_id: task, depends_on_id: here.task.id }),
    ({ task }, here) => ({ task_id: here.task.id, depends_on_id: task })
  ],
  remove_dependency: [
    ({ task }, here) => ({ task_id: task, depends_on_id: here.task.id }),
    ({ task }, here) => ({ task_id: here.task.id, depends_on_id: task })
  ],
  get_task_events: [({ task }) => ({ task_id: task })],
  send_message: [
    ({ team }, here) => ({ ...note(here), team_id: team }),
    ({ agent }, here) => ({ ...note(here), recipient_id: agent }),
    ({ task }, here) => ({ ...note(here), task_id: task })
  ],
  get_inbox: [({ agent }) => ({ agent_id: agent })],
  acknowledge_message: [({ message }) => ({ message_id: message })],
  request_review: [
    ({ task }) => ({ task_id: task }),
    ({ agent }, here) => ({ task_id: here.task.id, reviewer_id: agent, reviewer_type: "agent" })
  ],
  list_reviews: [({ task }) => ({ task_id: task })],
  approve_task: [({ task }) => ({ task_id: task })],
  reject_task: [({ task }) => ({ task_id: task })],
  get_merge_status: [({ task }) => ({ task_id: task })],
  list_task_runs: [({ task }) => ({ task_id: task })],
  get_task_run: [({ run }) => ({ run_id: run })],
  get_task_run_output: [({ run }) => ({ run_id: run })]
}

function note({ manager, team }: Refusals.World) {
  return {
    team_id: team.id,
    sender_id: manager.id,
    sender_type: "agent",
    recipient_id: manager.id,
    recipient_type: "agent",
    content: "Hello"
  }
}

/** What a caller is answered, without the ids that it gave itself. */
const outcome = (name: string, input: object, actor: Actor.Actor) => {
  const ids = new Set(Object.values(input).flat().map(String))
  const plain = (value: unknown) =>
    JSON.stringify(value).replace(/[0-9a-f-]{36}|\d+/g, (id) => (ids.has(id) ? "?" : id))
  return call(name, input).pipe(
    Effect.match({
      onSuccess: (answer) => ({ answer: plain(answer) }),
      onFailure: ({ code, facts, message, status }: Refusal.Refusal) => ({
        refusal: { code, status, message: plain(message), facts: plain(facts) }
      })
    }),
    as(actor)
  )
}

const seeing = (it: It, world: typeof given) => {
  it.effect("lists the caller's own organization only", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { here, owner } = yield* world
      const { items } = yield* as(owner)(client.listOrganizations({}))
      assert.deepStrictEqual(
        items.map(({ id }) => id),
        [here.organization.id]
      )
      const refusal = yield* Effect.flip(as(owner)(client.listOrganizations({ cursor: "x" })))
      assert.deepInclude(refusal, {
        _tag: "InvalidInput",
        problems: [{ path: "cursor", problem: "Expected the next_cursor of a page of this list" }]
      })
    })
  )

  it.effect("feeds the caller's own events only, whatever its cursor names", () =>
    Effect.gen(function* () {
      const { events } = yield* Foreman
      const { here, owner } = yield* world
      const own = yield* TestForeman.history(here.organization.id)
      const all = { [here.other.organization.id]: 0, [here.organization.id]: 0 }
      for (const after of ["0", btoa(JSON.stringify([all])).replace(/=+$/, "")]) {
        const seen = yield* events.follow({ after }).pipe(
          Stream.take(own.length),
          Stream.map(({ event }) => event),
          Stream.runCollect,
          as(owner)
        )
        assert.deepStrictEqual(seen, own)
      }
      const cursor = yield* as(owner)(events.begin({}))
      assert.notInclude(atob(cursor), here.other.organization.id)
      const refusal = yield* Effect.flip(
        as(owner)(events.begin({ organizationId: here.other.organization.id }))
      )
      assert.strictEqual(refusal._tag, "OrganizationNotFound")
    })
  )
}
