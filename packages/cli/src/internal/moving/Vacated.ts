/**
 * A database that had no store before an import, and has none again after one that is refused.
 */
import type { Driver, Settings } from "@foreman/core"
import type { PostgresVacancy } from "@foreman/store-postgres"
import { Effect, Result } from "effect"
import * as OpenStore from "../../OpenStore.ts"
import { Failed } from "../ExitCode.ts"

// services --------------------------------------------------------------------

/** How it is found before a store is made there, if there is none. Who opens it says what is wrong. */
export const look = ({
  databaseUrl: url
}: Settings.StorePlace): Effect.Effect<PostgresVacancy.Vacancy | undefined> =>
  url === undefined
    ? Effect.succeed(undefined)
    : Effect.flatMap(postgres, ({ PostgresVacancy }) =>
        Effect.orElseSucceed(PostgresVacancy.look(url), () => undefined)
      )

/** Takes away the store that was made since. Answers what stands there all the same, in a sentence. */
export const restore = async (vacancy: PostgresVacancy.Vacancy): Promise<string | undefined> => {
  const restored = Effect.flatMap(postgres, (store) => store.PostgresVacancy.restore(vacancy))
  return sentenceOf(await Effect.runPromise(Effect.result(restored)))
}

/** A failure that says also what stands. */
export const told = (cause: unknown, sentence: string): unknown =>
  cause instanceof Failed
    ? new Failed(cause.exitCode, cause.code, `${cause.message.replace(/\.$/, "")}. ${sentence}`, {
        ...cause.facts,
        leftSchema: "foreman"
      })
    : cause

// internal --------------------------------------------------------------------

const postgres = Effect.promise(() => import("@foreman/store-postgres"))

const sentenceOf = (
  restored: Result.Result<PostgresVacancy.Outcome, Driver.StoreError>
): string | undefined => {
  if (Result.isFailure(restored)) {
    return standing(`it could not be taken away (${OpenStore.sentenceOf(restored.failure)})`)
  }
  switch (restored.success) {
    case "gone":
      return undefined
    case "used":
      return "The store that was made for it in the database stays: somebody else has used it meanwhile"
    case "shared":
      return standing("others are connected to the database")
    case "marked":
      return standing("the folder of artifacts is marked as its own")
  }
}

const standing = (why: string): string =>
  `The empty store that was made for it in the database stays, as ${why}: the next import fills it, ` +
  "and DROP SCHEMA foreman CASCADE removes it"
