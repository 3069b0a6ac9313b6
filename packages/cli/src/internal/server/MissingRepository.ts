/**
 * What the local team's tasks change, where nobody has named it: a repository, or nothing that is kept.
 */
import { Actor, Authorization, Foreman, Identifier, type LocalTeam } from "@foreman/core"
import { Effect } from "effect"
import type { WorkingRepository } from "./WorkingRepository.ts"

/** Warns where the local team has no repository. One that it has is where its tasks work. */
export const warn = Effect.fnUntraced(
  function* (
    { teamId }: LocalTeam.LocalTeam,
    folder: string,
    { workingDirectory }: WorkingRepository
  ) {
    const { client } = yield* Foreman
    if ((yield* client.listRepositories({ teamId, limit: 1 })).items.length > 0) return
    const lost = "so agents work in empty folders, and what they write is not kept"
    yield* client.getProject({ projectId, teamId }).pipe(
      Effect.andThen(
        Effect.logWarning(
          `The project ${projectId} has no repository, ${lost}: ` +
            `foreman project update ${projectId} --repo-root FOLDER names one`
        )
      ),
      Effect.catchTag("ProjectNotFound", () =>
        Effect.logWarning(
          workingDirectory === undefined
            ? `The folder ${folder} is no git repository, ${lost}: start the server in one`
            : `There is no project ${projectId}, ${lost}: ` +
                `foreman project create --id ${projectId} --name Demo --repo-root '${folder}' makes it`
        )
      )
    )
  },
  Effect.provideService(Authorization.CurrentActor, Actor.operator)
)

const projectId = Identifier.ProjectId.make("demo")
