/**
 * The modules of projects. What is decided of one stands in the stream of its project.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { ModuleId, type TeamId } from "../rules/Identifier.ts"
import type { Decision } from "../rules/Decision.ts"
import * as Module from "../rules/Module.ts"
import { ProjectNotFound, streamOf } from "../rules/Project.ts"
import * as Paging from "./Paging.ts"
import { organizationIn } from "./ProjectPlace.ts"
import * as Projection from "./Projection.ts"
import type { Projects } from "./Projects.ts"
import { decided, type Shell } from "./Shell.ts"

// services --------------------------------------------------------------------

/**
 * The part of `Projects` that is about modules.
 *
 * @category services
 * @since 0.1.0
 */
export const makeModules = (
  shell: Shell["Service"]
): Pick<
  Projects["Service"],
  "createModule" | "listModules" | "getModule" | "updateModule" | "moveModule"
> => ({
  createModule: Effect.fnUntraced(function* ({ teamId, ...input }) {
    const { projectId } = input
    const unknown = new ProjectNotFound({ projectId })
    const organization = yield* organizationIn(shell, teamId)
    if (organization === undefined) return yield* unknown
    const moduleId = input.moduleId ?? ModuleId.make(SecureRandom.uuidV7Unsafe())
    return yield* shell.transact(
      { organization, queue: streamOf({ projectId }) },
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(streamOf({ projectId }))
        const project = yield* session.get(Projection.projects, { id: projectId })
        if (project === undefined) return yield* unknown
        const before = yield* session.get(modules, { id: moduleId })
        if (before !== undefined) {
          return yield* new Module.ModuleExists({ moduleId, projectId: before.projectId })
        }
        const { boardState, completionCriteria, description, name, paths } = input
        const wanted = { projectId, boardState, completionCriteria, description, name, paths }
        return {
          events: yield* decided(Module.create(wanted, { moduleId })),
          answer: ({ after }) => after<Module.Module>(modules, { id: moduleId })
        }
      })
    )
  }),
  listModules: Effect.fnUntraced(function* ({ projectId, teamId, ...page }) {
    const organization = yield* organizationIn(shell, teamId)
    if (organization === undefined) return Paging.empty
    const query = {
      organization,
      table: modules.table,
      index: "modules_by_project",
      equals: { project_id: projectId },
      toItem: modules.fromRow
    }
    return yield* shell.read((driver) => Paging.find(driver, query, page))
  }),
  getModule: ({ moduleId, teamId }) =>
    Effect.map(moduleOf(shell, moduleId, teamId), ({ module }) => module),
  updateModule: ({ moduleId, teamId, ...given }) => {
    const edit = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
    return changing(shell, moduleId, teamId, (module) => Module.update(module, edit))
  },
  moveModule: ({ boardState, moduleId, teamId }) =>
    changing(shell, moduleId, teamId, (module) => Module.move(module, boardState))
})

// internal --------------------------------------------------------------------

const { modules } = Projection

/** A module that the caller may see, with its organisation. */
const moduleOf = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  moduleId: ModuleId,
  teamId: TeamId | undefined
) {
  const organization = yield* organizationIn(shell, teamId)
  const missing = new Module.ModuleNotFound({ moduleId })
  if (organization === undefined) return yield* missing
  const row = yield* shell.read((driver) =>
    driver.get(organization, modules.table, { id: moduleId })
  )
  return row === undefined ? yield* missing : { organization, module: modules.fromRow(row) }
})

/** Decides one thing about one module, in the queue of its project. */
const changing = Effect.fnUntraced(function* <E>(
  shell: Shell["Service"],
  moduleId: ModuleId,
  teamId: TeamId | undefined,
  decide: (module: Module.Module) => Decision<Module.ModuleEvent, E>
) {
  const { module: known, organization } = yield* moduleOf(shell, moduleId, teamId)
  // A module never goes to another project.
  const stream = streamOf(known)
  return yield* shell.transact(
    { organization, queue: stream },
    Effect.fnUntraced(function* (session) {
      yield* session.relyOn(stream)
      const module = yield* session.get(modules, { id: moduleId })
      if (module === undefined) return yield* new Module.ModuleNotFound({ moduleId })
      return {
        events: yield* decided(decide(module)),
        answer: ({ after }) => after<Module.Module | undefined>(modules, { id: moduleId }) ?? module
      }
    })
  )
})
