/**
 * Projects and their modules: planning them, moving them, and what is known of them.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { CurrentActor } from "../operations/Authorization.ts"
import type { Handler } from "../operations/Handlers.ts"
import type * as Operations from "../operations/ProjectOperations.ts"
import { ProjectId, type TeamId } from "../rules/Identifier.ts"
import * as Project from "../rules/Project.ts"
import { TeamNotFound } from "../rules/Team.ts"
import { homeOf } from "./Directory.ts"
import type { Organizations } from "./Organizations.ts"
import * as Paging from "./Paging.ts"
import { makeModules } from "./ProjectModules.ts"
import { type EnsureLocal, makeEnsureLocal, organizationIn, teamIn } from "./ProjectPlace.ts"
import { mayChoosePolicy, repositoryWanted } from "./ProjectRepositories.ts"
import * as Projection from "./Projection.ts"
import { decided, Shell } from "./Shell.ts"
import type { Teams } from "./Teams.ts"

// services --------------------------------------------------------------------

/**
 * The projects of this store.
 *
 * @category services
 * @since 0.1.0
 */
export class Projects extends Context.Service<
  Projects,
  {
    readonly create: Handler<typeof Operations.createProject>
    readonly list: Handler<typeof Operations.listProjects>
    readonly get: Handler<typeof Operations.getProject>
    readonly update: Handler<typeof Operations.updateProject>
    readonly createModule: Handler<typeof Operations.createModule>
    readonly listModules: Handler<typeof Operations.listModules>
    readonly getModule: Handler<typeof Operations.getModule>
    readonly updateModule: Handler<typeof Operations.updateModule>
    readonly moveModule: Handler<typeof Operations.changeModuleState>
  }
>()("@foreman/core/Projects") {
  static readonly layer: Layer.Layer<Projects, never, Shell | Organizations | Teams> = Layer.effect(
    Projects,
    Effect.gen(function* () {
      const shell = yield* Shell
      const ensureLocal = yield* makeEnsureLocal
      return {
        ...makeProjects(shell, ensureLocal),
        ...makeReads(shell),
        ...makeModules(shell)
      }
    })
  )
}

// internal --------------------------------------------------------------------

const { projects } = Projection

const makeProjects = (
  shell: Shell["Service"],
  ensureLocal: EnsureLocal
): Pick<Projects["Service"], "create" | "update"> => {
  return {
    create: Effect.fnUntraced(function* (input) {
      const actor = yield* CurrentActor
      const teamId = yield* teamIn(ensureLocal, input.teamId)
      const missing = () => new TeamNotFound({ teamId })
      const organization = yield* homeOf(shell, Projection.teams, "team", teamId, missing)
      const projectId = input.projectId ?? ProjectId.make(SecureRandom.uuidV7Unsafe())
      yield* mayChoosePolicy(actor, input.policy)
      return yield* shell.transact(
        { organization, queue: Project.streamOf({ projectId }) },
        Effect.fnUntraced(function* (session) {
          yield* session.relyOn(Project.streamOf({ projectId }))
          const before = yield* session.get(projects, { id: projectId })
          if (before !== undefined) return yield* new Project.ProjectExists({ projectId })
          const { events: registered, ...repository } = yield* repositoryWanted(
            session,
            actor,
            teamId,
            input
          )
          const { description, manager = null, name, policy } = input
          const wanted = { teamId, name, description, policy, manager, ...repository }
          const created = yield* decided(Project.create(wanted, { projectId }))
          return {
            events: [...registered, ...created],
            answer: ({ after }) => after<Project.Project>(projects, { id: projectId })
          }
        })
      )
    }),
    update: Effect.fnUntraced(function* ({ projectId, teamId: named, ...input }) {
      const actor = yield* CurrentActor
      const { organization } = yield* projectOf(shell, projectId, named)
      return yield* shell.transact(
        { organization, queue: Project.streamOf({ projectId }) },
        Effect.fnUntraced(function* (session) {
          yield* session.relyOn(Project.streamOf({ projectId }))
          const project = yield* session.get(projects, { id: projectId })
          if (project === undefined) return yield* new Project.ProjectNotFound({ projectId })
          yield* mayChoosePolicy(actor, input.policy, project)
          const { manager, repoRoot, repositoryId, ...words } = input
          const says = repositoryId !== undefined || typeof repoRoot === "string"
          const { events: registered, ...repository } = says
            ? yield* repositoryWanted(session, actor, project.teamId, { repositoryId, repoRoot })
            : { events: [] }
          const edit = Object.entries(words).filter(([, value]) => value !== null)
          const named = manager === undefined ? {} : { manager }
          const updated = yield* decided(
            Project.update(project, { ...Object.fromEntries(edit), ...named, ...repository })
          )
          return {
            events: [...registered, ...updated],
            answer: ({ after }) =>
              after<Project.Project | undefined>(projects, { id: projectId }) ?? project
          }
        })
      )
    })
  }
}

const makeReads = (shell: Shell["Service"]): Pick<Projects["Service"], "list" | "get"> => ({
  list: Effect.fnUntraced(function* ({ teamId, ...page }) {
    const organization = yield* organizationIn(shell, teamId)
    if (organization === undefined) return Paging.empty
    const order =
      teamId === undefined
        ? { index: "projects_by_name", equals: {} }
        : { index: "projects_by_team", equals: { team_id: teamId } }
    const query = { organization, table: projects.table, ...order, toItem: projects.fromRow }
    return yield* shell.read((driver) => Paging.find(driver, query, page))
  }),
  get: Effect.fnUntraced(function* ({ projectId, teamId }) {
    const { project } = yield* projectOf(shell, projectId, teamId)
    return project
  })
})

/** A project that the caller may see, with its organisation. */
const projectOf = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  projectId: ProjectId,
  teamId: TeamId | undefined
) {
  const organization = yield* organizationIn(shell, teamId)
  const missing = new Project.ProjectNotFound({ projectId })
  if (organization === undefined) return yield* missing
  const key = { id: projectId }
  const row = yield* shell.read((driver) => driver.get(organization, projects.table, key))
  return row === undefined ? yield* missing : { organization, project: projects.fromRow(row) }
})
