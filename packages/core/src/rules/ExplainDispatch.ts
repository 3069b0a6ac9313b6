/**
 * What an explanation tells of dispatching: whether anybody does, what it would come to, and for whom a
 * task waits in the queue.
 *
 * @internal
 */
import { heldBy, isAwaited } from "./ExplainHolds.ts"
import type { Facts, Reason } from "./ExplainModel.ts"
import { isReady } from "./TaskQueue.ts"

// rules -----------------------------------------------------------------------

/** That nothing at all is started in the organisation. */
export const beforeAgents = (facts: Facts): ReadonlyArray<Reason> =>
  isAwaited(facts) && facts.isDispatchPaused
    ? [
        {
          code: "dispatch_paused",
          words: "Nothing new is started in its organization: its dispatch is paused",
          facts: {},
          todo: "Resume dispatch"
        }
      ]
    : []

/** What a task that an agent could have still waits for. */
export const afterAgents = (facts: Facts): ReadonlyArray<Reason> => {
  const nobody = isAwaited(facts) ? unattended(facts) : []
  return isQueued(facts)
    ? [...nobody, ...scoped(facts), ...tried(facts), ...waiting(facts), ...crowded(facts)]
    : nobody
}

// internal --------------------------------------------------------------------

const isQueued = ({ task }: Facts): boolean => isReady(task, { openDependencies: 0 })

const unattended = ({ lane, workers }: Facts): ReadonlyArray<Reason> => {
  const node = lane.name.split("@")[1]
  // Nobody dispatches where there is nobody to be started, and that is the reason then. A node looks
  // after its own also while its agents are paused.
  const isForNobody = workers.every(
    ({ isPaused, runner }) => runner === null || (isPaused && node === undefined)
  )
  if (lane.dispatcher !== null || isForNobody) return []
  return [
    {
      code: "nobody_dispatches",
      words:
        node === undefined
          ? "No server dispatches in its organization"
          : `Its repository lies on the node ${node}, where no server dispatches`,
      facts: { dispatcher: lane.name, ...(node === undefined ? {} : { node }) },
      todo:
        node === undefined
          ? `Start one (foreman serve); if one runs, ${turnedOff}`
          : `Start the server of the node ${node}; if it runs, ${turnedOff}`
    }
  ]
}

const turnedOff = "its dispatching is turned off by FOREMAN_DISPATCH=off"

/** Nobody is asked about a task before it could begin. */
const scoped = ({ heldBy }: Facts): ReadonlyArray<Reason> =>
  heldBy === null
    ? []
    : [
        {
          code: "scope_taken",
          words: `A run of task ${heldBy.taskId} may write what it wants to write`,
          facts: { task_id: heldBy.taskId, run_id: heldBy.runId },
          todo: "Nothing: it goes on when that run ends"
        }
      ]

const tried = (facts: Facts): ReadonlyArray<Reason> => {
  const { trial } = facts
  switch (trial?._tag) {
    case "Holds":
      return [heldBy(facts, trial.hold)]
    case "Forbidden":
      return [
        {
          code: "forbidden",
          words: `The policy forbids it: ${trial.reason}`,
          facts: { risk: trial.risk, rule: trial.rule, reason: trial.reason },
          todo: "Edit it so that it may begin, or cancel it"
        }
      ]
    case "Asks":
      return [
        {
          code: "approval_needed",
          words: `Before it begins a person is asked: ${trial.reason}`,
          facts: { risk: trial.risk, rule: trial.rule, reason: trial.reason },
          todo: "Decide the approval that its dispatch asks for"
        }
      ]
    default:
      return []
  }
}

const waiting = ({ hasAgent, queue, rival, workers }: Facts): ReadonlyArray<Reason> => {
  if (rival !== null) {
    return [
      {
        code: "scope_wanted",
        words: `Task ${rival} comes before it and is to write what it wants to write`,
        facts: { task_id: rival },
        todo: "Nothing: it goes on when that task's run ends"
      }
    ]
  }
  if (hasAgent) return []
  const usable = workers.filter(({ isPaused, runner }) => runner !== null && !isPaused)
  const busy = usable.filter(({ run }) => run !== null)
  if (usable.length === 0) return []
  if (busy.length === usable.length) {
    const works = busy.map(({ name, run }) => `${name} at task ${run?.taskId}`).slice(0, shownMost)
    return [
      {
        code: "agents_busy",
        words: `Every agent that may have it works: ${works.join(", ")}`,
        facts: {
          agents: busy.slice(0, shownMost).map(({ id, run }) => ({
            agent_id: id,
            task_id: run?.taskId,
            run_id: run?.runId
          })),
          before: queue?.before ?? 0
        },
        todo: "Nothing: it starts when one of them is free and no other task comes before it"
      }
    ]
  }
  const { before = 0, isMore = false } = queue ?? {}
  const come = `${before}${isMore ? " or more" : ""} come${before === 1 ? "s" : ""}`
  return [
    {
      code: "behind",
      words: `${come} before it, and take every agent that is free`,
      facts: { before, is_more: isMore },
      todo: "Nothing, or make it more urgent"
    }
  ]
}

const shownMost = 20

const crowded = ({ lane, mostRuns }: Facts): ReadonlyArray<Reason> => {
  const live = lane.dispatcher?.liveRuns ?? 0
  return mostRuns === null || live < mostRuns
    ? []
    : [
        {
          code: "no_room",
          words: `The dispatcher carries out ${live} runs, and no more than ${mostRuns} at once`,
          facts: { live_runs: live, most_runs: mostRuns },
          todo: "Nothing: it goes on when one of them ends"
        }
      ]
}
