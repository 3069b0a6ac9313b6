/**
 * Which repository a task means.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Driver, StoreError } from "../ports/Driver.ts"
import type { Task } from "../rules/Task.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"

// services --------------------------------------------------------------------

/**
 * The repositories that a task may mean: the one it names first, or all of its team, two at most. Of
 * several it is that of the task's project, if its team has that project and it has one.
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
  const own = rows.length > 1 ? yield* ofProject(session.driver, session.organization, task) : null
  const repository =
    own === null ? undefined : yield* session.get(Projection.repositories, { id: own })
  return repository === undefined ? rows.map(Projection.repositories.fromRow) : [repository]
})

/**
 * The id of the repository that a task means, or null where nobody can tell. `known` are the ids of the
 * first two of its team.
 *
 * @category services
 * @since 0.1.0
 */
export const repositoryIdOf = Effect.fnUntraced(function* (
  driver: Pick<Driver, "get">,
  organization: string,
  task: Placed & Pick<Task, "repoIds">,
  known: ReadonlyArray<string>
): Effect.fn.Return<string | null, StoreError> {
  const [named = known.length === 1 ? known[0] : undefined] = task.repoIds
  if (named !== undefined || known.length < 2) return named ?? null
  return yield* ofProject(driver, organization, task)
})

// internal --------------------------------------------------------------------

type Placed = Pick<Task, "projectId" | "teamId">

/** A task of which nobody said where it belongs is in a project as well, if its team has made that. */
const ofProject = Effect.fnUntraced(function* (
  driver: Pick<Driver, "get">,
  organization: string,
  { projectId, teamId }: Placed
) {
  const row = yield* driver.get(organization, "projects", { id: projectId })
  return row?.["team_id"] === teamId ? Projection.projects.fromRow(row).repositoryId : null
})
