/**
 * Projects and modules: what is made, changed and refused, and that tasks belong where they say.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { Foreman, type Module } from "@foreman/core"
import { fresh, given, plain } from "./ForemanSuiteProjectGiven.ts"
import * as Tasks from "./ForemanSuiteProjectTasks.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { as, call, nobody, numbers, personOf, race, refuses } from "./ForemanSuiteSubject.ts"
import type { It } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: It): void => {
  making(it)
  changing(it)
  moving(it)
  Tasks.register(it)
}

// internal --------------------------------------------------------------------

const making = (it: It) => {
  it.effect("makes a project and its modules, and lists them by name", () =>
    Effect.gen(function* () {
      const { module, organization, project, team } = yield* given
      const named = { team_id: team.id, project_id: project.id }
      yield* call("create_module", { ...named, name: "Billing", completion_criteria: ["paid"] })
      const { client } = yield* Foreman
      const teamId = team.id
      assert.deepStrictEqual(yield* client.getProject({ projectId: project.id, teamId }), project)
      assert.deepStrictEqual((yield* client.listProjects({ teamId })).items, [project])
      const { items } = yield* client.listModules({ projectId: project.id, teamId })
      assert.deepStrictEqual(
        items.map(({ name }) => name),
        ["Billing", "Cart"]
      )
      assert.deepStrictEqual(items[1], module)
      const { rows } = yield* assertRebuilds(organization.id)
      assert.deepInclude(rows, { projects: 1, modules: 2 })
    }).pipe(TestForeman.asOperator)
  )

  it.effect("refuses an id that exists, of a project and of a module anywhere", () =>
    Effect.gen(function* () {
      const { module, organization, project, team } = yield* given
      const { client } = yield* Foreman
      const other = { ...plain, teamId: team.id, name: "Other" }
      const { id: project_id } = yield* client.createProject(other)
      yield* refuses(
        [organization.id],
        "create_project",
        { team_id: team.id, project_id: project.id, name: "Again", repo_root: "/nowhere" },
        { code: "ProjectExists", status: 409 }
      )
      yield* refuses(
        [organization.id],
        "create_module",
        { team_id: team.id, project_id, module_id: module.id, name: "Again" },
        { code: "ModuleExists", status: 409 }
      )
    }).pipe(TestForeman.asOperator)
  )

  it.effect("makes a project once for all who want its id at once", () =>
    Effect.gen(function* () {
      const { organization, team } = yield* TestForeman.givenTeam()
      const wish = { team_id: team.id, project_id: fresh(), name: "Shop", repo_root: "/src/shop" }
      const { lost, won } = yield* race(numbers(8).map(() => call("create_project", wish)))
      assert.strictEqual(won.length, 1)
      assert.deepStrictEqual(new Set(lost.map(({ code }) => code)), new Set(["ProjectExists"]))
      const events = yield* TestForeman.history(organization.id)
      const made = events.filter(({ type }) => type === "project.created")
      assert.strictEqual(made.length, 1)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("registers the folder of a project once, and finds it again", () =>
    Effect.gen(function* () {
      const { organization, team } = yield* TestForeman.givenTeam({ repositories: 1 })
      const { client } = yield* Foreman
      const make = (repoRoot: string) =>
        client.createProject({ ...plain, teamId: team.id, name: "Shop", repoRoot })
      const first = yield* make("/elsewhere/repo-1")
      const again = yield* make("/elsewhere/repo-1/")
      assert.strictEqual(again.repositoryId, first.repositoryId)
      const { items } = yield* client.listRepositories({ teamId: team.id })
      assert.deepStrictEqual(
        items.map(({ localPath, name }) => [name, localPath]),
        [
          ["repo-1", "/repositories/repo-1"],
          ["repo-1-2", "/elsewhere/repo-1"]
        ]
      )
      yield* assertRebuilds(organization.id)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("knows no project of another organization, whatever its id", () =>
    Effect.gen(function* () {
      const { project, team } = yield* given
      const { organization } = yield* TestForeman.givenTeam()
      const stranger = as(personOf(organization.id, "owner"))
      const { client } = yield* Foreman
      const teamId = team.id
      for (const named of [{}, { teamId }]) {
        const seen = yield* stranger(client.listProjects(named))
        assert.deepStrictEqual(seen.items, [])
        const wish = client.getProject({ projectId: project.id, ...named })
        assert.strictEqual((yield* Effect.flip(stranger(wish)))._tag, "ProjectNotFound")
      }
    })
  )
}

const changing = (it: It) => {
  it.effect("changes what is named of a project, and nothing else", () =>
    Effect.gen(function* () {
      const { organization, project, repositories, team } = yield* given
      const { client } = yield* Foreman
      const [repository] = repositories
      assert(repository !== undefined)
      const named = { projectId: project.id, teamId: team.id }
      const renamed = yield* client.updateProject({ ...named, name: "Store", description: null })
      assert.deepStrictEqual(renamed, {
        ...project,
        name: "Store",
        updatedAt: renamed.updatedAt
      })
      const moved = yield* client.updateProject({ ...named, repositoryId: repository.id })
      assert.deepStrictEqual(
        [moved.repositoryId, moved.repoRoot, moved.name],
        [repository.id, repository.localPath, "Store"]
      )
      const bare = yield* client.updateProject({ ...named, repositoryId: null, policy: "open" })
      assert.deepStrictEqual([bare.repositoryId, bare.repoRoot, bare.policy], [null, "", "open"])
      yield* assertRebuilds(organization.id)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("refuses what is not there", () =>
    Effect.gen(function* () {
      const { organization, project, team } = yield* given
      const team_id = team.id
      const wishes: ReadonlyArray<readonly [string, object, string]> = [
        ["update_project", { project_id: "none" }, "ProjectNotFound"],
        ["get_project", { project_id: "none" }, "ProjectNotFound"],
        ["create_module", { project_id: "none", name: "M" }, "ProjectNotFound"],
        ["get_module", { module_id: "none" }, "ModuleNotFound"],
        ["update_module", { module_id: "none", name: "M" }, "ModuleNotFound"],
        ["change_module_state", { module_id: "none", board_state: "done" }, "ModuleNotFound"],
        ["create_project", { name: "P", repository_id: nobody }, "RepositoryNotFound"],
        ["update_project", { project_id: project.id, repository_id: nobody }, "RepositoryNotFound"]
      ]
      for (const [name, input, code] of wishes) {
        yield* refuses([organization.id], name, { team_id, ...input }, { code, status: 404 })
      }
      const wish = { team_id: nobody, name: "P" }
      yield* refuses([organization.id], "create_project", wish, { code: "TeamNotFound" })
    }).pipe(TestForeman.asOperator)
  )
}

const moving = (it: It) => {
  it.effect("moves a module along its board, and says what is allowed", () =>
    Effect.gen(function* () {
      const { module, organization, team } = yield* given
      const { client } = yield* Foreman
      const moduleId = module.id
      const move = (boardState: Module.State) =>
        client.changeModuleState({ moduleId, teamId: team.id, boardState })
      const wish = { module_id: module.id, team_id: team.id, board_state: "done" }
      const { facts } = yield* refuses([organization.id], "change_module_state", wish, {
        code: "IllegalModuleMove",
        status: 409
      })
      assert.deepInclude(facts, { from: "planned", to: "done", allowed: ["active", "blocked"] })
      for (const state of ["active", "blocked", "active", "done", "active"] as const) {
        assert.strictEqual((yield* move(state)).boardState, state)
      }
      const changed = yield* client.updateModule({ moduleId, teamId: team.id, paths: ["lib/"] })
      assert.deepStrictEqual([changed.paths, changed.boardState], [["lib/"], "active"])
      yield* assertRebuilds(organization.id)
    }).pipe(TestForeman.asOperator)
  )
}
