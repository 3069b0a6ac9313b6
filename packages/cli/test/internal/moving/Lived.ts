/**
 * A store in which something has happened, for the tests of what moves stores.
 */
import { ArtifactFolder } from "@foreman/artifacts-fs"
import { SqliteStore } from "@foreman/store-sqlite"
import { TestForeman } from "@foreman/testkit"
import { Effect } from "effect"
import { join } from "node:path"

/** Lets a server live a little in a runtime root, so that there are artifacts, and stops it. */
export const live = (root: string) => {
  const story = Effect.gen(function* () {
    const given = yield* TestForeman.givenTeam()
    const { id } = yield* TestForeman.givenTask(given, { title: "Übung" })
    yield* TestForeman.untilTask(id, ({ status }) => status === "in_review")
  })
  const options = {
    store: SqliteStore.layer({ filename: join(root, "foreman.db") }),
    artifacts: ArtifactFolder.layer({ root: join(root, "artifacts") }),
    reactors: {}
  }
  return Effect.provide(story, TestForeman.layer(options))
}
