/**
 * Which repository a project means, registered with its team if it is not yet.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import type { DomainEvent } from "../events/EventTypes.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import { apart } from "../operations/Command.ts"
import { PermissionDenied } from "../operations/Refusal.ts"
import type { Row } from "../ports/Driver.ts"
import { type Actor, may } from "../rules/Actor.ts"
import { RepositoryId, type TeamId } from "../rules/Identifier.ts"
import { defaultPolicy, type Project } from "../rules/Project.ts"
import * as Repository from "../rules/Repository.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided, type Shell } from "./Shell.ts"

// models ----------------------------------------------------------------------

/**
 * A repository by its id or by its folder.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryWish {
  readonly repositoryId?: RepositoryId | null | undefined
  readonly repoRoot?: string | null | undefined
  /** Of a folder that is registered by this: main unless said. */
  readonly defaultBranch?: string | undefined
}

// services --------------------------------------------------------------------

/**
 * What a project keeps of its repository, and the event that registers it where that is needed.
 *
 * To name a folder that is not registered yet is to register it, for which not everybody may ask.
 *
 * @category services
 * @since 0.1.0
 */
export const repositoryWanted = Effect.fnUntraced(function* (
  session: Session,
  actor: Actor,
  teamId: TeamId,
  { defaultBranch = "main", repoRoot, repositoryId }: RepositoryWish
) {
  if (typeof repositoryId === "string") {
    const repository = yield* session.get(Projection.repositories, { id: repositoryId })
    if (repository?.teamId !== teamId) {
      return yield* new Repository.RepositoryNotFound({ repositoryId })
    }
    return { repositoryId, repoRoot: repository.localPath, events: none }
  }
  const localPath = folderOf(repoRoot ?? "")
  if (localPath === "") return { repositoryId: null, repoRoot: "", events: none }
  const registered = yield* repositoriesOf(session, teamId)
  const same = registered.find((one) => one.localPath === localPath)
  if (same !== undefined) return { repositoryId: same.id, repoRoot: localPath, events: none }
  const permission = "repository:register"
  if (!may(actor, permission)) return yield* new PermissionDenied({ permission })
  const id = RepositoryId.make(SecureRandom.uuidV7Unsafe())
  const name = nameOf(localPath, new Set(registered.map((one) => one.name)))
  const wanted = { teamId, name, localPath, defaultBranch, config: {} }
  const events: ReadonlyArray<DomainEvent> = yield* decided(
    Repository.register(wanted, { repositoryId: id })
  )
  return { repositoryId: id, repoRoot: localPath, events }
})

/**
 * Registers a folder with a team in the name of the caller, unless it is registered.
 *
 * @category services
 * @since 0.1.0
 */
export const registerFolder = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  organization: string,
  teamId: TeamId,
  repoRoot: string
) {
  const actor = yield* CurrentActor
  yield* shell
    .transact(
      { organization, queue: `team:${teamId}` },
      Effect.fnUntraced(function* (session) {
        const { events } = yield* repositoryWanted(session, actor, teamId, { repoRoot })
        return { events, answer: () => null }
      })
    )
    .pipe(
      // No repository is named by its id, so none is missing.
      Effect.catchTag("RepositoryNotFound", Effect.die),
      // The key of the command is not for this step.
      apart("register_repo")
    )
})

/**
 * Lets only those choose how a project's actions are judged who configure its team.
 *
 * @category services
 * @since 0.1.0
 */
export const mayChoosePolicy = (
  actor: Actor,
  policy: string | null | undefined,
  present: Pick<Project, "policy"> = { policy: defaultPolicy }
): Effect.Effect<void, PermissionDenied> => {
  const permission = "team:configure"
  const isSame = policy === null || policy === undefined || policy === present.policy
  return isSame || may(actor, permission)
    ? Effect.void
    : Effect.fail(new PermissionDenied({ permission }))
}

// internal --------------------------------------------------------------------

const none: ReadonlyArray<DomainEvent> = []

/** One folder has one name here, however its path ends. */
const folderOf = (path: string): string => path.trim().replace(/(?<=.)\/+$/, "")

const repositoriesOf = Effect.fnUntraced(function* (session: Session, teamId: TeamId) {
  const { driver, organization } = session
  const query = {
    organization,
    table: "repositories",
    index: "repositories_by_team",
    equals: { team_id: teamId },
    limit: 500
  }
  const rows: Array<Row> = []
  for (;;) {
    const last = rows.at(-1)
    const page = yield* driver.find({ ...query, ...(last === undefined ? {} : { after: last }) })
    rows.push(...page)
    if (page.length < query.limit) return rows.map(Projection.repositories.fromRow)
  }
})

/** The folder's own name, or with the first number that makes it free. */
const nameOf = (path: string, taken: ReadonlySet<string>): string => {
  const base = path.split("/").at(-1)?.slice(0, 90) || "repository"
  let name = base
  for (let number = 2; taken.has(name); number++) name = `${base}-${number}`
  return name
}
