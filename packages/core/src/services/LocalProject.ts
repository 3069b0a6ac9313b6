/**
 * The project and the module that a local server has without any set-up.
 *
 * They are made at the start of a server that works in a repository, else inside the first command of a
 * manager, never because somebody looks.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import { apart } from "../operations/Command.ts"
import * as DryRun from "../operations/DryRun.ts"
import { operator } from "../rules/Actor.ts"
import { defaultPolicy } from "../rules/Project.ts"
import { defaultPlace } from "../rules/TaskModel.ts"
import type { LocalTeam } from "./LocalTeam.ts"
import type { Config } from "./ManagerConfig.ts"
import type { Projects } from "./Projects.ts"
import type { Shell } from "./Shell.ts"

// models ----------------------------------------------------------------------

/**
 * The operations by which they are found and made.
 *
 * @category models
 * @since 0.1.0
 */
export type ProjectMakers = Pick<Projects["Service"], "create" | "createModule" | "getModule">

// services --------------------------------------------------------------------

/**
 * Makes sure of the default project with its module. Several who do so at once make it once.
 *
 * What was seen once is not looked for again: nothing of it is ever gone.
 *
 * @category services
 * @since 0.1.0
 */
export const makeEnsureDefaults = (projects: ProjectMakers, config: Config) => {
  let isThere = false
  return ({ teamId }: LocalTeam) =>
    Effect.suspend(() => (isThere ? Effect.void : make(teamId))).pipe(
      Effect.provideService(CurrentActor, operator),
      // Whoever needs them has a key of its own, which is not for what is made on the way.
      apart("local_project")
    )

  function make(teamId: LocalTeam["teamId"]) {
    const { moduleId, projectId } = defaultPlace
    const { defaultBranch = "main", workingDirectory: repoRoot } = config
    const project = projects.create({
      teamId,
      projectId,
      name: "Demo Project",
      description: "",
      policy: defaultPolicy,
      defaultBranch,
      ...(repoRoot === undefined ? {} : { repoRoot })
    })
    const module = projects.createModule({
      teamId,
      projectId,
      moduleId,
      name: "Inbox",
      description: "OpenClaw ingress module",
      completionCriteria: [],
      paths: [],
      boardState: "active"
    })
    const found = projects.getModule({ moduleId, teamId })
    return found.pipe(
      Effect.andThen(Effect.sync(() => void (isThere = true))),
      Effect.catchTag("ModuleNotFound", () =>
        Effect.asVoid(
          project.pipe(
            Effect.catchTag("ProjectExists", () => Effect.void),
            Effect.andThen(DryRun.begin),
            Effect.andThen(module),
            Effect.catchTag("ModuleExists", () => Effect.void)
          )
        )
      ),
      // It is the team that has just been found, and the project that has just been made.
      Effect.catchTags({
        TeamNotFound: Effect.die,
        ProjectNotFound: Effect.die,
        RepositoryNotFound: Effect.die
      })
    )
  }
}

/**
 * Whether the default project is to be made for a folder before anybody asks for it: where nobody has
 * made a project or registered a repository yet, since those say where tasks work.
 *
 * @category services
 * @since 0.1.0
 */
export const isWanted = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  { organizationId: organization, teamId }: LocalTeam,
  folder: string
) {
  return yield* shell.read(
    Effect.fnUntraced(function* (driver) {
      const row = yield* driver.get(organization, "projects", { id: defaultPlace.projectId })
      // Who ended between the two has left the project without its module.
      if (row !== undefined) return row["team_id"] === teamId && row["repo_root"] === folder
      const first = { organization, limit: 1 }
      const projects = yield* driver.find({
        ...first,
        table: "projects",
        index: "key",
        equals: {}
      })
      const repositories = yield* driver.find({
        ...first,
        table: "repositories",
        index: "repositories_by_team",
        equals: { team_id: teamId }
      })
      return projects.length === 0 && repositories.length === 0
    })
  )
})
