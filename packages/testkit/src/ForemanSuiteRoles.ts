/**
 * Who may do what: by role, by task, and in whose name.
 *
 * What a run may is told with the runs, in `ForemanSuiteRuns`.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import {
  type Actor,
  type Authorization,
  catalogue,
  Foreman,
  type Refusal,
  type Task
} from "@foreman/core"
import * as Refusals from "./ForemanSuiteRefusals.ts"
import * as Subject from "./ForemanSuiteSubject.ts"
import { as, call, nobody, personOf, principal, standing } from "./ForemanSuiteSubject.ts"
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
  permitting(it)
  owning(it)
  judging(it)
  speaking(it)
}

// internal --------------------------------------------------------------------

const structure = [
  "create_team",
  "create_agent",
  "register_repo",
  "update_team_settings",
  "pause_dispatch",
  "resume_dispatch"
]
const plans = [
  "stop_task_run",
  "pause_agent",
  "resume_agent",
  "create_task",
  "update_task",
  "assign_task",
  "retry_task",
  "add_dependency",
  "remove_dependency",
  "create_project",
  "update_project",
  "create_module",
  "update_module",
  "change_module_state",
  "manager_command",
  "dispatch_manager_task",
  "retry_manager_task",
  "cancel_manager_task",
  "reprioritize_manager_task"
]
const verdicts = ["approve_task", "reject_task"]
/** What a person alone decides. */
const decisions = [
  "approve_approval",
  "approve_manager_approval",
  "reject_manager_approval",
  "retry_manager_dispatch",
  "reject_approval",
  "retry_dispatch"
]

/** What each role is refused for its role alone. */
const denied: Readonly<Record<string, ReadonlyArray<string>>> = {
  operator: [],
  owner: ["create_org"],
  admin: ["create_org"],
  member: ["create_org", ...structure, "ask_human"],
  manager: ["create_org", ...structure, ...decisions, "respond_to_request"],
  engineer: ["create_org", ...structure, ...plans, ...verdicts, ...decisions, "respond_to_request"],
  reviewer: [
    "create_org",
    ...structure,
    ...plans,
    "change_task_status",
    "request_review",
    "add_artifact",
    "ask_human",
    ...decisions,
    "respond_to_request"
  ]
}

const everything = Object.values(catalogue).map(({ name }) => name)

const permitting = (it: It) => {
  const world = Subject.once(Refusals.given)
  for (const [role, operations] of Object.entries(denied)) {
    it.effect(`lets a ${role} ask for what the role may, and nothing else`, () =>
      Effect.gen(function* () {
        const { organization } = yield* world
        const before = yield* standing([organization.id])
        // As: the table above has the names of roles.
        const actor = personOf(organization.id, role as Actor.Role)
        const codes = yield* Effect.forEach(everything, (name) =>
          call(name, { ...fittingOf(name), slug: organization.slug }).pipe(
            Effect.match({ onSuccess: () => "", onFailure: ({ code }: Refusal.Refusal) => code }),
            Effect.map((code) => [name, code === "PermissionDenied"] as const)
          )
        ).pipe(as(actor))
        assert.deepStrictEqual(
          codes.filter(([, isDenied]) => isDenied).map(([name]) => name),
          everything.filter((name) => operations.includes(name))
        )
        assert.deepStrictEqual(yield* standing([organization.id]), before)
      })
    )
  }
}

/** An input that every operation decodes, about things that are not there, but for a taken slug. */
const fitting = {
  org_id: nobody,
  team_id: nobody,
  task_id: Subject.noNumber,
  agent_id: nobody,
  assignee_id: nobody,
  run_id: nobody,
  message_id: Subject.noNumber,
  depends_on_id: 1,
  name: "A",
  title: "T",
  local_path: "/r",
  status: "todo",
  sender_id: nobody,
  sender_type: "user",
  recipient_id: nobody,
  recipient_type: "user",
  content: "Hello",
  kind: "question",
  question: "Which colour?",
  request_id: Subject.noNumber,
  approval_id: nobody,
  rejection_reason: "No",
  response: "red",
  project_id: "none",
  module_id: "none",
  board_state: "done"
}

/** Managers write every id as text, and a priority as a number. */
const fittingOf = (name: string): object =>
  name.includes("manager") ? { ...fitting, task_id: "none", priority: 1 } : fitting

