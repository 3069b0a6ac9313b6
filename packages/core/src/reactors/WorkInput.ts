/**
 * What the parts that an attempt is carried out with are told of it.
 *
 * @internal
 */
import type { RunSpec } from "../ports/AgentRunner.ts"
import type { Folder } from "../ports/ArtifactIntake.ts"
import type { PrepareInput } from "../ports/Workspace.ts"
import * as Prompt from "../rules/Prompt.ts"
import type * as Attempts from "../services/Attempts.ts"
import type { Tenure } from "../services/Tenure.ts"
import type { Bench, Order } from "./Work.ts"

// rules -----------------------------------------------------------------------

/** What the workspace is told. */
export const prepareInput = (
  { organization }: Tenure,
  { repository, run, task }: Attempts.Attempt
): PrepareInput => {
  const { baseCommit, headCommit } = task
  return {
    organizationId: organization,
    taskId: task.id,
    runId: run.id,
    branch: run.branch,
    repository: repository && { ...repository, organizationId: organization },
    previous: baseCommit === null || headCommit === null ? null : { baseCommit, headCommit }
  }
}

/** What the runner is told, but for what it asks. */
export const specOf = (
  bench: Bench,
  { attempt, stop, token }: Order,
  workspace: string,
  folder: Folder | undefined
): RunSpec => {
  const { agent, feedback, repository, run, task } = attempt
  const { limits } = bench
  const timeout = agent.config["timeout_seconds"]
  const apiUrl = bench.apiUrl()
  return {
    runId: run.id,
    taskId: task.id,
    attempt: run.attempt,
    agent: { id: agent.id, name: agent.name, model: agent.model, config: agent.config },
    prompt: Prompt.of(task, {
      hasRepository: repository !== null,
      hasFolder: folder !== undefined,
      feedback
    }),
    workspace,
    environment: {
      FOREMAN_TASK_ID: String(task.id),
      FOREMAN_TASK_TITLE: task.title,
      FOREMAN_TASK_PRIORITY: task.priority,
      FOREMAN_TASK_BRANCH: task.branch,
      FOREMAN_TASK_TEAM_ID: task.teamId,
      FOREMAN_RUN_ID: run.id,
      FOREMAN_RUN_ATTEMPT: String(run.attempt),
      FOREMAN_RUN_AGENT_ID: agent.id,
      FOREMAN_RUN_TOKEN: token,
      ...(folder === undefined ? {} : { FOREMAN_RUN_ARTIFACTS: folder.path }),
      ...(apiUrl === undefined ? {} : { FOREMAN_API_URL: apiUrl })
    },
    timeoutSeconds: typeof timeout === "number" && timeout > 0 ? timeout : limits.timeoutSeconds,
    maxOutputBytes: limits.maxOutputBytes,
    stop
  }
}

/** What the agent may do with its folder. */
export const accessOf = ({ task }: Attempts.Attempt): "read" | "write" => task.type

/** How what the agent left is committed. */
export const messageOf = ({ run, task }: Attempts.Attempt): string =>
  `${task.title}\n\nTask ${task.id}, run ${run.attempt}.`
