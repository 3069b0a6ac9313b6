/**
 * The edges of the task graph: adding and removing them, with no cycle ever.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Row, Step } from "../ports/Driver.ts"
import { TaskId } from "../rules/Identifier.ts"
import type { Task } from "../rules/Task.ts"
import * as TaskGraph from "../rules/TaskGraph.ts"
import * as Projection from "./Projection.ts"
import { decided, type Shell } from "./Shell.ts"
import { changing, reliedOn, taskOf } from "./TaskSession.ts"
import type { Tasks } from "./Tasks.ts"

// services --------------------------------------------------------------------

/**
 * The part of `Tasks` that changes dependencies.
 *
 * The path that would close a cycle is asked twice: before the decision, for the refusal, and where
 * the batch is written, where two edges that are added at once meet.
 *
 * @category services
 * @since 0.1.0
 */
export const makeDependencies = (
  shell: Shell["Service"]
): Pick<Tasks["Service"], "addDependency" | "removeDependency"> => ({
  addDependency: Effect.fnUntraced(function* ({ dependsOnId, taskId }) {
    const { organization } = yield* taskOf(shell, taskId)
    return yield* shell.transact(
      { organization, queue: `task:${taskId}` },
      Effect.fnUntraced(function* (session) {
        const task = yield* reliedOn(session, taskId)
        const other = yield* session.get(Projection.tasks, { id: dependsOnId })
        const asked = { from: dependsOnId, to: taskId }
        const path = yield* session.driver.ask(organization, "path", asked)
        const facts = { isKnown: other !== undefined, path: pathOf(path) }
        const events = yield* decided(TaskGraph.add(task, dependsOnId, facts))
        const guards: ReadonlyArray<Step> = [
          { _tag: "Ask", name: "path", parameters: asked, expect: "none" }
        ]
        return {
          events,
          guards,
          answer: ({ after }) => after<Task>(Projection.tasks, { id: taskId }),
          onGuard: (rows) => TaskGraph.cycleOf(taskId, pathOf(rows))
        }
      })
    )
  }),
  removeDependency: ({ dependsOnId, taskId }) =>
    changing(shell, taskId, (task) => decided(TaskGraph.remove(task, dependsOnId)))
})

// internal --------------------------------------------------------------------

const pathOf = (rows: ReadonlyArray<Row>): ReadonlyArray<TaskId> =>
  rows.map((row) => TaskId.make(Number(row["id"])))
