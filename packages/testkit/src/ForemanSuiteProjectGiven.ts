/**
 * A project to test with.
 *
 * @internal
 */
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"

import { Foreman, Identifier } from "@foreman/core"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * An id that nobody else has: other tests share the store, though not the organisation.
 *
 * @category testing
 * @since 0.1.0
 */
export const fresh = (): string => `p-${SecureRandom.uuidV7Unsafe()}`

/**
 * What most projects are.
 *
 * @category testing
 * @since 0.1.0
 */
export const plain = { description: "", policy: "strict", defaultBranch: "main" } as const

/**
 * Makes a team with a project of its own id and one module in it.
 *
 * @category testing
 * @since 0.1.0
 */
export const given = Effect.gen(function* () {
  const team = yield* TestForeman.givenTeam()
  const teamId = team.team.id
  const { client } = yield* Foreman
  const project = yield* client.createProject({
    teamId,
    projectId: Identifier.ProjectId.make(fresh()),
    name: "Shop",
    ...plain
  })
  const module = yield* client.createModule({
    teamId,
    projectId: project.id,
    moduleId: Identifier.ModuleId.make(fresh()),
    name: "Cart",
    description: "",
    completionCriteria: [],
    paths: ["src/cart/"],
    boardState: "planned"
  })
  return { ...team, project, module }
}).pipe(TestForeman.asOperator, Effect.orDie)
