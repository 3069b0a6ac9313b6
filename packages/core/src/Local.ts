/**
 * The team that a local server has without any set-up, for whoever starts one.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { Foreman } from "./Foreman.ts"
import * as LocalTeam from "./services/LocalTeam.ts"
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
