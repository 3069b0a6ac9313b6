/**
 * What can be asked about why things stand as they do.
 *
 * @since 0.1.0
 */
import { Explanation } from "../rules/Explain.ts"
import { TaskId } from "../rules/Identifier.ts"
import { TaskNotFound } from "../rules/Task.ts"
import * as Operation from "./Operation.ts"

// services --------------------------------------------------------------------

export const explainTask = Operation.make("explain_task", {
  title: "Explain task",
  description:
    "Says why a task is or is not running: what is in its way, what to do about it, and its place in " +
    "the queue. The first reason is the one to act on.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/tasks/:task_id/explain" },
  cli: "explain task",
  input: { taskId: TaskId },
  output: Explanation,
  errors: [TaskNotFound],
  tool: { roles: ["manager"] }
})