const owning = (it: It) => {
  it.effect("lets an engineer move and hand in its own tasks only", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ engineers: 2 })
      const [one, two] = given.engineers
      assert(one !== undefined && two !== undefined)
      const own = yield* TestForeman.givenTask(given, { assigneeId: one.id })
      const others = yield* TestForeman.givenTask(given, { assigneeId: two.id })
      const free = yield* TestForeman.givenTask(given)
      const cancel = ({ id: taskId }: Task.Task) =>
        client.changeTaskStatus({ taskId, status: "cancelled" })
      const start = ({ id: taskId }: Task.Task) =>
        client.changeTaskStatus({ taskId, status: "in_progress" })
      const handIn = ({ id: taskId }: Task.Task) =>
        client.requestReview({ taskId, reviewerType: "user" })
      const asOne = TestForeman.asAgent(one)
      const before = yield* standing([given.organization.id])
      assert.strictEqual((yield* Effect.flip(asOne(start(others))))._tag, "NotYourTask")
      for (const task of [others, free]) {
        assert.strictEqual((yield* Effect.flip(asOne(cancel(task))))._tag, "NotYourTask")
        assert.strictEqual((yield* Effect.flip(asOne(handIn(task))))._tag, "NotYourTask")
      }
      assert.deepStrictEqual(yield* standing([given.organization.id]), before)
      assert.strictEqual((yield* asOne(start(own))).status, "in_progress")
      assert.strictEqual((yield* asOne(handIn(own))).attempt, 1)
    })
  )

  it.effect("lets a manager move any task", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const start = client.changeTaskStatus({ taskId, status: "in_progress" })
      assert.strictEqual((yield* TestForeman.asAgent(given.manager)(start)).status, "in_progress")
    })
  )
}

const judging = (it: It) => {
  it.effect("lets nobody judge the task that it is assigned to, nor be named for it", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { manager } = given
      const { id: taskId } = yield* TestForeman.givenTask(given, { assigneeId: manager.id })
      yield* TestForeman.asOperator(client.requestReview({ taskId, reviewerType: "user" }))
      const before = yield* standing([given.organization.id])
      const own = TestForeman.asAgent(manager)
      const named = { taskId, reviewerId: principal(manager.id) }
      for (const refusal of [
        yield* Effect.flip(own(client.approveTask({ taskId }))),
        yield* Effect.flip(own(client.rejectTask({ taskId }))),
        yield* Effect.flip(TestForeman.asOperator(client.approveTask(named))),
        yield* Effect.flip(TestForeman.asOperator(client.rejectTask(named)))
      ]) {
        assert.deepInclude(refusal, { _tag: "JudgesOwnWork", reviewerId: manager.id })
      }
      assert.deepStrictEqual(yield* standing([given.organization.id]), before)
      const verdict = yield* TestForeman.asOperator(client.approveTask({ taskId }))
      assert.deepInclude(verdict, { verdict: "approve", reviewerId: "operator" })
    })
  )
}

const speaking = (it: It) => {
  it.effect("lets agents, members and admins act in their own name only", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { engineers, manager, organization, team } = given
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* TestForeman.asOperator(client.requestReview({ taskId, reviewerType: "user" }))
      const other = principal(engineers[0]?.id ?? nobody)
      const before = yield* standing([organization.id])
      const wishes: ReadonlyArray<Effect.Effect<unknown, unknown, Authorization.CurrentActor>> = [
        client.changeTaskStatus({ taskId, status: "in_progress", actorId: other }),
        client.approveTask({ taskId, reviewerId: other }),
        client.rejectTask({ taskId, reviewerId: other }),
        client.sendMessage({
          teamId: team.id,
          senderId: other,
          senderType: "agent",
          recipientId: other,
          recipientType: "agent",
          content: "Hello"
        })
      ]
      const agent = { type: "agent", id: manager.id, role: "manager" } as const
      for (const actor of [
        personOf(organization.id, "member"),
        personOf(organization.id, "admin"),
        { ...agent, organizationId: organization.id }
      ]) {
        for (const wish of wishes) {
          const refusal = yield* Effect.flip(as(actor)(wish))
          assert.deepInclude(refusal, { _tag: "ActsForAnother", actor: actor.id, named: other })
        }
      }
      assert.deepStrictEqual(yield* standing([organization.id]), before)
    })
  )

  it.effect("lets the operator and owners name whom they act for, and stores both", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { engineers, organization } = given
      const other = principal(engineers[0]?.id ?? nobody)
      const task = yield* TestForeman.givenTask(given)
      const start = client.changeTaskStatus({
        taskId: task.id,
        status: "in_progress",
        actorId: other
      })
      yield* as(personOf(organization.id, "owner"))(start)
      const event = (yield* TestForeman.history(organization.id)).at(-1)
      assert.deepInclude(event?.data, { actor_id: other })
      assert.deepInclude(event?.metadata, { actor_id: nobody, actor_type: "user" })
    })
  )
}
