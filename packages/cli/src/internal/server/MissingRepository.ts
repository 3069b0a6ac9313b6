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
    const { defaultBranch: branch = "main" } =
      top === undefined ? {} : yield* WorkingRepository.find(top)
    const lost = "so agents work in empty folders, and what they write is not kept"
    yield* client.getProject({ projectId, teamId }).pipe(
      Effect.andThen(
        Effect.logWarning(
          `The project ${projectId} has no repository, ${lost}: ${updating(top, branch)}`
        )
      ),
      Effect.catchTag("ProjectNotFound", () => {
        if (top === undefined) {
          return Effect.logWarning(
            `The folder ${folder} is no git repository, ${lost}: start the server in one`
          )
        }
        const create = `foreman project create --id ${projectId} --name Demo`
        const advice = `${create} --repo-root ${quoted(top)}${landingOn(branch)}`
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
 * Warns where the server's own repository lacks its history or the branch that tasks begin from: each
 * of them would fail by that, one after the other.
 */
export const warnOfLack = Effect.fnUntraced(
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
    const fails = "so every task there fails"
    const needed = `from which tasks begin and on which they land, ${fails}`
    const git = `git -C ${quoted(folder)}`
    const words = {
      history: `is a shallow clone, without its history, ${fails}: ${git} fetch --unshallow brings it`,
      commit: `has no commit on its branch ${branch}, ${needed}: make a first commit on ${branch}`,
      branch:
        `has no branch ${branch}, ${needed}: ` +
        `${git} branch ${quoted(branch)} makes it of what is checked out`
    }
    yield* Effect.logWarning(`The repository ${folder} ${words[lack]}`)
  },
  Effect.provideService(Authorization.CurrentActor, Actor.operator)
)

// internal --------------------------------------------------------------------

const projectId = Identifier.ProjectId.make("demo")

/** How a project that is there gets a repository. Only who registers one says where its changes land. */
const updating = (top: string | undefined, branch: string): string => {
  const update = `foreman project update ${projectId} --repo-root`
  if (top === undefined) return `${update} FOLDER names one, with an absolute FOLDER`
  const landing = landingOn(branch)
  const register = `foreman repo register --name ${projectId} --local-path ${quoted(top)}${landing}`
  return `${landing === "" ? "" : `${register} && `}${update} ${quoted(top)} names one`
}

/** Where nobody says a branch it is main. */
const landingOn = (branch: string): string =>
  branch === "main" ? "" : ` --default-branch ${quoted(branch)}`

/** A word as a shell takes it. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
