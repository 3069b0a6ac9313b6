/**
 * What a manager's tasks change, where nobody has named it: a repository, or nothing that is kept.
 */
import { Actor, Authorization, Foreman, Identifier, type LocalTeam } from "@foreman/core"
import { Effect } from "effect"
import type { WorkingRepository } from "./WorkingRepository.ts"

/** Warns where the default project has no repository, and would get none. */
export const warn = Effect.fnUntraced(function* (
  { teamId }: LocalTeam.LocalTeam,
  folder: string,
  { workingDirectory }: WorkingRepository
) {
  const { client } = yield* Foreman
  const lost = "so agents work in empty folders, and what they write is not kept"
  yield* client.getProject({ projectId, teamId }).pipe(
    Effect.flatMap(({ repositoryId }) =>
      repositoryId === null
        ? Effect.logWarning(
            `The project ${projectId} has no repository, ${lost}: ` +
              `foreman project update ${projectId} --repo-root FOLDER names one`
          )
        : Effect.void
    ),
    Effect.catchTag("ProjectNotFound", () =>
      workingDirectory === undefined
        ? Effect.logWarning(
            `The folder ${folder} is no git repository, ${lost}: start the server in one`
          )
        : Effect.void
    ),
    Effect.provideService(Authorization.CurrentActor, Actor.operator)
  )
})

const projectId = Identifier.ProjectId.make("demo")
