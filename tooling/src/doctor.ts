/**
 * `npm run doctor`: looks at the database of a server, running or not, and says what in it cannot be.
 * It only reads, and from PostgreSQL all of it as it was at one moment. Ends with 0 when nothing is
 * wrong, 1 when something is, 2 when it cannot look.
 */
import { Doctor } from "@foreman/core"
import { Effect } from "effect"
import { parseArgs } from "node:util"
import * as OpenStore from "./stores/OpenStore.ts"

const usage = `npm run doctor [-- --db PLACE] [--json]

Checks the database of a server, running or not, without changing it.

  --db PLACE  a SQLite file, or postgres://user:password@host:5432/database; else $DATABASE_URL,
              $FOREMAN_DB_PATH, $FOREMAN_RUNTIME_ROOT/foreman.db, .foreman/foreman.db
  --json      one JSON document instead of lines
  --help      this

Ends with 0 when nothing is wrong, 1 when something is, 2 when it cannot look.`

// internal --------------------------------------------------------------------

const read = (args: ReadonlyArray<string>) =>
  parseArgs({
    args: [...args],
    options: {
      db: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  }).values

const lines = (title: string, report: Doctor.Report): ReadonlyArray<string> => {
  const { events, findings, organizations, violations } = report
  const outcome = violations === 0 ? "nothing is wrong" : `${violations} violations`
  return [
    ...findings.flatMap(linesOf),
    `${title}: ${organizations} organizations, ${events} events, ${outcome}`
  ]
}

const linesOf = ({ examined, id, samples, title, violations }: Doctor.Finding) => [
  violations === 0
    ? `ok   ${id} ${title}: ${examined} looked at`
    : `FAIL ${id} ${title}: ${examined} looked at, ${violations} wrong`,
  ...samples.map(({ detail, organization, place }) => `       ${organization} ${place} ${detail}`)
]

const main = async (): Promise<number> => {
  const { db, help, json } = read(process.argv.slice(2))
  if (help) {
    console.log(usage)
    return 0
  }
  const place = OpenStore.placeOf(db, process.env)
  const report = await Effect.runPromise(
    Effect.scoped(Effect.flatMap(OpenStore.look(place), Doctor.check))
  )
  const title = OpenStore.titleOf(place)
  console.log(json ? JSON.stringify(report, undefined, 2) : lines(title, report).join("\n"))
  return report.violations === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(OpenStore.sentenceOf(error))
  process.exitCode = 2
}
