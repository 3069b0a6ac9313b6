import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { Workspace, WorkspaceMemory } from "@foreman/core"
import { WorkspaceSuite } from "@foreman/testkit"

const repository = (id: string): Workspace.RepositoryPlace => ({
  organizationId: "local",
  id,
  localPath: `/repositories/${id}`,
  defaultBranch: "main"
})

let repositories = 0
const written = new Set<string>()

WorkspaceSuite.run("in memory", {
  layer: WorkspaceMemory.layer({
    changes: (input) => written.has(`${input.repository?.id} ${input.runId}`),
    conflicts: (input) => (input.branch === WorkspaceSuite.conflictingBranch ? ["shared.txt"] : []),
    unusable: (place) => (place.id === "unusable" ? "it is gone" : undefined)
  }),
  repository: Effect.sync(() => repository(`repository-${++repositories}`)),
  unusable: Effect.succeed(repository("unusable")),
  write: (run) => Effect.sync(() => written.add(`${run.repository?.id} ${run.runId}`))
})

const input = (taskId: number): Workspace.LandInput => ({
  jobId: taskId + 100,
  taskId,
  repository: repository("listed"),
  branch: `foreman/task-${taskId}`,
  targetBranch: "main",
  baseCommit: "1".repeat(40),
  headCommit: "2".repeat(40),
  strategy: "merge",
  message: "Land"
})

describe("the landings of workspaces in memory", () => {
  it.effect("are listed in order, each once", () =>
    Effect.gen(function* () {
      const workspace = yield* Workspace.Workspace
      const landings = yield* WorkspaceMemory.Landings
      yield* workspace.land(input(2))
      yield* workspace.land(input(1))
      yield* workspace.land(input(2))
      const list = yield* landings.list
      assert.deepStrictEqual(
        list.map((landing) => landing.input.taskId),
        [2, 1]
      )
    }).pipe(Effect.provide(WorkspaceMemory.layer()))
  )

  it.effect("name folders by their task", () =>
    Effect.gen(function* () {
      const workspace = yield* Workspace.Workspace
      const prepared = yield* workspace.prepare({
        ...input(7),
        organizationId: "local",
        runId: "run",
        previous: null
      })
      assert.strictEqual(prepared.path, "memory:/task-7")
    }).pipe(Effect.provide(WorkspaceMemory.layer()))
  )
})
