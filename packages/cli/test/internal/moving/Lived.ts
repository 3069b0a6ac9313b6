/**
 * A store in which something has happened, for the tests of what moves stores.
 */
import { ArtifactFolder } from "@foreman/artifacts-fs"
import { SqliteStore } from "@foreman/store-sqlite"
import { TestForeman } from "@foreman/testkit"
import { Effect } from "effect"
import { join } from "node:path"
import { expect, onTestFinished } from "vitest"
import * as FreshDatabase from "../../../../../tooling/src/postgres/FreshDatabase.ts"
import { databaseUrl } from "../../../../../tooling/src/postgres/testServer.ts"
import { makeFolder, run } from "../../TestCli.ts"

/** A folder with the export of a small store (`store.jsonl`), and an empty database. */
export const exported = async (): Promise<{ readonly folder: string; readonly url: string }> => {
  const folder = makeFolder()
  expect(await run(folder, ["task", "create", "--title", "first"])).toMatchObject({ code: 0 })
  expect(await run(folder, ["export", "store.jsonl"])).toMatchObject({ code: 0 })
  const { drop, url } = await FreshDatabase.make(await databaseUrl())
  onTestFinished(drop)
  return { folder, url }
}

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
