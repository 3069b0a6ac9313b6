/**
 * What stands between a ready task and its run: the policy's judgement, and a person's where it wants
 * one.
 *
 * The answer is part of the commit that queues the run, or of one that asks: the approval and the
 * task's hold come together, and nothing has begun before.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import * as Canonical from "../events/Canonical.ts"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { StoreError } from "../ports/Driver.ts"
import { system } from "../rules/Actor.ts"
import type * as Agent from "../rules/Agent.ts"
import * as Approval from "../rules/Approval.ts"
import type { Judgement } from "../rules/ApprovalPolicyAction.ts"
import { ApprovalId, type RunId, timestamp } from "../rules/Identifier.ts"
import type { Repository } from "../rules/Repository.ts"
import type * as Task from "../rules/Task.ts"
import { defaults, type Settings } from "../rules/Team.ts"
import * as Envelope from "./Envelope.ts"
import type { Policies } from "./Policies.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"

// models ----------------------------------------------------------------------

/**
 * Who would do what where.
 *
 * @category models
 * @since 0.1.0
 */
export interface Intent {
  readonly task: Task.Task
  readonly agent: Agent.AgentRecord
  readonly repository: Repository | null
  /** The run that begins if nothing stands in its way, if it is one. */
  readonly runId: RunId | null
  readonly now: number
  /** What holds where the task is, if that has been read. */
  readonly terms?: Terms | undefined
}

/**
 * What holds where a task is: a policy, how many have to agree, and in how many minutes, 0 for any time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Terms {
  readonly policy: string
  readonly quorum: number
  readonly minutes: number
}

/**
 * Whether the run may begin. The events belong to the same commit either way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gated {
  readonly isOpen: boolean
  readonly events: ReadonlyArray<DomainEvent>
}

// services --------------------------------------------------------------------

/**
 * Asks the policy that holds for a task whether a run of it may begin.
 *
 * **Details**
 *
 * What was approved may begin as long as it is the same action, also for a second attempt. What is
 * forbidden is on record as an approval that was rejected at once.
 *
 * @category services
 * @since 0.1.0
 */
export const pass = Effect.fnUntraced(function* (
  session: Session,
  policies: Policies,
  intent: Intent
): Effect.fn.Return<Gated, StoreError> {
  const { agent, task } = intent
  const settings = intent.terms ?? (yield* termsOf(session, task))
  const judgement = policies.judgeTask(
    { _tag: "Task", type: task.type, title: task.title, description: textOf(task) },
    { policy: settings.policy, config: agent.config }
  )
  const present = yield* presentOf(session, task)
  if (judgement._tag === "Allow" && present === undefined) return open([])
  const action = Approval.dispatchOf(task, agent, intent.repository)
  const digest = yield* Effect.promise(() => Canonical.digest(Canonical.stringify(action)))
  const isSame = present?.digest === digest
  const before = present === undefined || isSame ? [] : Approval.expire(present, task, "changed")
  if (judgement._tag === "Allow" && !isSame) return open(before)
  if (judgement._tag !== "Deny" && isSame && present !== undefined) {
    const { status } = Approval.seenAt(present, intent.now)
    if (status === "approved" || status === "used") return open(Approval.use(present, intent.runId))
    if (status === "pending") return closed([...before, waiting(task)])
    if (judgement._tag === "Allow") return open([])
  }
  if (judgement._tag === "Allow") return open(before)
  const outdated =
    isSame && present !== undefined ? Approval.expire(present, task, "changed") : before
  const wanted = yield* wantedOf(session, intent, { action, digest, judgement, settings })
  return closed([...outdated, ...asked(task, wanted, judgement)])
})

/**
 * What holds under a team's settings and the policy of its project, if it is in one.
 *
 * @category services
 * @since 0.1.0
 */
export const termsFrom = (settings: Settings = defaults, policy: string | null = null): Terms => ({
  policy: policy ?? settings.approvalPolicy ?? "permissive",
  quorum: settings.approvalQuorum ?? 1,
  minutes: settings.approvalMinutes ?? 0
})

// internal --------------------------------------------------------------------

const open = (events: ReadonlyArray<DomainEvent>): Gated => ({ isOpen: true, events })

const closed = (events: ReadonlyArray<DomainEvent>): Gated => ({ isOpen: false, events })

