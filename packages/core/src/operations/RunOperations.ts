/**
 * What can be asked about runs.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { RunId, TaskId } from "../rules/Identifier.ts"
import * as Run from "../rules/Run.ts"
import { Output } from "./Answers.ts"
import * as Operation from "./Operation.ts"

// services --------------------------------------------------------------------

export const listTaskRuns = Operation.makeList("list_task_runs", {
  title: "List task runs",
  description: "Lists the runs of a task, latest attempt first. An unknown task has none.",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/tasks/:task_id/runs" },
  cli: "run list",
  input: { taskId: TaskId },
  item: Run.Run,
  errors: [],
  tool: false
})

export const getTaskRun = Operation.make("get_task_run", {
  title: "Get task run",
  description: "Shows a run: where it stands, how it ended, what its agent said last.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/task-runs/:run_id" },
  cli: "run show",
  input: { runId: RunId },
  output: Run.Run,
  errors: [Run.RunNotFound],
  tool: false
})

export const getTaskRunOutput = Operation.make("get_task_run_output", {
  title: "Get task run output",
  description: "Reads what a run wrote, in parts of at most 1 MiB.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/task-runs/:run_id/output" },
  cli: "run output",
  input: {
    runId: RunId,
    offset: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(0))
    ),
    length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_048_576 })).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(65_536))
    )
  },
  output: Output,
  errors: [Run.RunNotFound, Run.OutputNotFound],
  tool: false
})
