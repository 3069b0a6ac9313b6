/**
 * `foreman import`: fills a new store with what `foreman export` wrote of another one: all of it, or
 * nothing.
 */
import { type Driver, Import, type Settings, type StorePlace } from "@foreman/core"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { createReadStream } from "node:fs"
import { access, constants } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as OpenStore from "../../OpenStore.ts"
import type { Context } from "../Context.ts"
import { exitCodes, Failed } from "../ExitCode.ts"
import { type Command, isOn } from "../Grammar.ts"
import * as Beginning from "./Beginning.ts"
import * as Bytes from "./Bytes.ts"
import * as Doubt from "./Doubt.ts"
import * as Failure from "./Failure.ts"
import { FileError } from "./FileError.ts"
import * as Filled from "./Filled.ts"
import * as Place from "./Place.ts"
import * as Progress from "./Progress.ts"
import * as Vacated from "./Vacated.ts"

// services --------------------------------------------------------------------

export const command: Command = {
  words: ["import"],
  summary: "Fills a new store with an export: all of it, or nothing",
  details:
    "Fills a store that has never been used with an export: all of it, or nothing. Makes its rows " +
    "again from the events, and compares them with what the other store held.",
  positionals: [
    { name: "FILE", isRequired: true, description: "The export; - for the standard input" }
  ],
  flags: [
    { name: "dry-run", description: "Does all of it and takes it back" },
    {
      name: "trust-events",
      description: "Takes the rows that the events say also where the other store held others"
    }
  ],
  examples: ["foreman import store.jsonl --dry-run", "foreman import store.jsonl --db new.db"],
  run: async (given, context) => {
    const [path = ""] = given.positionals
    const wanted = { dryRun: isOn(given, "dry-run"), trustEvents: isOn(given, "trust-events") }
    return fill(path, wanted, context)
  }
}

// internal --------------------------------------------------------------------

interface Wanted {
  readonly dryRun: boolean
  readonly trustEvents: boolean
}

const fill = async (path: string, wanted: Wanted, context: Context): Promise<number> => {
  const { isJson, signal, terminal } = context
  const { called, environment, settings } = await Place.told(context)
  // Before a store is made for it.
  if (path !== "-") {
    await access(path, constants.R_OK).catch((cause: unknown) => {
      const { message } = new FileError({ path, cause })
      throw new Failed(exitCodes.misused, "FileError", `the export ${message}`, { path })
    })
  }
  const title = OpenStore.titleOf(settings, called)
  const wish = { title, signal }
  const { end, place } = Filled.open(await triedIn(settings, wanted, wish), wanted.dryRun)
  const progress = Progress.make("imported")
  let [isDone, isInDoubt] = [false, false]
  let vacancy: Effect.Success<ReturnType<typeof Vacated.look>>
  const work = Effect.gen(function* () {
    // What is no export leaves no store behind that nobody wanted.
    const bytes = yield* Beginning.of(sourceOf(path), (cause) => new FileError({ path, cause }))
    vacancy = wanted.dryRun ? undefined : yield* Vacated.look(place)
    const driver = yield* OpenStore.open(place)
    const artifacts = yield* OpenStore.artifactsOf(place, environment)
    const options = { ...wanted, artifacts, progress: progress.tell }
    const read = (into: Driver.Driver) => Import.read(into, bytes, options)
    const imported = yield* Doubt.watch(driver, read, () => {
      // A file that is taken away again leaves no doubt.
      isInDoubt = place.databaseUrl !== undefined
    })
    isDone = true
    // What is only tried brings no bytes, so there is nowhere to look for them.
    if (wanted.dryRun) return imported
    const looked = Bytes.missing(driver, artifacts)
    // It stands, also where that cannot be told.
    return { ...imported, missing: yield* Effect.orElseSucceed(looked, () => imported.missing) }
  })
  const imported = await Failure.run(work, wish)
    .catch(async (cause: unknown) => {
      // What is in a store that was new a moment ago is somebody else's.
      const isTaken = cause instanceof Failed && cause.code === "StoreNotEmpty"
      const isKept = isDone || isTaken || isInDoubt
      end(isKept ? "kept" : "refused")
      const found = isKept || vacancy === undefined ? undefined : Vacated.restore(vacancy, settings)
      const left = isInDoubt ? Doubt.left : await found
      if (left !== undefined && !(cause instanceof Failed) && !isJson) {
        terminal.err(`${left.sentence}\n`)
      }
      throw left === undefined ? cause : Vacated.told(cause, left)
    })
    .finally(progress.end)
  end("kept")
  const verb = wanted.dryRun ? "would hold" : "holds"
  await terminal.out(
    isJson
      ? `${JSON.stringify(imported, undefined, 2)}\n`
      : `${title} ${verb} ${Progress.wordsOf(imported)}\n`
  )
  if (imported.missing > 0 && !isJson) {
    terminal.err(`${Bytes.sentenceOf(imported.missing, settings)}\n`)
  }
  return exitCodes.done
}

/** Where there is no store in a database, who only tries makes none: a file does for that. */
const triedIn = async (
  settings: Settings.Settings,
  { dryRun }: Wanted,
  wish: Failure.Wish
): Promise<StorePlace.StorePlace> => {
  if (!dryRun || settings.databaseUrl === undefined) return settings
  if (await Failure.run(OpenStore.isThere(settings), wish)) return settings
  // In a folder of its own, which is for nobody else to read.
  const databasePath = join(tmpdir(), `foreman-import-${randomUUID()}`, "store")
  return { databaseUrl: undefined, databasePath }
}

const sourceOf = (path: string): AsyncIterable<Uint8Array> =>
  path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 })
