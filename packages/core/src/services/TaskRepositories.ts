/**
 * Which repository a task means.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Task } from "../rules/Task.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"

// services --------------------------------------------------------------------

/**
 * The repositories that a task may mean: the one it names first, or all of its team, two at most.
 * `known` are the ids of the first two of its team, if somebody has looked already.
 *
 * @category services
 * @since 0.1.0
 */
export const repositoriesOf = Effect.fnUntraced(function* (
  session: Session,
  task: Task,
  known?: ReadonlyArray<string>
) {
  const [named = known?.length === 1 ? known[0] : undefined] = task.repoIds
  if (named === undefined && known?.length === 0) return []
  if (named !== undefined) {
    const repository = yield* session.get(Projection.repositories, { id: named })
    return repository === undefined ? [] : [repository]
  }
  const rows = yield* session.driver.find({
    organization: session.organization,
    table: "repositories",
    index: "repositories_by_team",
    equals: { team_id: task.teamId },
    limit: 2
  })
  return rows.map(Projection.repositories.fromRow)
})
