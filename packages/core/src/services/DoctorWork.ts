/**
 * What the doctor sees in the story that the events tell: tasks, runs and merge jobs, in order.
 *
 * It keeps its own account and asks no rule what happens, so that a rule that is wrong shows.
 *
 * @internal
 */
import type { DomainEvent } from "../events/EventTypes.ts"
import * as Task from "../rules/Task.ts"
import { placeOf, type Seen } from "./DoctorLog.ts"
import { type Jobs, makeJobs } from "./DoctorJobs.ts"
import { makeLeases } from "./DoctorLeases.ts"
import { makeApprovals } from "./DoctorApprovals.ts"
import { makeRequests } from "./DoctorRequests.ts"
import type { Tally } from "./DoctorTally.ts"

// models ----------------------------------------------------------------------

/** An account of the work of one organisation. */
export interface Work {
  readonly look: (seen: Seen) => void
  /** The log is at its end: now look at how things stand. */
  readonly close: () => void
}

/** What the account says of a task. */
interface Known {
  status: Task.Status
  /** Why it stands there. */
  reason: string
  dependsOn: ReadonlyArray<number>
  attempts: number
}

// services --------------------------------------------------------------------

/** Begins an account. */
export const make = (tally: Tally): Work => {
  const tasks = new Map<number, Known>()
  const runs = makeRuns(tally, tasks)
  const jobs = makeJobs(tally)
  const leases = makeLeases(tally)
  const requests = makeRequests(tally)
  const approvals = makeApprovals(tally)
  return {
    look: ({ event, stored }) => {
      if (event === undefined) return
      const place = placeOf(stored)
      lookAtTask(tally, tasks, event, place)
      runs(event, place)
      jobs.look(event, place)
      leases.look(event, place)
      requests(event, place)
      approvals(event, stored, place)
    },
    close: () => {
      leases.close()
      for (const [id, task] of tasks) closeTask({ tally, tasks, jobs }, id, task)
      const cycle = cycleIn(tasks)
      for (const id of tasks.keys()) {
        tally.judge("I-21", `task ${id}`, cycle.has(id) ? "waits for itself" : undefined)
      }
    }
  }
}

// internal --------------------------------------------------------------------

const lookAtTask = (
  tally: Tally,
  tasks: Map<number, Known>,
  event: DomainEvent,
  place: string
): void => {
  if (event.type === "task.created") {
    const { dependsOn, taskId } = event.data
    for (const id of dependsOn) judgeEdge(tally, tasks, place, [taskId, id], [])
    const doubles = new Set(dependsOn).size < dependsOn.length
    tally.judge("I-21", place, doubles ? "names a dependency twice" : undefined)
    tasks.set(taskId, { status: "todo", reason: "created", dependsOn, attempts: 0 })
    return
  }
  if (event.type === "task.dependency_added") {
    const { dependsOnId, taskId } = event.data
    const task = tasks.get(taskId)
    judgeEdge(tally, tasks, place, [taskId, dependsOnId], task?.dependsOn ?? [])
    if (task !== undefined) task.dependsOn = [...task.dependsOn, dependsOnId]
    return
  }
  if (event.type === "task.dependency_removed") {
    const { dependsOnId, taskId } = event.data
    const task = tasks.get(taskId)
    if (task !== undefined) task.dependsOn = task.dependsOn.filter((id) => id !== dependsOnId)
    return
  }
  if (event.type !== "task.status_changed") return
  const { from, reason, taskId, to } = event.data
  const task = tasks.get(taskId)
  judgeMove(tally, place, task?.status, { from, to })
  if (to === "in_progress") {
    const open = openOf(tasks, task?.dependsOn ?? [])
    tally.judge("I-19", place, open.length > 0 ? `begins before ${named(open)}` : undefined)
  }
  if (task === undefined) return
  task.status = to
  task.reason = reason
}

const judgeMove = (
  tally: Tally,
  place: string,
  is: Task.Status | undefined,
  { from, to }: { readonly from: Task.Status; readonly to: Task.Status }
): void => {
  const isKnown = is === from
  const isAllowed = Task.transitions[from].includes(to)
  const strange = isKnown ? undefined : `moves from ${from}, but the task is ${is ?? "not there"}`
  tally.judge("I-18", place, isAllowed ? strange : `moves from ${from} to ${to}`)
  const isOver = Task.isFinal(from) || (is !== undefined && Task.isFinal(is))
  tally.judge("I-22", place, isOver ? `leaves ${is ?? from}` : undefined)
}

const judgeEdge = (
  tally: Tally,
  tasks: ReadonlyMap<number, Known>,
  place: string,
  [from, to]: readonly [number, number],
  present: ReadonlyArray<number>
): void => {
  const isThere = tasks.has(to)
  const problem = present.includes(to) ? `names task ${to} again` : undefined
  const missing = isThere ? problem : `names task ${to}, which is not there`
  tally.judge("I-21", place, from === to ? "waits for itself" : missing)
}

