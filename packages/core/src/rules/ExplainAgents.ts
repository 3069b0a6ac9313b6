/**
 * What an explanation tells of who could do a task.
 *
 * @internal
 */
import { isAwaited } from "./ExplainHolds.ts"
import type { Facts, Reason, Worker } from "./ExplainModel.ts"

// rules -----------------------------------------------------------------------

/** Why no agent can be given a task, however long it waits. */
export const reasonsOf = (facts: Facts): ReadonlyArray<Reason> => {
  if (!isAwaited(facts)) return []
  const { assigneeId } = facts.task
  const found =
    assigneeId === null ? anyEngineer(facts.workers) : assignee(facts.workers, assigneeId)
  return found === undefined ? [] : [found]
}

// internal --------------------------------------------------------------------

const assignee = ([worker]: ReadonlyArray<Worker>, id: string): Reason | undefined => {
  const facts = { agent_id: id, ...(worker === undefined ? {} : { name: worker.name }) }
  if (worker === undefined) {
    return {
      code: "assignee_unknown",
      words: "The agent that it is assigned to is not there",
      facts,
      todo: "Assign it to somebody else"
    }
  }
  if (worker.runner === null) {
    return {
      code: "assignee_without_runner",
      words: `${worker.name} has no runner: nothing is started for it, it takes tasks by itself`,
      facts,
      todo: `Let ${worker.name} take it, give it config.runner, or assign it to somebody else`
    }
  }
  return worker.isPaused
    ? {
        code: "assignee_paused",
        words: `${worker.name}, to whom it is assigned, is paused`,
        facts,
        todo: `Resume ${worker.name}, or assign it to somebody else`
      }
    : undefined
}

const anyEngineer = (workers: ReadonlyArray<Worker>): Reason | undefined => {
  if (workers.length === 0) {
    return {
      code: "no_agent",
      words: "Nobody is assigned, and its team has no engineer",
      facts: {},
      todo: "Create an engineer whose config names a runner, or assign the task"
    }
  }
  const driven = workers.filter(({ runner }) => runner !== null)
  if (driven.length === 0) {
    return {
      code: "agents_without_runner",
      words: "No engineer of its team has a runner: they take tasks by themselves",
      facts: { agent_ids: workers.map(({ id }) => id) },
      todo: "Let one of them take it, or give one config.runner"
    }
  }
  return driven.every(({ isPaused }) => isPaused)
    ? {
        code: "agents_paused",
        words: "Every engineer of its team who has a runner is paused",
        facts: { agent_ids: driven.map(({ id }) => id) },
        todo: "Resume one of them"
      }
    : undefined
}
