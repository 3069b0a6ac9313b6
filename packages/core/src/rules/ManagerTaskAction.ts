/**
 * What a manager may do with a task in each state, and why not where it may not.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { State } from "./ManagerTask.ts"

// models ----------------------------------------------------------------------

/**
 * What a manager may wish for a task.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Action = Schema.Literals(["dispatch", "cancel", "reprioritize", "retry"])
export type Action = typeof Action.Type

/**
 * An action of the task's page: a command, or a way to another page.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PageAction = Schema.Literals([
  "dispatch",
  "cancel",
  "reprioritize",
  "retry",
  "open_latest_run",
  "open_approval_workbench"
])
export type PageAction = typeof PageAction.Type

/**
 * What beside the state decides over actions.
 *
 * @category models
 * @since 0.1.0
 */
export interface Around {
  readonly openDependencies: number
  readonly hasRun: boolean
  readonly hasApproval: boolean
}

// rules -----------------------------------------------------------------------

/**
 * Why an action is not to be had in a state; null where it is.
 *
 * @category rules
 * @since 0.1.0
 */
export const matrix: Readonly<Record<State, Readonly<Record<Action, string | null>>>> = {
  ready: { dispatch: null, cancel: null, reprioritize: null, retry: "Task not failed" },
  leased: { dispatch: null, cancel: null, reprioritize: null, retry: "Task not failed" },
  waiting_approval: {
    dispatch: "Waiting approval",
    cancel: null,
    reprioritize: null,
    retry: "Task not failed"
  },
  approved_pending_dispatch: {
    dispatch: "Use approval workbench retry-dispatch",
    cancel: null,
    reprioritize: null,
    retry: "Task not failed"
  },
  running: {
    dispatch: "Already running",
    cancel: null,
    reprioritize: null,
    retry: "Task not failed"
  },
  failed: {
    dispatch: "Use retry for failed tasks",
    cancel: null,
    reprioritize: null,
    retry: null
  },
  completed: {
    dispatch: "Already completed",
    cancel: "Already completed",
    reprioritize: "Already completed",
    retry: "Task not failed"
  },
  canceled: {
    dispatch: "Task canceled",
    cancel: "Task canceled",
    reprioritize: "Task canceled",
    retry: "Task canceled"
  }
}

/**
 * Why an action of the page is not to be had, or null. A task that waits for others is not started
 * by hand either.
 *
 * **Example** (What is over)
 *
 * ```ts import.meta.vitest
 * import { ManagerTask } from "@foreman/core"
 *
 * const around = { openDependencies: 0, hasRun: true, hasApproval: false }
 *
 * ManagerTask.disabled("canceled", "retry", around) // => "Task canceled"
 * ManagerTask.disabled("failed", "retry", around) // => null
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const disabled = (state: State, action: PageAction, around: Around): string | null => {
  switch (action) {
    case "open_latest_run":
      return around.hasRun ? null : "No latest run"
    case "open_approval_workbench":
      return around.hasApproval ? null : "No approval history"
    case "dispatch": {
      const waits = state === "ready" && around.openDependencies > 0
      return waits ? "Waiting for other tasks" : matrix[state].dispatch
    }
    default:
      return matrix[state][action]
  }
}
