/**
 * Why a task is or is not running: what stands in its way, in words, with the facts and what to do.
 *
 * A pure reading of facts. Whether a dispatch would begin is not judged here once more: it is a fact,
 * found by rehearsing the dispatcher's own command.
 *
 * @since 0.1.0
 */
import * as Agents from "./ExplainAgents.ts"
import * as Dispatch from "./ExplainDispatch.ts"
import * as Holds from "./ExplainHolds.ts"
import type { Explanation, Facts, Reason, State } from "./ExplainModel.ts"
import { shown } from "./ExplainRun.ts"
import { silenceOf } from "./ExplainSilence.ts"
import * as Work from "./ExplainWork.ts"
import { isFinal } from "./Task.ts"

// rules -----------------------------------------------------------------------

/**
 * Explains a task.
 *
 * The first reason is the one to do something about: what only a person can change comes before what
 * passes by itself.
 *
 * @category rules
 * @since 0.1.0
 */
export const explain = (facts: Facts): Explanation => {
  const { lastRun, queue, task } = facts
  const firm = checks.flatMap((check) => check(facts))
  const reasons = [...firm, ...Holds.timed(facts, firm.length > 0)]
  const state = stateOf(facts, reasons)
  return {
    taskId: task.id,
    status: task.status,
    state,
    words: wordsOf(facts, state, reasons),
    reasons,
    queue: state === "next" || state === "waiting" ? queue : null,
    dispatcher: facts.lane.dispatcher,
    run: facts.run === null ? null : shown(facts.run, silenceOf(facts)),
    lastRun: lastRun === null ? null : shown(lastRun)
  }
}

export * from "./ExplainModel.ts"

// internal --------------------------------------------------------------------

/** What may stand in a task's way and ends at no time of its own, in the order of what to do first. */
const checks: ReadonlyArray<(facts: Facts) => ReadonlyArray<Reason>> = [
  Work.reasonsOf,
  Holds.reasonsOf,
  Dispatch.beforeAgents,
  Agents.reasonsOf,
  Dispatch.afterAgents
]

const stateOf = ({ run, task }: Facts, reasons: ReadonlyArray<Reason>): State => {
  if (isFinal(task.status)) return "over"
  if (run !== null) return "running"
  return reasons.length > 0 ? "waiting" : "next"
}

const wordsOf = (facts: Facts, state: State, [first]: ReadonlyArray<Reason>) => {
  const { queue, run, task } = facts
  const named = `Task ${task.id}`
  switch (state) {
    case "over":
      return `${named} is ${task.status}.`
    case "running": {
      const doing = run?.status === "running" ? "is running" : "is being started"
      const silence = silenceOf(facts)
      if (silence !== null) return `${named} ${doing} as far as is known: ${silence.words}.`
      return `${named} ${doing}${first === undefined ? "." : `; ${lower(first.words)}`}`
    }
    case "waiting":
      return `${named} is not running: ${lower(first?.words ?? "")}`
    case "next": {
      const before = queue?.before ?? 0
      return before === 0
        ? `${named} is next: the dispatcher starts it as soon as it has room.`
        : `${named} starts as soon as the dispatcher has room; ${before} before it have agents too.`
    }
  }
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
