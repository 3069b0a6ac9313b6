/**
 * The tables of tasks and of the edges between them, as the fold of the events of tasks.
 *
 * @since 0.1.0
 */
import type { Row, Step } from "../ports/Driver.ts"
import * as ManagerTask from "../rules/ManagerTask.ts"
import * as Task from "../rules/Task.ts"
import { listed, type Projection } from "./Fold.ts"
import * as RowCodec from "./RowCodec.ts"

// rules -----------------------------------------------------------------------

/**
 * Tasks, with the edges between them as rows of `task_dependencies`.
 *
 * The store counts a task's open dependencies itself, next to the rows: when its edges change, and for
 * all that wait for it when a task is done.
 *
 * @category models
 * @since 0.1.0
 */
export const tasks: Projection<Task.Task, Task.TaskEvent> = {
  table: "tasks",
  folds: (type) => type.startsWith("task."),
  makes: (type) => type === "task.created",
  keyOf: ({ data }) => ({ id: data.taskId }),
  evolve: Task.evolve,
  ...RowCodec.make<Task.Task>(
    {
      id: "plain",
      teamId: "plain",
      title: "plain",
      description: "plain",
      status: "plain",
      priority: "priority",
      urgency: "urgency",
      type: "plain",
      projectId: "plain",
      moduleId: "plain",
      acceptance: "plain",
      scopes: "json",
      driId: "plain",
      assigneeId: "plain",
      dependsOn: "json",
      repoIds: "json",
      tags: "json",
      branch: "plain",
      metadata: "json",
      attempts: "plain",
      failures: "plain",
      rejections: "plain",
      isRework: "plain",
      hold: "plain",
      heldUntil: "instant",
      approvalId: "plain",
      approvalStatus: "plain",
      liveRunId: "plain",
      lastRunId: "plain",
      lastAgentId: "plain",
      lastOutcome: "plain",
      baseCommit: "plain",
      headCommit: "plain",
      createdAt: "instant",
      updatedAt: "instant",
      completedAt: "instant"
    },
    (task) => ({ board: ManagerTask.boardOf(task) })
  ),
  begins: { open_dependencies: 0, rank: 0 },
  also: (event) => edgesOf(event)
}

// internal --------------------------------------------------------------------

const edge = (taskId: number, dependsOnId: number): Row => ({
  task_id: taskId,
  depends_on_id: dependsOnId
})

const edgesOf = ({ data, type }: Task.TaskEvent): ReadonlyArray<Step> => {
  const counted: Step = {
    _tag: "Apply",
    name: "count_dependencies",
    parameters: { task: data.taskId }
  }
  const table = "task_dependencies"
  switch (type) {
    case "task.created": {
      const inserts = data.dependsOn.map((id): Step => ({
        _tag: "Insert",
        table,
        row: edge(data.taskId, id)
      }))
      const here = listed("task", data.taskId)
      return inserts.length === 0 ? [here] : [here, ...inserts, counted]
    }
    case "task.dependency_added":
      return [{ _tag: "Insert", table, row: edge(data.taskId, data.dependsOnId) }, counted]
    case "task.dependency_removed":
      return [{ _tag: "Delete", table, key: edge(data.taskId, data.dependsOnId) }, counted]
    case "task.status_changed":
      return data.to === "done"
        ? [{ _tag: "Apply", name: "unblock", parameters: { task: data.taskId } }]
        : []
    default:
      return []
  }
}
