/**
 * What an explanation tells of a task that is kept out of the queue: its hold, its dependencies.
 *
 * @internal
 */
import type { Code, Facts, Reason } from "./ExplainModel.ts"
import { factsOfRun, wordsOfRun } from "./ExplainRun.ts"
import type { Run } from "./RunEvent.ts"
import { isReady } from "./TaskQueue.ts"
import type { Hold } from "./TaskWords.ts"

// rules -----------------------------------------------------------------------

/** Why a task that could be dispatched is not in the queue, but for what ends at a time. */
export const reasonsOf = (facts: Facts): ReadonlyArray<Reason> => {
  const { hold, isRework, status } = facts.task
  const isQueued =
    facts.run === null && (status === "todo" || (status === "in_progress" && isRework))
  const isHeld = facts.run === null && hold !== null && !isTimed(hold)
  const held = isHeld ? [heldBy(facts, hold)] : []
  return isQueued ? [...held, ...(status === "todo" ? dependenciesOf(facts) : [])] : held
}

/**
 * Until when a task stays out of the queue. Where something else is in its way as well, nothing is
 * promised for then.
 */
export const timed = (facts: Facts, isKept: boolean): ReadonlyArray<Reason> => {
  const { hold } = facts.task
  if (facts.run !== null || hold === null || !isTimed(hold)) return []
  const reason = heldBy(facts, hold)
  const todo = "Nothing: this ends by itself then; what else is in its way does not"
  return [isKept ? { ...reason, todo } : reason]
}

/** Whether a task is in the queue once others are done, or comes back to it at a time. */
export const isAwaited = ({ task }: Pick<Facts, "task">): boolean => {
  const { hold } = task
  const isPassing = hold !== null && isTimed(hold)
  return isReady(isPassing ? { ...task, hold: null } : task, { openDependencies: 0 })
}

/** What a hold says, whether the task has it or its dispatch would end with it. */
export const heldBy = (facts: Facts, hold: Hold): Reason => {
  const { approval, task } = facts
  const [code, words, todo] = holds[hold](facts)
  const ended = endedBy(facts)
  return {
    code,
    words,
    facts: {
      ...(ended === null ? {} : factsOfRun(ended)),
      ...(task.heldUntil === null ? {} : { until: task.heldUntil }),
      ...(approval === null || !hold.startsWith("approval")
        ? {}
        : {
            approval_id: approval.id,
            risk: approval.risk,
            rule: approval.rule,
            reason: approval.reason,
            expires_at: approval.expiresAt,
            rejection_reason: approval.rejectionReason
          })
    },
    todo
  }
}

/** The run by whose end a task came to be held, where its hold tells of that. */
export const endedBy = ({ lastRun, task: { hold } }: Facts): Run | null => {
  const hasFailed = lastRun?.status === "failed" || lastRun?.status === "lost"
  return hold !== null && afterRuns.has(hold) && hasFailed ? lastRun : null
}

// internal --------------------------------------------------------------------

const afterRuns: ReadonlySet<Hold> = new Set<Hold>([
  "dead_letter",
  "repository_unusable",
  "runner_unusable"
])

const isTimed = (hold: Hold): boolean => hold === "backoff" || hold === "quota"

type Said = readonly [code: Code, words: string, todo: string]

const retry = "Retry or edit it"

