/**
 * What holds of tasks and their runs: one move from each status, one live run at a time, one end, one
 * start of an agent, and nothing written by a holder that was frozen past its lease.
 *
 * @since 0.1.0
 */
import type { Logged } from "./Checker.ts"
import type { Findings } from "./Findings.ts"
import type { Command, Start } from "./History.ts"

// rules -----------------------------------------------------------------------

/** Every move of a task begins where the one before it ended: nobody won the same move twice. */
export const lookAtTasks = (findings: Findings, events: ReadonlyArray<Logged>): void => {
  const statuses = new Map<number, string>()
  for (const { data, position, type } of events) {
    if (type !== "task.status_changed") continue
    const task = Number(data["task_id"])
    const present = statuses.get(task) ?? "todo"
    const { from, to } = data
    const what = () => `task ${task} moves from ${String(from)} at ${position}, it is ${present}`
    findings.judge("moves", from === present, what)
    statuses.set(task, String(to))
  }
}

/** A task that goes on by itself later is let go of when it is tried again, any other is put back. */
export const lookAtRetries = (
  findings: Findings,
  events: ReadonlyArray<Logged>,
  commands: ReadonlyArray<Command>
): void => {
  const retries = new Set(
    commands.filter(({ name }) => name === "retry_task").map(({ key }) => key)
  )
  const requeued = new Set<number>()
  for (const { command, data, position, type } of events) {
    const task = Number(data["task_id"])
    if (retries.has(command)) {
      const wanted = requeued.has(task) ? "task.released" : "task.status_changed"
      findings.judge("retries", type === wanted, () => `${type} at ${position} is no ${wanted}`)
    }
    if (type === "task.requeued") requeued.add(task)
    if (type === "task.dispatched" || type === "task.status_changed") requeued.delete(task)
  }
}

/** Attempts count 1, 2, 3; a task and an agent have one live run at a time; a run ends once. */
export const lookAtRuns = (findings: Findings, events: ReadonlyArray<Logged>): void => {
  const attempts = new Map<number, number>()
  const live = new Map<string, string>()
  const over = new Set<string>()
  const hold = (owner: string, run: string, position: number) => {
    const present = live.get(owner)
    const what = () => `${owner} has run ${run} at ${position}, and ${present} is live`
    findings.judge("double starts", present === undefined, what)
    live.set(owner, run)
  }
  for (const { data, position, type } of events) {
    if (!type.startsWith("run.")) continue
    const run = String(data["run_id"])
    const task = Number(data["task_id"])
    findings.judge("run ends", !over.has(run), () => `${type} of run ${run} at ${position}`)
    if (type === "run.queued") {
      const attempt = (attempts.get(task) ?? 0) + 1
      attempts.set(task, attempt)
      const found = Number(data["attempt"])
      findings.judge("attempts", found === attempt, () => `attempt ${found} of task ${task}`)
      hold(`task ${task}`, run, position)
      hold(`agent ${String(data["agent_id"])}`, run, position)
    }
    if (!ends.has(type)) continue
    over.add(run)
    for (const [owner, present] of live) if (present === run) live.delete(owner)
  }
  for (const [owner, run] of live) {
    findings.judge("stuck", false, () => `${owner} still has run ${run}`)
  }
}

/** An agent is started once for its run, and for none that was not queued. */
export const lookAtStarts = (
  findings: Findings,
  events: ReadonlyArray<Logged>,
  starts: ReadonlyArray<Start>
): void => {
  const queued = new Set(
    events.filter(({ type }) => type === "run.queued").map(({ data }) => String(data["run_id"]))
  )
  const begun = new Map<string, string>()
  for (const { node, runId } of starts) {
    const before = begun.get(runId)
    findings.judge("agents", queued.has(runId), () => `run ${runId} was never queued`)
    const what = () => `run ${runId} was started by ${before} and by ${node}`
    findings.judge("agents", before === undefined, what)
    begun.set(runId, node)
  }
}

/** After another one has dispatched, a holder that slept past its lease dispatches no more. */
export const lookAtFrozen = (
  findings: Findings,
  events: ReadonlyArray<Logged>,
  frozen: string
): void => {
  let wasHolder = false
  let successor: string | undefined
  for (const { data, position, type } of events) {
    if (type !== "run.queued") continue
    const holder = String(data["holder"])
    const isLate = holder === frozen && successor !== undefined
    const what = () => `${holder} queued a run at ${position}, after ${successor} had`
    findings.judge("fencing", !isLate, what)
    if (holder === frozen) wasHolder = true
    else if (wasHolder) successor ??= holder
  }
  const isOver = !wasHolder || successor !== undefined
  findings.judge("fencing", isOver, () => `${frozen} had no successor`)
}

// internal --------------------------------------------------------------------

const ends = new Set(["run.succeeded", "run.failed", "run.cancelled", "run.lost"])