/** The policy that holds for a task: its project's, else its team's, else none. */
const termsOf = Effect.fnUntraced(function* (
  session: Session,
  { projectId, teamId }: Task.Task
): Effect.fn.Return<Terms, StoreError> {
  const [team, project] = yield* Effect.all(
    [
      session.get(Projection.teams, { id: teamId }),
      session.get(Projection.projects, { id: projectId })
    ],
    { concurrency: "unbounded" }
  )
  return termsFrom(team?.settings, project?.teamId === teamId ? project.policy : null)
})

const textOf = ({ acceptance, description }: Task.Task): string =>
  acceptance === "" ? description : `${description}\n${acceptance}`

/** The latest approval of the task's dispatch, if it is not over. */
const presentOf = Effect.fnUntraced(function* (
  session: Session,
  { approvalId, approvalStatus }: Task.Task
) {
  const isOver = approvalStatus === "rejected" || approvalStatus === "expired"
  if (approvalId === null || isOver) return undefined
  yield* session.relyOn(`approval:${approvalId}`)
  return yield* session.get(Projection.approvals, { id: approvalId })
})

const waiting = ({ id }: Task.Task): DomainEvent => ({
  type: "task.held",
  data: { taskId: id, reason: "approval" }
})

interface Asking {
  readonly action: Approval.Wanted["action"]
  readonly digest: string
  readonly judgement: Exclude<Judgement, { readonly _tag: "Allow" }>
  readonly settings: Terms
}

const wantedOf = Effect.fnUntraced(function* (
  session: Session,
  { agent, now, task }: Intent,
  { action, digest, judgement, settings }: Asking
): Effect.fn.Return<Approval.Wanted, StoreError> {
  const authors = yield* authorsOf(session, task)
  const { minutes, policy, quorum } = settings
  return {
    approvalId: ApprovalId.make(SecureRandom.uuidV7Unsafe()),
    taskId: task.id,
    teamId: task.teamId,
    projectId: task.projectId,
    runId: null,
    agentId: agent.id,
    requestId: null,
    kind: "dispatch",
    digest,
    action,
    summary: task.title,
    reason: judgement.reason,
    risk: judgement._tag === "Deny" ? "critical" : judgement.risk,
    urgency: task.urgency,
    rule: judgement.rule,
    policy,
    quorum,
    requestedBy: authors.at(-1) ?? system.id,
    authors,
    expiresAt: minutes === 0 ? null : timestamp(now + minutes * 60_000_000)
  }
})

/** The agent is part of what is approved, so the task is its own from here on. */
const asked = (
  { assigneeId, id: taskId }: Task.Task,
  wanted: Approval.Wanted,
  judgement: Judgement
): ReadonlyArray<DomainEvent> => {
  const { agentId, approvalId } = wanted
  if (judgement._tag === "Deny") {
    const no = { approvalId, taskId, decidedBy: system.id, rejectionReason: judgement.reason }
    const status = "rejected" as const
    return [
      { type: "approval.requested", data: wanted },
      { type: "approval.rejected", data: no },
      { type: "task.approval_changed", data: { taskId, approvalId, status } },
      { type: "task.held", data: { taskId, reason: "approval_rejected" } }
    ]
  }
  const assigned: ReadonlyArray<DomainEvent> =
    assigneeId === null && agentId !== null
      ? [{ type: "task.assigned", data: { taskId, from: null, to: agentId } }]
      : []
  return [...assigned, ...Approval.request(wanted)]
}

const mostAtOnce = 500

/** Who wrote what would be approved, the latest last: of all events, of which only names are kept. */
const authorsOf = Effect.fnUntraced(function* (session: Session, { id }: Task.Task) {
  const { driver, organization } = session
  const names = new Set<string>()
  for (let after = 0; ;) {
    const page = { after, limit: mostAtOnce }
    const stored = yield* driver.readStream(organization, `task:${id}`, page)
    for (const event of stored) {
      if (event.type !== "task.created" && event.type !== "task.updated") continue
      const { data, metadata } = Envelope.bodyOf(event)
      if (event.type === "task.updated" && !Object.keys(data).some(isApproved)) continue
      const name = String(metadata["actor_id"])
      names.delete(name)
      names.add(name)
    }
    if (stored.length < mostAtOnce) return [...names]
    after = stored.at(-1)?.version ?? after
  }
})

/** What an edit changes without changing what would be done. */
const besides = new Set(["task_id", "priority", "tags", "urgency"])

const isApproved = (field: string): boolean => !besides.has(field)
