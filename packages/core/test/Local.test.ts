import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, References } from "effect"

import {
  AgentRunnerMemory,
  Driver,
  DriverMemory,
  ensureLocalProject,
  ensureLocalTeam,
  Foreman,
  Identifier,
  LocalTeam,
  Manager,
  Task
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

import { broken, committing } from "./services/faults.ts"

const { localRunnerName } = LocalTeam
const runners = [AgentRunnerMemory.make(localRunnerName, () => Effect.succeed({}))]

const on = (driver: Driver.Driver) =>
  Effect.provide(
    Layer.fresh(TestForeman.layer({ runners, store: Layer.succeed(Driver.Driver, driver) }))
  )

/** What a local server is to have, whoever made it. */
const expectWhole = Effect.gen(function* () {
  const { client } = yield* Foreman
  const local = yield* ensureLocalTeam
  const { organizationId, teamId } = local
  const { items: organizations } = yield* client.listOrganizations({})
  const { items: teams } = yield* client.listTeams({ orgId: organizationId })
  expect(organizations.map(({ slug }) => slug)).toEqual(["local"])
  expect(teams.map(({ slug }) => slug)).toEqual(["local"])
  const { agents } = yield* client.getTeam({ teamId })
  expect(agents.map(({ config, name, role }) => [name, role, config["runner"]])).toEqual([
    ["local", "engineer", localRunnerName],
    ["manager", "manager", undefined]
  ])
  const { settings } = yield* client.getTeamSettings({ teamId })
  expect(settings.delivery).toBe("direct")
  return local
}).pipe(TestForeman.asOperator)

describe("the local team", () => {
  it.effect("is made once, and found again", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const first = yield* on(driver)(expectWhole)
      expect(yield* on(driver)(ensureLocalTeam)).toEqual(first)
      const head = yield* driver.ask("system", "heads", { after: "", limit: 10 })
      yield* on(driver)(ensureLocalTeam)
      expect(yield* driver.ask("system", "heads", { after: "", limit: 10 })).toEqual(head)
    })
  )

  it.live("is made once by several who want it at once", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const process = on(driver)(ensureLocalTeam)
      const teams = yield* Effect.all([process, process, process, on(driver)(ensureLocalTeam)], {
        concurrency: "unbounded"
      })
      expect(new Set(teams.map(({ teamId }) => teamId)).size).toBe(1)
      yield* on(driver)(expectWhole)
    })
  )

  it.effect("is completed after an end at any moment", () =>
    Effect.gen(function* () {
      for (const last of [0, 1, 2, 3]) {
        const driver = yield* DriverMemory.make
        const ending = committing(driver, (count, commit) =>
          count < last ? commit : Effect.fail(broken())
        )
        expect(yield* Effect.flip(on(ending)(ensureLocalTeam)), `${last}`).toMatchObject({
          _tag: "StoreUnavailable"
        })
        yield* on(driver)(expectWhole)
      }
    }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))
  )

  it.effect("keeps what somebody has decided for it since", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { teamId } = yield* ensureLocalTeam
      yield* client.updateTeamSettings({ teamId, delivery: "review" })
      yield* ensureLocalTeam
      const { settings } = yield* client.getTeamSettings({ teamId })
      expect(settings.delivery).toBe("review")
    }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer({ runners })))
  )

  it.effect("is found among hundreds of others", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const first = yield* ensureLocalTeam
      yield* Effect.forEach(
        Array.from({ length: 250 }),
        () => TestForeman.givenTeam({ engineers: 0, repositories: 0 }),
        {
          concurrency: "unbounded"
        }
      )
      expect((yield* client.listOrganizations({ limit: 200 })).nextCursor).not.toBeNull()
      expect(yield* ensureLocalTeam).toEqual(first)
    }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer({ runners })))
  )
})

/** A server that works in a folder, as it starts. */
const startIn = (workingDirectory: string | undefined) =>
  Effect.flatMap(ensureLocalTeam, ensureLocalProject).pipe(
    Effect.provideService(Manager.ManagerConfig, { waitMillis: 1, workingDirectory })
  )