const holds: Readonly<Record<Hold, (facts: Facts) => Said>> = {
  approval: ({ approval, task }) => [
    "approval_pending",
    `A person is asked whether it may be dispatched${because(approval?.reason)}`,
    `Approve or reject approval ${approval?.id ?? task.approvalId ?? ""}`
  ],
  approval_rejected: ({ approval }) => [
    "approval_rejected",
    `Its dispatch was rejected${because(approval?.rejectionReason ?? approval?.reason)}`,
    "Edit it so that it may be approved, or cancel it"
  ],
  approval_expired: () => [
    "approval_expired",
    "Nobody decided in time whether it may be dispatched",
    "Retry it, which asks again"
  ],
  backoff: ({ lastRun, task }) => [
    "backoff",
    `Its latest run ${lastRun?.status === "lost" ? "was lost" : "failed"}${until(task.heldUntil)}`,
    "Nothing: it is tried again then; a retry does so at once"
  ],
  quota: ({ task }) => [
    "quota",
    `Its runner has used up what it may use${until(task.heldUntil)}`,
    "Nothing: it is tried again then; a retry does so at once"
  ],
  dead_letter: (facts) => [
    "dead_letter",
    `${facts.task.failures} runs of it failed in a row, and no more are tried${lastOf(facts)}`,
    "Look at the output of its last run, then retry it"
  ],
  // Reviews and landings are counted together.
  rejected: ({ task }) => [
    "rejected",
    `It was sent back ${task.rejections} times, the last time by a review`,
    "Say in its description what is wanted, then retry it"
  ],
  landing_failed: ({ task }) => [
    "landing_failed",
    `It was sent back ${task.rejections} times, the last time because its change could not land`,
    retry
  ],
  repository_needed: () => [
    "repository_needed",
    "Its team has several repositories, and neither it nor its project names one",
    "Give it one with repo_ids"
  ],
  repository_unusable: (facts) => [
    "repository_unusable",
    `The path of its repository is not one that Foreman can use${heldFor(facts)}`,
    "Mend the repository, then retry it"
  ],
  home_away: () => [
    "home_away",
    "Its repository lies on another node, which is away",
    "Start that node; it goes on by itself then"
  ],
  runner_unusable: (facts) => [
    "runner_unusable",
    `Its agent's runner is missing, or its configuration is wrong${heldFor(facts)}`,
    facts.lastRun?.runner === "local"
      ? "Start the server with FOREMAN_RUNNER set as before, then retry it"
      : "Mend the agent's config.runner, then retry it"
  ],
  paused: () => ["paused", "A person has put it aside", retry]
}

/** What the run said by which it came to be held. */
const heldFor = (facts: Facts): string => because(endedBy(facts)?.cause)

/** How the run ended that was the last to be tried. */
const lastOf = (facts: Facts): string => {
  const run = endedBy(facts)
  return run === null ? "" : because(wordsOfRun(run).replace("Run", "run"))
}

const because = (reason: string | null | undefined): string =>
  reason === undefined || reason === null || reason === "" ? "" : `: ${reason}`

const until = (instant: string | null): string =>
  instant === null ? "" : `; the next is not begun before ${instant}`

const dependenciesOf = ({ dependencies, openDependencies }: Facts): ReadonlyArray<Reason> => {
  const cancelled = dependencies.filter(({ status }) => status === "cancelled")
  const open = dependencies.filter(({ status }) => status !== "cancelled")
  const unread = Math.max(0, openDependencies - dependencies.length)
  const gone: ReadonlyArray<Reason> = cancelled.map(({ id }) => ({
    code: "dependency_cancelled",
    words: `It waits for task ${id}, which was cancelled and will never be done`,
    facts: { task_id: id, status: "cancelled" },
    todo: `Remove the dependency on task ${id}`
  }))
  const count = open.length + unread
  if (count === 0) return gone
  const named = open.map(({ id, status }) => `${id} (${status})`).join(", ")
  const [tasks, are] = count === 1 ? ["task", "is"] : ["tasks", "are"]
  const more = unread > 0 ? ` and ${unread} more` : ""
  return [
    ...gone,
    {
      code: "dependency_open",
      words: `It starts when ${tasks} ${named}${more} ${are} done`,
      facts: {
        tasks: open.map(({ id, status }) => ({ task_id: id, status })),
        ...(unread > 0 ? { more: unread } : {})
      },
      todo: "Finish them, or remove the dependencies"
    }
  ]
}