/** The dependencies that are not done. */
const openOf = (
  tasks: ReadonlyMap<number, Known>,
  dependsOn: ReadonlyArray<number>
): ReadonlyArray<number> => dependsOn.filter((id) => tasks.get(id)?.status !== "done")

const named = (ids: ReadonlyArray<number>): string => ids.map((id) => `task ${id}`).join(", ")

interface Account {
  readonly tally: Tally
  readonly tasks: ReadonlyMap<number, Known>
  readonly jobs: Jobs
}

const underWay: ReadonlySet<Task.Status> = new Set([
  "in_progress",
  "in_review",
  "in_approval",
  "merging"
])

const closeTask = ({ jobs, tally, tasks }: Account, id: number, task: Known): void => {
  const place = `task ${id}`
  const open = underWay.has(task.status) ? openOf(tasks, task.dependsOn) : []
  const waits = open.length > 0 ? `is ${task.status} and waits for ${named(open)}` : undefined
  tally.judge("I-20", place, waits)
  const { landed, queued } = jobs.of(id)
  const isMerging = task.status === "merging"
  const isLanded = task.status === "done" && task.reason === "landed"
  // Whoever moves a task to merging by hand may have nothing that a job could land.
  const isExpected = isMerging && task.reason !== "asked"
  const fewest = isExpected ? 1 : 0
  const most = isMerging ? 1 : 0
  const misqueued = queued < fewest || queued > most
  const mislanded = landed !== (isLanded ? 1 : 0)
  const jobsOf = `is ${task.status} (${task.reason}) with ${queued} open and ${landed} landed jobs`
  tally.judge("I-24", place, misqueued || mislanded ? jobsOf : undefined)
}

/** The tasks on a cycle, or that wait for one: those that are left when all others are taken out. */
const cycleIn = (tasks: ReadonlyMap<number, Known>): ReadonlySet<number> => {
  const waiting = new Map<number, number>()
  const dependents = new Map<number, Array<number>>()
  for (const [id, { dependsOn }] of tasks) {
    const known = dependsOn.filter((other) => tasks.has(other))
    waiting.set(id, known.length)
    for (const other of known) {
      const list = dependents.get(other) ?? []
      list.push(id)
      dependents.set(other, list)
    }
  }
  const free = [...waiting].flatMap(([id, count]) => (count === 0 ? [id] : []))
  const left = new Set(tasks.keys())
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    left.delete(id)
    for (const dependent of dependents.get(id) ?? []) {
      const count = (waiting.get(dependent) ?? 0) - 1
      waiting.set(dependent, count)
      if (count === 0) free.push(dependent)
    }
  }
  return left
}

/** Follows runs: which are live, and how they end. */
const makeRuns = (tally: Tally, tasks: ReadonlyMap<number, Known>) => {
  const live = new Map<string, string>()
  const over = new Set<string>()
  const newest = new Map<number, number>()
  const places = (run: { readonly agentId?: string | undefined; readonly taskId: number }) => [
    `task ${run.taskId}`,
    ...(run.agentId === undefined ? [] : [`agent ${run.agentId}`])
  ]
  const agents = new Map<string, string>()
  return (event: DomainEvent, place: string): void => {
    if (event.type === "run.queued") {
      const { agentId, attempt, runId, taskId } = event.data
      for (const holder of places({ agentId, taskId })) {
        const other = live.get(holder)
        tally.judge("I-26", place, other === undefined ? undefined : `${holder} has run ${other}`)
        live.set(holder, runId)
      }
      const task = tasks.get(taskId)
      const next = (task?.attempts ?? 0) + 1
      const problem = attempt === next ? undefined : `is attempt ${attempt}, not ${next}`
      tally.judge("I-27", place, problem)
      const latest = newest.get(taskId) ?? 0
      tally.judge("I-30", place, attempt > latest ? undefined : `${attempt} follows ${latest}`)
      newest.set(taskId, Math.max(latest, attempt))
      if (task !== undefined) task.attempts += 1
      agents.set(runId, agentId)
      return
    }
    if (!event.type.startsWith("run.") || !("runId" in event.data)) return
    const { runId, taskId } = event.data
    // Only events of other things have no run.
    if (runId === null || taskId === null) return
    const isOver = over.has(runId)
    if (!("cause" in event.data)) {
      tally.judge("I-34", place, isOver ? "follows the end of its run" : undefined)
      return
    }
    const uncaused = event.data.cause === "" ? "has no cause" : undefined
    tally.judge("I-34", place, isOver ? "ends its run again" : uncaused)
    over.add(runId)
    for (const holder of places({ agentId: agents.get(runId), taskId })) {
      if (live.get(holder) === runId) live.delete(holder)
    }
  }
}