const { moduleId, projectId } = Task.defaultPlace

/** All that the local team has to work on. */
const worksOn = Effect.gen(function* () {
  const { client } = yield* Foreman
  const { teamId } = yield* ensureLocalTeam
  const { items: projects } = yield* client.listProjects({})
  const { items: repositories } = yield* client.listRepositories({ teamId })
  const modules = yield* Effect.forEach(projects, ({ id }) => client.listModules({ projectId: id }))
  return {
    projects: projects.map(({ id, repoRoot }) => [id, repoRoot]),
    modules: modules.flatMap(({ items }) => items.map(({ id }) => id)),
    repositories: repositories.map(({ defaultBranch, localPath }) => [localPath, defaultBranch])
  }
}).pipe(TestForeman.asOperator)

const whole = {
  projects: [[projectId, "/src/app"]],
  modules: [moduleId],
  repositories: [["/src/app", "main"]]
}

describe("the local project", () => {
  it.effect("is made once for the repository of the server's folder, and found again", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      yield* on(driver)(startIn("/src/app"))
      expect(yield* on(driver)(worksOn)).toEqual(whole)
      const head = yield* driver.ask("system", "heads", { after: "", limit: 10 })
      yield* on(driver)(startIn("/src/app"))
      yield* on(driver)(startIn("/src/other"))
      expect(yield* driver.ask("system", "heads", { after: "", limit: 10 })).toEqual(head)
    })
  )

  it.live("is made once by several that start at once", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const starts = Array.from({ length: 4 }, () => on(driver)(startIn("/src/app")))
      yield* Effect.all(starts, { concurrency: "unbounded" })
      expect(yield* on(driver)(worksOn)).toEqual(whole)
    })
  )

  it.effect("is completed after an end at any moment", () =>
    Effect.gen(function* () {
      for (const last of [0, 1]) {
        const driver = yield* DriverMemory.make
        yield* on(driver)(ensureLocalTeam)
        const ending = committing(driver, (count, commit) =>
          count < last ? commit : Effect.fail(broken())
        )
        yield* Effect.flip(on(ending)(startIn("/src/app")))
        yield* on(driver)(startIn("/src/app"))
        expect(yield* on(driver)(worksOn), `${last}`).toEqual(whole)
      }
    }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))
  )

  it.effect("is not made where a server has no repository", () =>
    Effect.gen(function* () {
      yield* startIn(undefined)
      expect(yield* worksOn).toEqual({ projects: [], modules: [], repositories: [] })
    }).pipe(Effect.provide(TestForeman.layer({ runners })))
  )

  it.effect("is not made where somebody has said what the team is to change", () =>
    Effect.gen(function* () {
      const projectOf = (id: string, more = {}) =>
        Effect.gen(function* () {
          const { client } = yield* Foreman
          const wanted = { projectId: Identifier.ProjectId.make(id), name: "Own", ...more }
          const usual = { description: "", policy: "strict", defaultBranch: "main" }
          yield* client.createProject({ ...usual, ...wanted })
        }).pipe(Effect.orDie)
      const registered = Effect.gen(function* () {
        const { client } = yield* Foreman
        const { teamId } = yield* ensureLocalTeam
        const wanted = { teamId, name: "own", localPath: "/src/own", defaultBranch: "main" }
        yield* client.registerRepository({ ...wanted, config: {} })
      }).pipe(Effect.orDie)
      for (const [said, project] of [
        [projectOf("web"), [["web", ""]]],
        [projectOf("demo"), [["demo", ""]]],
        [projectOf("demo", { repoRoot: "/src/own" }), [["demo", "/src/own"]]],
        [registered, []]
      ] as const) {
        const driver = yield* DriverMemory.make
        yield* on(driver)(TestForeman.asOperator(said))
        const before = yield* on(driver)(worksOn)
        yield* on(driver)(startIn("/src/app"))
        expect(yield* on(driver)(worksOn)).toEqual(before)
        expect(before.projects).toEqual(project)
      }
    })
  )
})
