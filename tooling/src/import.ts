/**
 * `npm run import`: fills a new store with what `npm run export` wrote of another one: all of it, or
 * nothing. Ends with 0 when it is filled, 1 when the export or the store is refused, 2 when it cannot.
 */
import { Import, type Settings, Transfer } from "@foreman/core"
import { Effect, Stream } from "effect"
import { randomUUID } from "node:crypto"
import { createReadStream, existsSync } from "node:fs"
import { access, constants, rm } from "node:fs/promises"
import { parseArgs } from "node:util"
import { FileError } from "./moving/FileError.ts"
import * as Stores from "./moving/Stores.ts"
import { endProgress, makeProgress, wordsOf } from "./moving/Terminal.ts"
import * as OpenStore from "./stores/OpenStore.ts"

const usage = `npm run import -- FILE [--db PLACE] [--dry-run] [--trust-events] [--json]

Fills a store that has never been used with an export: all of it, or nothing. Makes its rows again from
the events, and compares them with what the other store held.

  FILE            the export; - for the standard input
  --db PLACE      a SQLite file, or postgres://user:password@host:5432/database; else
                  $DATABASE_URL, $FOREMAN_DB_PATH, $FOREMAN_RUNTIME_ROOT/foreman.db,
                  .foreman/foreman.db
  --dry-run       does all of it and takes it back
  --trust-events  takes the rows that the events say also where the other store held others
  --json          the result as JSON
  --help          this

Ends with 0 when the store is filled, 1 when the export or the store is refused, 2 when it cannot.`

// internal --------------------------------------------------------------------

const read = (args: ReadonlyArray<string>) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      db: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      "trust-events": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  })

interface Wanted {
  readonly dryRun: boolean
  readonly trustEvents: boolean
}

const importInto = (place: Settings.StorePlace, path: string, wanted: Wanted) =>
  Effect.gen(function* () {
    const source =
      path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 })
    const bytes = Stream.fromAsyncIterable<Uint8Array, FileError>(
      source,
      (cause) => new FileError({ cause })
    )
    const driver = yield* Stores.open(place)
    const artifacts = yield* Stores.artifactsOf(place, process.env)
    const progress = makeProgress("imported")
    return yield* Import.read(driver, bytes, { ...wanted, artifacts, progress })
  }).pipe(Effect.scoped)

interface Target {
  readonly place: Settings.StorePlace
  readonly end: () => Promise<void>
}

/** A file that would be made is tried beside its place, so that a trial leaves nothing. */
const targetOf = (place: Settings.StorePlace, dryRun: boolean): Target => {
  const { databasePath, databaseUrl } = place
  if (!dryRun || databaseUrl !== undefined || existsSync(databasePath)) {
    return { place, end: () => Promise.resolve() }
  }
  const trial = `${databasePath}.${randomUUID()}.trial`
  return {
    place: { databaseUrl: undefined, databasePath: trial },
    end: async () => {
      for (const ending of ["", "-wal", "-shm"]) await rm(`${trial}${ending}`, { force: true })
    }
  }
}

const main = async (): Promise<number> => {
  const { positionals, values } = read(process.argv.slice(2))
  const [path, ...more] = positionals
  if (values.help) {
    console.log(usage)
    return 0
  }
  if (path === undefined || more.length > 0) throw new Error(`Name one file.\n\n${usage}`)
  // Before a store is made for it.
  if (path !== "-") await access(path, constants.R_OK)
  const [dryRun, trustEvents] = [values["dry-run"], values["trust-events"]]
  const named = OpenStore.placeOf(values.db, process.env)
  const { end, place } = targetOf(named, dryRun)
  const importing = importInto(place, path, { dryRun, trustEvents })
  const imported = await Effect.runPromise(importing).finally(end)
  endProgress()
  const verb = dryRun ? "would hold" : "holds"
  const words = `${OpenStore.titleOf(named)} ${verb} ${wordsOf(imported)}`
  console.log(values.json ? JSON.stringify(imported, undefined, 2) : words)
  return 0
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Import.ImportRefused || error instanceof Transfer.StoreNotEmpty

try {
  process.exitCode = await main()
} catch (error) {
  endProgress()
  console.error(OpenStore.sentenceOf(error))
  process.exitCode = isRefusal(error) ? 1 : 2
}
