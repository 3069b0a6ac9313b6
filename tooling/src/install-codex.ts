/**
 * `npm run codex:install`: puts the Codex that the tests and the demo drive into `.tools/codex` of this
 * repository, beside its lock and out of git. Doing it again does nothing.
 *
 * It ends with 0 when Codex is there, 1 when it is not. Only `npm` is asked for it, with whatever
 * registry it is set up for.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"

// models ----------------------------------------------------------------------

/** The version that cassettes were recorded with. */
export const version = "0.169.0"

/** How it ended. */
export interface Ended {
  readonly code: number
  readonly text: string
}

const usage = `npm run codex:install [-- --dry-run | --check]

Installs @openai/codex@${version} into .tools/codex of this repository.

  --dry-run  says what it would do
  --check    does nothing, and says whether it is there`

// rules -----------------------------------------------------------------------

/** Where it lies in a repository, and what lies there. */
export const placeIn = (root: string) => {
  const folder = join(root, ".tools/codex")
  return { folder, program: join(folder, "node_modules/.bin/codex") }
}

/** The `package.json` of that folder. */
export const manifest = `${JSON.stringify(
  {
    name: "foreman-tools-codex",
    private: true,
    description: "Made by npm run codex:install",
    dependencies: { "@openai/codex": version }
  },
  undefined,
  2
)}\n`

/** What a person reads who has no Codex. */
export const missing = (program: string): string => {
  const line = "=".repeat(72)
  return `${line}
CODEX IS NOT INSTALLED: nothing that needs the real Codex was run.
There is no ${program} of version ${version}.
Install it with: npm run codex:install
${line}`
}

// services --------------------------------------------------------------------

/** The version that the program says it has. */
const versionOf = (program: string): string | undefined => {
  if (!existsSync(program)) return undefined
  const { stdout } = spawnSync(process.execPath, [program, "--version"], {
    encoding: "utf8",
    timeout: 20_000
  })
  return /\d+\.\d+\.\d+\S*/.exec(stdout ?? "")?.[0]
}

const install = (folder: string): string | undefined => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), manifest)
  const { error, status } = spawnSync("npm", ["install", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: "inherit",
    timeout: 540_000
  })
  if (error !== undefined) return error.message
  return status === 0 ? undefined : `npm ended with ${status}`
}

/** Does what the arguments say, and answers the exit code with what a person shall read. */
export const main = (root: string, args: ReadonlyArray<string>): Ended => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "dry-run": { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  })
  if (values.help) return { code: 0, text: usage }
  const { folder, program } = placeIn(root)
  const present = versionOf(program)
  if (present === version) return { code: 0, text: `codex ${version} is at ${program}` }
  if (values.check) return { code: 1, text: missing(program) }
  const others = existsSync(folder) && readdirSync(folder).length > 0
  const instead = present === undefined ? (others ? " over what is there" : "") : ` over ${present}`
  if (values["dry-run"]) {
    return { code: 0, text: `would install @openai/codex@${version} into ${folder}${instead}` }
  }
  const problem = install(folder)
  const installed = versionOf(program)
  if (problem === undefined && installed === version) {
    return { code: 0, text: `codex ${version} is at ${program}` }
  }
  const why = problem ?? `it says it is ${installed ?? "nothing"}`
  return { code: 1, text: `It could not be installed: ${why}\n${missing(program)}` }
}

if (import.meta.main) {
  const { code, text } = main(join(import.meta.dirname, "../.."), process.argv.slice(2))
  console.log(text)
  process.exitCode = code
}
