/**
 * One way to come to each command of the catalogue, for whoever tests all of them.
 *
 * @internal
 */
import { Effect } from "effect"

import { Foreman, Identifier } from "@foreman/core"
import {
  givenApproval,
  givenStuck,
  type Prepare,
  ready,
  sendBack,
  sure
} from "./FailingStoreGiven.ts"
import { scenarios as manager } from "./FailingStoreManagerScenarios.ts"
import * as Approvals from "./ForemanSuiteApprovalsGiven.ts"
import { principal, walk } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"
import { asAgent, asRun, type GivenTeam, givenTask } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * The scenarios, by the names of the commands.
 *
 * @category testing
 * @since 0.1.0
 */
export const scenarios: Readonly<Record<string, Prepare>> = {
  create_org: ({ organization }) =>
    ready((client, options) => {
      const slug = Identifier.Slug.make(`${organization.slug}-2`)
      return client.createOrganization({ name: "Other", slug }, options)
    }),
  create_team: ({ organization: { id: orgId } }) =>
    ready((client, options) =>
      client.createTeam({ orgId, name: "Other", slug: Identifier.Slug.make("other") }, options)
    ),
  update_team_settings: ({ team: { id: teamId } }) =>
    ready((client, options) => client.updateTeamSettings({ teamId, requireReview: true }, options)),
  create_agent: ({ team: { id: teamId } }) =>
    ready((client, options) => {
      const agent = { teamId, name: "other", role: "engineer", model: "any", config: {} } as const
      return client.createAgent(agent, options)
    }),
  register_repo: ({ team: { id: teamId } }) =>
    ready((client, options) => {
      const place = { localPath: "/repositories/other", defaultBranch: "main", config: {} }
      return client.registerRepository({ teamId, name: "other", ...place }, options)
    }),
  create_task: (given) =>
    Effect.flatMap(givenTask(given), ({ id }) =>
      ready((client, options) =>
        client.createTask(TestForeman.wanted(given.team.id, { dependsOn: [id] }), options)
      )
    ),
  update_task: (given) =>
    Effect.flatMap(givenTask(given), ({ id: taskId }) =>
      ready((client, options) => client.updateTask({ taskId, title: "Other" }, options))
    ),
  change_task_status: (given) =>
    Effect.flatMap(givenTask(given), ({ id: taskId }) =>
      ready((client, options) =>
        client.changeTaskStatus({ taskId, status: "in_progress" }, options)
      )
    ),
  assign_task: (given) =>
    Effect.flatMap(givenTask(given), ({ id: taskId }) =>
      ready((client, options) =>
        client.assignTask({ taskId, assigneeId: given.manager.id }, options)
      )
    ),
  retry_task: Effect.fnUntraced(function* (given: GivenTeam) {
    const { id: taskId } = yield* givenTask(given)
    yield* sure(walk(taskId, "in_progress"))
    yield* sendBack(taskId)
    return yield* ready((client, options) => client.retryTask({ taskId }, options))
  }),
  add_dependency: Effect.fnUntraced(function* (given: GivenTeam) {
    const { id: taskId } = yield* givenTask(given)
    const { id: dependsOnId } = yield* givenTask(given)
    return yield* ready((client, options) => client.addDependency({ taskId, dependsOnId }, options))
  }),
  remove_dependency: Effect.fnUntraced(function* (given: GivenTeam) {
    const { id: dependsOnId } = yield* givenTask(given)
    const { id: taskId } = yield* givenTask(given, { dependsOn: [dependsOnId] })
    return yield* ready((client, options) =>
      client.removeDependency({ taskId, dependsOnId }, options)
    )
  }),
  request_review: Effect.fnUntraced(function* (given: GivenTeam) {
    const { id: taskId } = yield* givenTask(given)
    yield* sure(walk(taskId, "in_progress", "in_review"))
    return yield* ready((client, options) =>
      client.requestReview({ taskId, reviewerType: "user" }, options)
    )
  }),
  approve_task: (given) =>
    Effect.flatMap(reviewed(given), (taskId) =>
      ready((client, options) => client.approveTask({ taskId }, options))
    ),
  reject_task: (given) =>
    Effect.flatMap(reviewed(given), (taskId) =>
      ready((client, options) => client.rejectTask({ taskId, summary: "Once more" }, options))
    ),
  send_message: (given) => ready((client, options) => client.sendMessage(greeting(given), options)),
  acknowledge_message: Effect.fnUntraced(function* (given: GivenTeam) {
    const { client } = yield* Foreman
    const { id: messageId } = yield* sure(client.sendMessage(greeting(given)))
    return yield* ready((client, options) =>
      asAgent(given.manager)(client.acknowledgeMessage({ messageId }, options))
    )
  }),
  ask_human: (given) =>
    ready((client, options) => asAgent(given.manager)(client.askHuman(question(given), options))),
  respond_to_request: Effect.fnUntraced(function* (given: GivenTeam) {
    const { client } = yield* Foreman
    const asked = Effect.orDie(asAgent(given.manager)(client.askHuman(question(given))))
    const { id: requestId } = yield* asked
    return yield* ready((client, options) =>
      client.respondToRequest({ requestId, response: "Blue" }, options)
    )
  }),
  approve_approval: (given) =>
    Effect.flatMap(givenApproval(given), ({ approvalId }) =>
      ready((client, options) => client.approveApproval({ approvalId }, options))
    ),
  reject_approval: (given) =>
    Effect.flatMap(givenApproval(given), ({ approvalId }) =>
      ready((client, options) =>
        client.rejectApproval({ approvalId, rejectionReason: "Not now" }, options)
      )
    ),
  stop_task_run: Effect.fnUntraced(function* (given: GivenTeam) {
    const { id: taskId } = yield* givenTask(given)
    const dispatch = yield* Approvals.dispatcherOf(given)
    yield* dispatch(taskId)
    const { liveRunId } = yield* sure(Foreman.use(({ client }) => client.getTask({ taskId })))
    const runId = liveRunId ?? (yield* Effect.die("It was not begun"))
    return yield* ready((client, options) => client.stopTaskRun({ runId }, options))
  }),
  add_artifact: Effect.fnUntraced(function* (given: GivenTeam) {
    const { client } = yield* Foreman
    const { id: taskId } = yield* givenTask(given)
    const dispatch = yield* Approvals.dispatcherOf(given)
    yield* dispatch(taskId)
    const { items: runs } = yield* sure(client.listTaskRuns({ taskId }))
    const run = runs[0] ?? (yield* Effect.die("It was not begun"))
    return yield* ready((own, options) =>
      asRun(run)(own.addArtifact({ name: "report.md", content: "# Done" }, options))
    )
  }),
  pause_agent: ({ manager: { id: agentId } }) =>
    ready((client, options) => client.pauseAgent({ agentId }, options)),
  resume_agent: Effect.fnUntraced(function* ({ manager: { id: agentId } }: GivenTeam) {
    yield* sure(Foreman.use(({ client }) => client.pauseAgent({ agentId })))
    return yield* ready((client, options) => client.resumeAgent({ agentId }, options))
  }),
  pause_dispatch: ({ organization: { id: orgId } }) =>
    ready((client, options) => client.pauseDispatch({ orgId }, options)),
  resume_dispatch: Effect.fnUntraced(function* ({ organization: { id: orgId } }: GivenTeam) {
    yield* sure(Foreman.use(({ client }) => client.pauseDispatch({ orgId })))
    return yield* ready((client, options) => client.resumeDispatch({ orgId }, options))
  }),
  retry_dispatch: (given) =>
    Effect.flatMap(givenStuck(given), (approvalId) =>
      ready((client, options) => client.retryDispatch({ approvalId }, options))
    ),
  ...manager
}

// internal --------------------------------------------------------------------

const reviewed = Effect.fnUntraced(function* (given: GivenTeam) {
  const { client } = yield* Foreman
  const { id: taskId } = yield* givenTask(given)
  yield* sure(walk(taskId, "in_progress", "in_review"))
  yield* sure(client.requestReview({ taskId, reviewerType: "user" }))
  return taskId
})

const greeting = ({ manager, team: { id: teamId } }: GivenTeam) => ({
  teamId,
  senderId: principal(manager.id),
  senderType: "agent" as const,
  recipientId: principal(manager.id),
  recipientType: "agent" as const,
  content: "Good morning"
})

const question = ({ manager: { id: agentId }, team: { id: teamId } }: GivenTeam) => ({
  teamId,
  agentId,
  kind: "question" as const,
  question: "Which colour?",
  options: ["Red", "Blue"],
  wait: false
})
