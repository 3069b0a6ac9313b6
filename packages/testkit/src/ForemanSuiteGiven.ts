/**
 * What the suite of core brings about by itself, where nobody needs to see how.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"

import { Foreman, Identifier, Projection, type Run, Shell, type Task } from "@foreman/core"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Moves a task by hand, step by step.
 *
 * @category testing
 * @since 0.1.0
 */
export const walk = (
  taskId: Identifier.TaskId,
  ...statuses: ReadonlyArray<Task.Status>
): Effect.Effect<void, never, Foreman> =>
  Foreman.use(({ client }) =>
    Effect.forEach(statuses, (status) => client.changeTaskStatus({ taskId, status }), {
      discard: true
    }).pipe(TestForeman.asOperator, Effect.orDie)
  )

/**
 * Writes down a finished run of a task as if it had been, for tests that only read.
 *
 * @category testing
 * @since 0.1.0
 */
export const givenRun: (
  team: TestForeman.GivenTeam,
  taskId: Identifier.TaskId,
  attempt?: number
) => Effect.Effect<Identifier.RunId, never, Shell.Shell> = Effect.fnUntraced(function* (
  { engineers, organization }: TestForeman.GivenTeam,
  taskId: Identifier.TaskId,
  attempt = 1
) {
  const { driver } = yield* Shell.Shell
  const id = Identifier.RunId.make(SecureRandom.uuidV7Unsafe())
  const [agent] = engineers
  if (agent === undefined) return yield* Effect.die("The team has no engineers")
  const row = Projection.runs.toRow({ ...aRun, id, taskId, agentId: agent.id, attempt })
  const steps = [
    { _tag: "Insert", table: "runs", row },
    { _tag: "Insert", table: "directory", row: { kind: "run", id } }
  ] as const
  const batch = { organization: organization.id, reliesOn: [], steps, events: [] }
  assert.strictEqual((yield* driver.commit(batch))._tag, "Committed")
  return id
}, Effect.orDie)

// internal --------------------------------------------------------------------

const aRun: Omit<Run.Run, "id" | "taskId" | "agentId" | "attempt"> = {
  status: "succeeded",
  runner: "memory",
  holder: "test",
  repositoryId: null,
  branch: "task-1",
  workspace: null,
  baseCommit: null,
  headCommit: null,
  exitCode: 0,
  cause: "exit:0",
  answer: null,
  outputId: null,
  spans: [],
  queuedAt: "2026-01-01T00:00:00.000000Z",
  startedAt: null,
  endedAt: null
}
