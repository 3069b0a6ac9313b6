/**
 * `npm run rebuild`: makes all projections again from the events and compares them row for row. With
 * `--write` it puts the right rows in the place of the wrong ones. Ends with 0 when nothing differs any
 * more, 1 when something does, 2 when it cannot look.
 */
import { type Driver, Rebuild, type Settings } from "@foreman/core"
import { Effect } from "effect"
import { parseArgs } from "node:util"
import * as Stores from "./moving/Stores.ts"
import * as OpenStore from "./stores/OpenStore.ts"

const usage = `npm run rebuild [-- [--db PLACE] [--organization ID]... [--write] [--json]]

Makes all projections again from the events, and compares them row for row. The store may be in use.

  --db PLACE         a SQLite file, or postgres://user:password@host:5432/database; else
                     $DATABASE_URL, $FOREMAN_DB_PATH, $FOREMAN_RUNTIME_ROOT/foreman.db,
                     .foreman/foreman.db
  --organization ID  only this one, or these
  --write            puts the right rows in the place of those that differ
  --json             the result as JSON
  --help             this

Ends with 0 when nothing differs any more, 1 when something does, 2 when it cannot look.`

// internal --------------------------------------------------------------------

const read = (args: ReadonlyArray<string>) =>
  parseArgs({
    args: [...args],
    options: {
      db: { type: "string" },
      organization: { type: "string", multiple: true },
      write: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  }).values

interface Outcome extends Rebuild.Comparison {
  readonly organization: string
  readonly repaired: number
}

const organizationsOf = Effect.fnUntraced(function* (driver: Driver.Driver) {
  const names: Array<string> = []
  for (;;) {
    const page = { after: names.at(-1) ?? "", limit: pageSize }
    const rows = yield* driver.ask("system", "heads", page)
    names.push(...rows.map((row) => String(row["organization"])))
    if (rows.length < pageSize) return names
  }
})

const pageSize = 500

const rebuild = (
  place: Settings.StorePlace,
  only: ReadonlyArray<string> | undefined,
  isWriting: boolean
) =>
  Effect.gen(function* () {
    const driver = yield* isWriting ? Stores.open(place) : OpenStore.look(place)
    const outcomes: Array<Outcome> = []
    const all = yield* organizationsOf(driver)
    const unknown = only?.find((organization) => !all.includes(organization))
    if (unknown !== undefined) {
      return yield* Effect.fail(new Error(`There is no organization ${unknown} in this store.`))
    }
    for (const organization of only ?? all) {
      const { comparison, repaired } = isWriting
        ? yield* Rebuild.repair(driver, organization)
        : { comparison: yield* Rebuild.compare(driver, organization), repaired: 0 }
      outcomes.push({ organization, repaired, ...comparison })
    }
    return outcomes
  }).pipe(Effect.scoped)

const linesOf = ({ differences, organization, position, repaired, rows, total }: Outcome) => {
  const count = Object.values(rows).reduce((sum, number) => sum + number, 0)
  const outcome = total === 0 ? "nothing differs" : `${total} differ`
  const done = repaired === 0 ? "" : `, ${repaired} put right`
  const mark = total === 0 ? "ok  " : "FAIL"
  return [
    ...differences.map(lineOf),
    `${mark} ${organization}: ${position} events, ${count} rows, ${outcome}${done}`
  ]
}

const lineOf = ({ key, rebuilt, stored, table }: Rebuild.Difference): string => {
  const lost = stored === null ? "is missing" : "differs"
  const problem = rebuilt === null ? "should not be there" : lost
  return `       ${table} ${JSON.stringify(key)} ${problem}`
}

const main = async (): Promise<number> => {
  const { db, help, json, organization, write } = read(process.argv.slice(2))
  if (help) {
    console.log(usage)
    return 0
  }
  const outcomes = await Effect.runPromise(
    rebuild(OpenStore.placeOf(db, process.env), organization, write)
  )
  console.log(json ? JSON.stringify(outcomes, undefined, 2) : outcomes.flatMap(linesOf).join("\n"))
  return outcomes.some(({ total }) => total > 0) ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(OpenStore.sentenceOf(error))
  process.exitCode = 2
}
