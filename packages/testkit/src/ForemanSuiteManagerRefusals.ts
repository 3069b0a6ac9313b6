/**
 * What a manager's command is refused with, in the contract's words, and that nothing is made of it.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import { command, counted, onLocal } from "./ForemanSuiteManagerGiven.ts"
import type { Backend } from "./ForemanSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => refusing(backend)

// internal --------------------------------------------------------------------

const refusing = (backend: Backend) => {
  it.live("refuses what does not fit, and makes nothing of it", () =>
    Effect.gen(function* () {
      yield* command({ kind: "create_project", project_id: "shop", name: "Shop" })
      yield* command({ kind: "create_module", project_id: "shop", module_id: "cart", name: "Cart" })
      const before = yield* counted
      for (const [input, status, message] of refused) {
        const refusal = yield* Effect.flip(command(input))
        assert.deepStrictEqual([refusal.status, refusal.message], [status, message])
      }
      assert.deepStrictEqual(yield* counted, before)
    }).pipe(onLocal(backend))
  )
}

const refused: ReadonlyArray<readonly [object, number, string]> = [
  [{ kind: "create_task" }, 400, "summary is required"],
  [{ kind: "create_task", summary: " \n" }, 400, "summary is required"],
  [{ kind: "create_task", summary: "A", task_type: "Both" }, 400, "unsupported task type: Both"],
  [{ kind: "create_task", summary: "A", project_id: "none" }, 404, "Project none not found"],
  [{ kind: "create_task", summary: "A", module_id: "none" }, 404, "Module none not found"],
  [
    { kind: "create_task", summary: "A", project_id: "shop" },
    400,
    "module module-default does not belong to project shop"
  ],
  [{ kind: "create_project" }, 400, "name is required"],
  [
    { kind: "create_project", project_id: "shop", name: "Again" },
    409,
    "Project shop exists already"
  ],
  [{ kind: "create_module", name: "M", project_id: "none" }, 404, "Project none not found"],
  [
    { kind: "create_module", name: "M", module_id: "cart" },
    409,
    "Module cart exists already, in project shop"
  ],
  [{ kind: "dispatch_task" }, 400, "task id is required"],
  [{ kind: "dispatch_task", task_id: "999" }, 404, "task action not found: task 999 not found"],
  [{ kind: "dispatch_task", task_id: "forty" }, 404, "task action not found: task forty not found"],
  [{ kind: "dispatch_task", task_id: "1", project_id: "none" }, 404, "Project none not found"]
]
