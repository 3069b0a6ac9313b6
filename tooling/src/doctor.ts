/**
 * `npm run doctor`: looks at the database of a server, running or not, and says what in it cannot be.
 * It opens the file for reading only. Ends with 0 when nothing is wrong, 1 when something is, 2 when
 * it cannot look.
 */
import { Doctor } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { Effect } from "effect"
import { join } from "node:path"
import { parseArgs } from "node:util"

const usage = `npm run doctor [-- --db PATH] [--json]

Checks the database of a server, running or not, without changing it.

  --db PATH  the database; else $FOREMAN_DB_PATH, $FOREMAN_RUNTIME_ROOT/foreman.db, .foreman/foreman.db
  --json     one JSON document instead of lines
  --help     this

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

/** An empty setting is none, as for the server. */
const setting = (name: string): string | undefined => process.env[name] || undefined

const defaultPath = (): string =>
  setting("FOREMAN_DB_PATH") ?? join(setting("FOREMAN_RUNTIME_ROOT") ?? ".foreman", "foreman.db")

const lines = (path: string, report: Doctor.Report): ReadonlyArray<string> => {
  const { events, findings, organizations, violations } = report
  const outcome = violations === 0 ? "nothing is wrong" : `${violations} violations`
  return [
    ...findings.flatMap(linesOf),
    `${path}: ${organizations} organizations, ${events} events, ${outcome}`
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
  const filename = db ?? defaultPath()
  const report = await Effect.runPromise(
    Effect.scoped(Effect.flatMap(SqliteStore.make({ filename, readOnly: true }), Doctor.check))
  )
  console.log(json ? JSON.stringify(report, undefined, 2) : lines(filename, report).join("\n"))
  return report.violations === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
