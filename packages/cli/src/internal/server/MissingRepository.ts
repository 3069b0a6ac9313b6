/**
 * What the local team's tasks change, where nobody has named it: a repository, or nothing that is kept.
 */
import { Actor, Authorization, Foreman, Identifier, LocalTeam, Shell } from "@foreman/core"
import { Effect } from "effect"
import * as WorkingRepository from "./WorkingRepository.ts"

// services --------------------------------------------------------------------

/** Warns where the local team has no repository. One that it has is where its tasks work. */
export const warn = Effect.fnUntraced(
  function* (
    { teamId }: LocalTeam.LocalTeam,
    folder: string,
    { workingDirectory }: WorkingRepository.WorkingRepository
  ) {
    const { client } = yield* Foreman
    if ((yield* client.listRepositories({ teamId, limit: 1 })).items.length > 0) return
    const top = workingDirectory ?? (yield* WorkingRepository.above(folder))
    const lost = "so agents work in empty folders, and what they write is not kept"
    yield* client.getProject({ projectId, teamId }).pipe(
      Effect.andThen(
        Effect.logWarning(
          `The project ${projectId} has no repository, ${lost}: ` +
            `foreman project update ${projectId} --repo-root ${quoted(top)} names one`
        )
      ),
      Effect.catchTag("ProjectNotFound", () => {
        if (top === undefined) {
          return Effect.logWarning(
            `The folder ${folder} is no git repository, ${lost}: start the server in one`
          )
        }
        const advice = `foreman project create --id ${projectId} --name Demo --repo-root ${quoted(top)}`
        return Effect.logWarning(
          workingDirectory === undefined
            ? `The folder ${folder} is a subfolder of the git repository ${top}, of which only the ` +
                `top folder is used, ${lost}: start the server in ${top}, or keep this one and name ` +
                `that: ${advice}`
            : `There is no project ${projectId}, ${lost}: ${advice} makes it`
        )
      })
    )
  },
  Effect.provideService(Authorization.CurrentActor, Actor.operator)
)

/**
 * Warns where the server's own repository lacks the branch that tasks begin from: each of them would
 * fail by that, one after the other.
 */
export const warnOfBranch = Effect.fnUntraced(
  function* ({ defaultBranch, workingDirectory: folder }: WorkingRepository.WorkingRepository) {
    if (folder === undefined || defaultBranch === undefined) return
    const { client } = yield* Foreman
    const team = yield* LocalTeam.find(yield* Shell.Shell)
    const { items: registered } =
      team === undefined
        ? { items: [] }
        : yield* client.listRepositories({ teamId: team.teamId, limit: 200 })
    const own = registered.find(({ localPath }) => localPath === folder)
    // Tasks work elsewhere.
    if (own === undefined && registered.length > 0) return
    const branch = own?.defaultBranch ?? defaultBranch
    const lack = yield* WorkingRepository.lackOf(folder, branch)
    if (lack === undefined) return
    const fails = "from which tasks begin and on which they land, so every task there fails"
    yield* Effect.logWarning(
      lack === "commit"
        ? `The repository ${folder} has no commit on its branch ${branch}, ${fails}: ` +
            `make a first commit on ${branch}`
        : `The repository ${folder} has no branch ${branch}, ${fails}: ` +
            `git -C ${quoted(folder)} branch ${branch} makes it of what is checked out`
    )
  },
  Effect.provideService(Authorization.CurrentActor, Actor.operator)
)

// internal --------------------------------------------------------------------

const projectId = Identifier.ProjectId.make("demo")

/** A folder as a shell takes it. */
const quoted = (folder: string | undefined): string =>
  folder === undefined ? "FOLDER" : `'${folder.replaceAll("'", "'\\''")}'`
