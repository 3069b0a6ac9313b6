/**
 * What the page knows: organisations, teams, agents, tasks, runs, approvals and what agents ask
 * people, as REST shows them, and what of it a person has to look at.
 */

// models ----------------------------------------------------------------------

export interface Organization {
  readonly id: string
  readonly name: string
}

export interface Agent {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly model: string
  readonly status: string
}

export interface Team {
  readonly id: string
  readonly org_id: string
  readonly name: string
  readonly agents: ReadonlyArray<Agent>
}

export type Status =
  | "todo"
  | "in_progress"
  | "in_review"
  | "in_approval"
  | "merging"
  | "done"
  | "cancelled"

export interface Task {
  readonly id: number
  readonly team_id: string
  readonly title: string
  readonly description: string
  readonly status: Status
  readonly priority: string
  readonly assignee_id: string | null
  readonly last_agent_id: string | null
  readonly depends_on: ReadonlyArray<number>
  readonly tags: ReadonlyArray<string>
  readonly branch: string
  readonly attempts: number
  readonly is_rework: boolean
  readonly hold: string | null
  readonly held_until: string | null
  readonly approval_id: string | null
  readonly live_run_id: string | null
  readonly last_run_id: string | null
  readonly last_outcome: string | null
  readonly head_commit: string | null
  readonly updated_at: string
}

export interface Run {
  readonly id: string
  readonly attempt: number
  readonly status: string
  readonly agent_id: string
  readonly cause: string | null
  readonly answer: string | null
  readonly queued_at: string
  readonly started_at: string | null
  readonly ended_at: string | null
}

export interface Output {
  readonly size: number
  readonly next_offset: number | null
  readonly text: string
}

export type RequestKind = "question" | "approval" | "review"

/** What an agent asks a person. */
export interface HumanRequest {
  readonly id: number
  readonly team_id: string
  readonly agent_id: string
  readonly task_id: number | null
  readonly kind: RequestKind
  readonly question: string
  readonly options: ReadonlyArray<string>
  readonly status: "pending" | "resolved" | "expired"
  readonly timeout_at: string | null
}

export type Risk = "critical" | "high" | "medium" | "low"

/** One exact action that a person lets happen, or not. */
export interface Approval {
  readonly id: string
  readonly task_id: number
  readonly team_id: string
  readonly agent_id: string | null
  /** The human request that asks the same: one answer is both. */
  readonly request_id: number | null
  readonly kind: "dispatch" | "command" | "merge"
  readonly action: Readonly<Record<string, unknown>>
  readonly summary: string
  readonly reason: string
  readonly risk: Risk
  readonly urgency: number
  readonly rule: string
  readonly policy: string
  readonly quorum: number
  readonly decisions: ReadonlyArray<{ readonly by: string; readonly verdict: string }>
  readonly status: "pending" | "approved" | "used" | "rejected" | "expired"
  readonly rejection_reason: string | null
  readonly expiry_reason: string | null
  readonly expires_at: string | null
  readonly created_at: string
}

export interface FeedEvent {
  readonly id: number
  readonly org_id: string
  readonly stream_id: string
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  readonly created_at: string
}

/** Why a task waits for a person. */
export type Reason = "review" | "approval" | "decision" | "held" | "failed"

// rules -----------------------------------------------------------------------

export const statuses: ReadonlyArray<Status> = [
  "in_progress",
  "in_review",
  "in_approval",
  "merging",
  "todo",
  "done",
  "cancelled"
]

const priorities = ["critical", "high", "medium", "low"]

export const isFinal = ({ status }: Pick<Task, "status">): boolean =>
  status === "done" || status === "cancelled"

/** Says why a task waits for a person, or nothing. */
export const waitsFor = (task: Task): Reason | undefined => {
  if (isFinal(task) || task.live_run_id !== null) return undefined
  if (task.hold !== null) return task.hold === "approval" ? "decision" : "held"
  if (task.status === "in_review") return "review"
  if (task.status === "in_approval") return "approval"
  const hasFailed = task.last_outcome !== null && task.last_outcome !== "succeeded"
  return task.status === "in_progress" && !task.is_rework && hasFailed ? "failed" : undefined
}

/** What is under way comes first, then what is next; what is over comes last, the latest first. */
export const inOrder = (a: Task, b: Task): number => {
  const byStatus = statuses.indexOf(a.status) - statuses.indexOf(b.status)
  if (byStatus !== 0) return byStatus
  if (isFinal(a)) return b.updated_at < a.updated_at ? -1 : 1
  return priorities.indexOf(a.priority) - priorities.indexOf(b.priority) || a.id - b.id
}

/** Says whether a task has all the words that somebody looks for. */
export const hasWords = (task: Task, wanted: string): boolean => {
  const text = `#${task.id} ${task.title} ${task.branch} ${task.tags.join(" ")}`.toLowerCase()
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

const risks: ReadonlyArray<Risk> = ["critical", "high", "medium", "low"]

/** What can do most harm comes first, then the most urgent, then the oldest. */
export const inQueue = (a: Approval, b: Approval): number =>
  risks.indexOf(a.risk) - risks.indexOf(b.risk) ||
  b.urgency - a.urgency ||
  (a.created_at < b.created_at ? -1 : 1)

/** The requests that are more than the other form of an approval which is shown itself. */
export const askedBeside = (
  requests: Iterable<HumanRequest>,
  approvals: Iterable<Approval>
): ReadonlyArray<HumanRequest> => {
  const shown = new Set(Array.from(approvals, ({ request_id: id }) => id))
  return [...requests].filter(({ id }) => !shown.has(id))
}

export const words = (name: string): string => name.replaceAll("_", " ")

/** How long something took or has taken until now, in its two largest units. */
export const lengthOf = (from: string | null, to: string | null): string => {
  if (from === null) return ""
  const end = to === null ? performance.timeOrigin + performance.now() : Date.parse(to)
  const seconds = Math.max(0, Math.round((end - Date.parse(from)) / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
