/**
 * What the program was told: by flags, by the environment and by a file, in this order.
 */
import { Settings, SettingsSources } from "@foreman/core"
import { Result } from "effect"
import { readFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import type { Told } from "./Context.ts"
import { exitCodes, Failed } from "./ExitCode.ts"
import { type Flag, type Given, valueOf } from "./Grammar.ts"

// models ----------------------------------------------------------------------

/** Where to look for settings. */
export interface Places {
  readonly given: Given
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingFolder: string
}

// rules -----------------------------------------------------------------------

/** The flags of every command that say where Foreman is. */
export const everywhere: ReadonlyArray<Flag> = [
  { name: "url", aliases: ["api-url"], placeholder: "URL", description: "The server to ask" },
  { name: "token", placeholder: "TOKEN", description: "Who asks; a local one needs none" },
  {
    name: "db",
    placeholder: "PLACE",
    description: "The store: a SQLite file, or postgres://user:password@host:5432/database"
  },
  {
    name: "runtime-root",
    placeholder: "FOLDER",
    description: "The folder of the local server's files (.foreman unless said)"
  },
  {
    name: "config",
    placeholder: "FILE",
    description: "The file of settings (foreman.json here or in the runtime root unless said)"
  }
]

/** A flag for every setting. */
export const settings: ReadonlyArray<Flag> = Object.entries(SettingsSources.meanings).map(
  ([name, description]) => ({
    name: SettingsSources.flagOf(name),
    placeholder: SettingsSources.keyOf(name).toUpperCase(),
    description: `${description} (${name})`
  })
)

// services --------------------------------------------------------------------

/** Gathers and reads what was said. A file is looked for, and none is made. */
export const tell = async ({ environment, given, workingFolder }: Places): Promise<Told> => {
  const flags = { from: "flags", values: flagsOf(given) }
  const said = { from: "environment", values: environment }
  const weak = SettingsSources.gather([flags, said])
  const root = weak.get("FOREMAN_RUNTIME_ROOT")?.value ?? ".foreman"
  // In a run's workspace a file is the agent's, and not that of whoever runs the server.
  const isRun = (environment["FOREMAN_RUN_TOKEN"] ?? "") !== ""
  const named = valueOf(given, "config")
  const places = [
    join(workingFolder, "foreman.json"),
    join(resolve(workingFolder, root), "foreman.json")
  ]
  const file = named === undefined ? (isRun ? undefined : await first(places)) : await must(named)
  const gathered = SettingsSources.gather([flags, said, ...(file === undefined ? [] : [file])])
  const rest = Object.entries(environment).filter(
    ([name]) => !Object.hasOwn(SettingsSources.meanings, name)
  )
  const whole = { ...Object.fromEntries(rest), ...SettingsSources.environmentOf(gathered) }
  const called = (name: string) =>
    gathered.get(name)?.from === "flags" ? calledBy(given, name) : name
  return { gathered, called, environment: whole, settings: ofResult(Settings.read(whole), called) }
}

// internal --------------------------------------------------------------------

const flagsOf = (given: Given): Readonly<Record<string, string | undefined>> => {
  const values = Object.fromEntries(
    Object.keys(SettingsSources.meanings).map(
      (name) => [name, valueOf(given, SettingsSources.flagOf(name))] as const
    )
  )
  const place = valueOf(given, "db")
  if (place === undefined) return values
  return { ...values, [settingOf(place)]: place }
}

/** What `--db` says with such a value. What is nearly an address is judged, not shown, as one. */
const settingOf = (place: string): string => {
  if (/^\.{0,2}\/(?!\/)/.test(place)) return "FOREMAN_DB_PATH"
  return addressLike.some((form) => form.test(place)) ? "DATABASE_URL" : "FOREMAN_DB_PATH"
}

/** With a scheme, with one that was mistyped, or with a name or a password before a host. */
const addressLike = [/^[a-z]+:/, /^postgres(?:ql)?[:/]{2}/i, /\/\/.*@/, /:[^/\\]*@/]

/** The flag by which a setting was given. */
const calledBy = (given: Given, name: string): string => {
  const place = valueOf(given, "db")
  const isPlace = place !== undefined && settingOf(place) === name
  return `--${isPlace ? "db" : SettingsSources.flagOf(name)}`
}

const ofResult = <A>(
  result: Result.Result<A, Settings.SettingsInvalid>,
  called = (name: string): string => name
): A => {
  if (Result.isSuccess(result)) return result.success
  const { name, problem } = result.failure
  const words = `${called(name)} ${problem}`
  throw new Failed(exitCodes.misused, "SettingsInvalid", words, { name, problem })
}

const first = async (paths: ReadonlyArray<string>): Promise<SettingsSources.Source | undefined> => {
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch((cause: unknown) => {
      const code = cause instanceof Error && "code" in cause ? cause.code : ""
      if (code === "ENOENT" || code === "ENOTDIR") return undefined
      throw unreadable(path, cause)
    })
    if (text !== undefined) return ofResult(SettingsSources.fromFile(path, text))
  }
  return undefined
}

const must = async (path: string): Promise<SettingsSources.Source> => {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    // Elsewhere a flag of this name takes JSON.
    throw unreadable(`--config takes the path of a file of settings, and ${path}`, cause)
  })
  return ofResult(SettingsSources.fromFile(path, text))
}

const unreadable = (what: string, cause: unknown): Failed => {
  const problem = cause instanceof Error ? cause.message : String(cause)
  // No file has a path that is too long, or that goes on behind a file.
  const isMissing = /^(ENOENT|ENAMETOOLONG|ENOTDIR)\b/.test(problem)
  const words = isMissing ? "there is no such file" : problem
  return new Failed(exitCodes.misused, "SettingsInvalid", `${what} cannot be read: ${words}`)
}
