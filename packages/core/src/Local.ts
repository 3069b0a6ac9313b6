/**
 * The team and the project that a local server has without any set-up, for whoever starts one.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { Foreman } from "./Foreman.ts"
import * as LocalProject from "./services/LocalProject.ts"
import * as LocalTeam from "./services/LocalTeam.ts"
import { ManagerConfig } from "./services/ManagerConfig.ts"
import { Shell } from "./services/Shell.ts"

// services --------------------------------------------------------------------

/**
 * Finds the local team, or makes it, with the engineer that the server's own runner drives. Two
 * processes that do so at once make it once.
 *
 * @category services
 * @since 0.1.0
 */
export const ensureLocalTeam = Effect.gen(function* () {
  const { client } = yield* Foreman
  return yield* LocalTeam.ensure(yield* Shell, client, true)
})

/**
 * Makes sure of the default project of the local team, with the repository that the server works in, so
 * that its first task works there. Several processes that do so at once make it once.
 *
 * **Gotchas**
 *
 * Nothing is made where the server works in no repository, nor where somebody has made a project or
 * registered a repository before: tasks stay where they were.
 *
 * @category services
 * @since 0.1.0
 */
export const ensureLocalProject = Effect.fnUntraced(function* (local: LocalTeam.LocalTeam) {
  const { client } = yield* Foreman
  const config = yield* ManagerConfig
  const folder = config.workingDirectory
  if (folder === undefined) return
  if (!(yield* LocalProject.isWanted(yield* Shell, local, folder))) return
  const { createModule, createProject: create, getModule } = client
  yield* LocalProject.makeEnsureDefaults({ create, createModule, getModule }, config)(local)
})
