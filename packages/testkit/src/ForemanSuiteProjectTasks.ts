/**
 * That tasks belong where they say, and who may plan what of a project.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { Foreman } from "@foreman/core"
import { given, plain } from "./ForemanSuiteProjectGiven.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { call, type It, refuses } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: It): void => {
  placing(it)
  permitting(it)
}

// internal --------------------------------------------------------------------

const placing = (it: It) => {
  it.effect("puts a task into the project of its module, with the project's repository", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { module, organization, project, repositories, team } = yield* given
      const [repository] = repositories
      assert(repository !== undefined)
      const named = { projectId: project.id, teamId: team.id }
      yield* client.updateProject({ ...named, repositoryId: repository.id })
      const wanted = TestForeman.wanted(team.id)
      const task = yield* client.createTask({ ...wanted, moduleId: module.id, type: "read" })
      assert.deepStrictEqual(
        [task.projectId, task.moduleId, task.type, task.repoIds],
        [project.id, module.id, "read", [repository.id]]
      )
      const free = yield* client.createTask(wanted)
      assert.deepStrictEqual([free.projectId, free.moduleId], ["demo", "module-default"])
      const taskId = free.id
      const moved = yield* client.updateTask({ taskId, moduleId: module.id, urgency: 77 })
      assert.deepStrictEqual(
        [moved.projectId, moved.urgency, moved.priority],
        [project.id, 77, "high"]
      )
      yield* assertRebuilds(organization.id)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("refuses a place that is not there or does not belong together", () =>
    Effect.gen(function* () {
      const { module, organization, project, team } = yield* given
      const other = yield* given
      const { client } = yield* Foreman
      const second = yield* client.createProject({
        teamId: team.id,
        name: "Second",
        ...plain
      })
      const { id: task_id } = yield* TestForeman.givenTask({ team })
      const wishes: ReadonlyArray<readonly [object, string, number]> = [
        [{ project_id: "none" }, "ProjectNotFound", 404],
        [{ project_id: other.project.id }, "ProjectNotFound", 404],
        [{ module_id: "none" }, "ModuleNotFound", 404],
        [{ module_id: other.module.id }, "ModuleNotFound", 404],
        [{ project_id: project.id }, "ModuleInOtherProject", 409],
        [{ project_id: second.id, module_id: module.id }, "ModuleInOtherProject", 409]
      ]
      for (const [place, code, status] of wishes) {
        const expected = { code, status }
        const made = { team_id: team.id, title: "T", ...place }
        yield* refuses([organization.id], "create_task", made, expected)
        yield* refuses([organization.id], "update_task", { task_id, ...place }, expected)
      }
    }).pipe(TestForeman.asOperator)
  )
}

const permitting = (it: It) => {
  it.effect("lets a manager agent plan, but neither register folders nor choose the policy", () =>
    Effect.gen(function* () {
      const { manager, organization, project, team } = yield* given
      const manages = TestForeman.asAgent(manager)
      const wishes: ReadonlyArray<readonly [string, object, string]> = [
        ["create_project", { name: "P", repo_root: "/etc" }, "repository:register"],
        ["create_project", { name: "P", policy: "open" }, "team:configure"],
        ["update_project", { project_id: project.id, policy: "open" }, "team:configure"],
        ["update_project", { project_id: project.id, repo_root: "/etc" }, "repository:register"]
      ]
      for (const [name, input, permission] of wishes) {
        const wish = { team_id: team.id, ...input }
        const { facts } = yield* manages(
          refuses([organization.id], name, wish, { code: "PermissionDenied", status: 403 })
        )
        assert.deepStrictEqual(facts, { permission })
      }
      const known = { team_id: team.id, name: "P", repo_root: "/repositories/repo-1" }
      assert.deepInclude(yield* manages(call("create_project", known)), { policy: "strict" })
    })
  )
}
