/**
 * What an explanation is made of, for the tests of what it says.
 */
import * as Explain from "../../src/rules/Explain.ts"
import { AgentId, RunId, TaskId } from "../../src/rules/Identifier.ts"
import * as Lease from "../../src/rules/Lease.ts"
import type { Run } from "../../src/rules/Run.ts"
import * as Task from "../../src/rules/Task.ts"

export const id = "01900000-0000-7000-8000-000000000001"
export const runId = RunId.make(id)

/** An engineer who could have the task. */
export const ada: Explain.Worker = {
  id: AgentId.make(id),
  name: "ada",
  role: "engineer",
  isPaused: false,
  runner: "codex",
  run: null
}

export const dispatcher = { name: "dispatcher", holder: "a", until: "2026-01-01T00:00:06.000000Z" }

/** A task that nothing is in the way of, but for what is given. */
export const factsOf = (
  task: Partial<Task.Task> = {},
  given: Partial<Explain.Facts> = {}
): Explain.Facts => ({
  task: Task.example({ id: TaskId.make(42), ...task }),
  openDependencies: 0,
  dependencies: [],
  approval: null,
  isDispatchPaused: false,
  workers: [ada],
  lane: { name: "dispatcher", dispatcher: { ...dispatcher, liveRuns: 0 } },
  mostRuns: null,
  trial: { _tag: "Begins" },
  queue: { before: 0, isMore: false },
  hasAgent: true,
  heldBy: null,
  rival: null,
  run: null,
  sign: null,
  terms: Lease.defaults,
  lastRun: null,
  questions: [],
  review: null,
  mergeJob: null,
  ...given
})

/** A run of that task. */
export const run: Run = {
  id: runId,
  taskId: TaskId.make(42),
  agentId: ada.id,
  attempt: 2,
  status: "running",
  runner: "codex",
  holder: "a",
  repositoryId: null,
  branch: "task-42",
  workspace: null,
  baseCommit: null,
  headCommit: null,
  exitCode: null,
  cause: null,
  answer: null,
  outputId: null,
  spans: [],
  queuedAt: "2026-01-01T00:00:00.000000Z",
  startedAt: null,
  endedAt: null
}

export const codesOf = (facts: Explain.Facts): ReadonlyArray<Explain.Code> =>
  Explain.explain(facts).reasons.map(({ code }) => code)
