/**
 * A database that had no store before an import, and has none again after one that is refused.
 */
import type { Driver, Settings, StorePlace } from "@foreman/core"
import type { PostgresVacancy } from "@foreman/store-postgres"
import { Effect, Result } from "effect"
import { join, resolve } from "node:path"
import * as OpenStore from "../../OpenStore.ts"
import { Failed } from "../ExitCode.ts"

// models ----------------------------------------------------------------------

/** What stands after an import that failed: in a sentence, and in facts for scripts. */
export interface Left {
  readonly sentence: string
  readonly facts: Readonly<Record<string, unknown>>
}

// services --------------------------------------------------------------------

/** How it is found before a store is made there, if there is none. Who opens it says what is wrong. */
export const look = ({
  databaseUrl: url
}: StorePlace.StorePlace): Effect.Effect<PostgresVacancy.Vacancy | undefined> =>
  url === undefined
    ? Effect.succeed(undefined)
    : Effect.flatMap(postgres, ({ PostgresVacancy }) =>
        Effect.orElseSucceed(PostgresVacancy.look(url), () => undefined)
      )

/** Takes away the store that was made since. Answers what stands there all the same. */
export const restore = async (
  vacancy: PostgresVacancy.Vacancy,
  settings: Settings.Settings
): Promise<Left | undefined> => {
  const restored = Effect.flatMap(postgres, (store) => store.PostgresVacancy.restore(vacancy))
  return leftBy(await Effect.runPromise(Effect.result(restored)), settings)
}

/** A failure that says also what stands. */
export const told = (cause: unknown, { facts, sentence }: Left): unknown =>
  cause instanceof Failed
    ? new Failed(cause.exitCode, cause.code, `${cause.message.replace(/\.$/, "")}. ${sentence}`, {
        ...cause.facts,
        ...facts
      })
    : cause

// internal --------------------------------------------------------------------

const postgres = Effect.promise(() => import("@foreman/store-postgres"))

const leftBy = (
  restored: Result.Result<PostgresVacancy.Outcome, Driver.StoreError>,
  { artifactRoot, isArtifactRootSet }: Settings.Settings
): Left | undefined => {
  const facts = { leftSchema: "foreman" }
  if (Result.isFailure(restored)) {
    const why = `it could not be taken away (${OpenStore.sentenceOf(restored.failure)})`
    return { sentence: standing(why), facts }
  }
  switch (restored.success) {
    case "gone":
      return undefined
    case "used":
      return {
        sentence:
          "The store that was made for it in the database stays: somebody else has used it meanwhile",
        facts
      }
    case "shared":
      return { sentence: standing("others are connected to the database"), facts }
    case "marked": {
      const why = standing("the folder of artifacts is marked as its own")
      const path = isArtifactRootSet ? join(resolve(artifactRoot), "store") : undefined
      const file = path ?? "store in that folder"
      return {
        sentence: `${why}. The file ${file} has to go with it, or the next store is refused the folder`,
        facts: path === undefined ? facts : { ...facts, leftFile: path }
      }
    }
  }
}

const standing = (why: string): string =>
  `The empty store that was made for it in the database stays, as ${why}: the next import fills it, ` +
  "and DROP SCHEMA foreman CASCADE removes it"
