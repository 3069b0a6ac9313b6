/**
 * `npm run export`: writes all that a store holds at one moment into a file, for `npm run import` to
 * read. The store may be in use. Ends with 0 when it is written, 2 when it cannot be.
 */
import { Export, type Settings } from "@foreman/core"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { link, open, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { parseArgs } from "node:util"
import { FileError } from "./moving/FileError.ts"
import * as Stores from "./moving/Stores.ts"
import { endProgress, makeProgress, wordsOf } from "./moving/Terminal.ts"
import * as OpenStore from "./stores/OpenStore.ts"

const usage = `npm run export -- FILE [--db PLACE] [--artifacts] [--json]

Writes all that a store holds at one moment into a new file, also while a server uses it.
Repositories are not in it; see docs/guides/operate.md.

  FILE         the file, which is not there yet; - for the standard output (npm run export --silent)
  --db PLACE   a SQLite file, or postgres://user:password@host:5432/database; else $DATABASE_URL,
               $FOREMAN_DB_PATH, $FOREMAN_RUNTIME_ROOT/foreman.db, .foreman/foreman.db
  --artifacts  with the bytes of artifacts
  --json       the result as JSON
  --help       this

Ends with 0 when the file is written, 2 when it cannot be.`

// internal --------------------------------------------------------------------

const read = (args: ReadonlyArray<string>) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      db: { type: "string" },
      artifacts: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  })

interface Target {
  readonly write: (bytes: Uint8Array) => Promise<void>
  readonly end: () => Promise<void>
  readonly giveUp: () => Promise<void>
}

const standardOutput: Target = {
  write: async (bytes) => {
    if (!process.stdout.write(bytes)) await once(process.stdout, "drain")
  },
  end: () => Promise.resolve(),
  giveUp: () => Promise.resolve()
}

/** The file gets its name when it is whole. It holds what the store does, so it is its owner's alone. */
const fileTarget = async (path: string): Promise<Target> => {
  const isThere = await stat(path).catch(() => undefined)
  if (isThere !== undefined) throw new Error(`${path} is there already: name a new file.`)
  const draft = `${path}.${randomUUID()}.part`
  const handle = await open(draft, "wx", 0o600)
  return {
    write: async (bytes) => {
      for (let start = 0; start < bytes.length;) {
        start += (await handle.write(bytes, start)).bytesWritten
      }
    },
    end: async () => {
      await handle.sync()
      await handle.close()
      await link(draft, path)
      await rm(draft)
      const folder = await open(dirname(path))
      await folder.sync().finally(() => folder.close())
    },
    giveUp: async () => {
      await handle.close().catch(() => undefined)
      await rm(draft, { force: true })
    }
  }
}

const exportTo = (place: Settings.StorePlace, target: Target, withArtifacts: boolean) =>
  Effect.gen(function* () {
    const driver = yield* OpenStore.look(place)
    const artifacts = yield* Stores.artifactsOf(place, process.env)
    return yield* Export.write(driver, {
      out: (bytes) =>
        Effect.tryPromise({
          try: () => target.write(bytes),
          catch: (cause) => new FileError({ cause })
        }),
      progress: makeProgress("exported"),
      ...(withArtifacts ? { artifacts } : {})
    })
  }).pipe(Effect.scoped)

const main = async (): Promise<number> => {
  const { positionals, values } = read(process.argv.slice(2))
  const [path, ...more] = positionals
  if (values.help) {
    console.log(usage)
    return 0
  }
  if (path === undefined || more.length > 0) throw new Error(`Name one file.\n\n${usage}`)
  const place = OpenStore.placeOf(values.db, process.env)
  const title = OpenStore.titleOf(place)
  const target = path === "-" ? standardOutput : await fileTarget(path)
  try {
    const summary = await Effect.runPromise(exportTo(place, target, values.artifacts))
    await target.end()
    endProgress()
    const say = path === "-" ? console.error : console.log
    say(values.json ? JSON.stringify(summary, undefined, 2) : `${title}: ${wordsOf(summary)}`)
    if (summary.missing > 0) {
      console.error(`The bytes of ${summary.missing} artifacts are not where they should be.`)
    }
    return 0
  } catch (error) {
    await target.giveUp()
    throw error
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  endProgress()
  console.error(OpenStore.sentenceOf(error))
  process.exitCode = 2
}
