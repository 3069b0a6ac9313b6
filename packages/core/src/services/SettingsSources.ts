/**
 * Where settings come from: flags, the environment and a file, in this order.
 *
 * All three say the same settings in three spellings: `--http-addr`, `FOREMAN_HTTP_ADDR` and
 * `http_addr`. What is gathered is an environment again, so `Settings.read` alone judges it.
 *
 * @since 0.1.0
 */
import { Result } from "effect"
import { names, SettingsInvalid } from "./Settings.ts"

// models ----------------------------------------------------------------------

/**
 * Settings by their names, and what a person calls the place where they are said.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Source {
  readonly from: string
  readonly values: Readonly<Record<string, string | undefined>>
}

/**
 * A setting as it is, and who said so.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Setting {
  readonly name: string
  readonly meaning: string
  /** What is secret in it is masked. */
  readonly value: string | undefined
  readonly from: string
}

/**
 * What was said, by the names of settings, each by its strongest source.
 *
 * @category configuration
 * @since 0.1.0
 */
export type Gathered = ReadonlyMap<string, { readonly value: string; readonly from: string }>

// rules -----------------------------------------------------------------------

/**
 * Every setting that a person can say, with its meaning.
 *
 * @category configuration
 * @since 0.1.0
 */
export const meanings: Readonly<Record<string, string>> = {
  ...names,
  DATABASE_URL: "postgres://user:password@host:5432/database or sqlite:/path, instead of a file"
}

/**
 * What holds where nobody says anything. Places below the runtime root follow it.
 *
 * @category configuration
 * @since 0.1.0
 */
export const defaults: Readonly<Record<string, string>> = {
  FOREMAN_HTTP_ADDR: "127.0.0.1:8080",
  FOREMAN_RUNTIME_ROOT: ".foreman",
  FOREMAN_ARTIFACT_RUN_MB: "1024",
  FOREMAN_LOG_LEVEL: "info",
  FOREMAN_SLOW_COMMAND_MS: "1000",
  FOREMAN_AUTH: "token",
  FOREMAN_DISPATCH: "auto",
  FOREMAN_DISPATCH_WAIT_MS: "20000"
}

/**
 * How a setting is spelled in a file: `http_addr`.
 *
 * @category configuration
 * @since 0.1.0
 */
export const keyOf = (name: string): string => name.replace(/^FOREMAN_/, "").toLowerCase()

/**
 * How a setting is spelled as a flag, without its dashes: `http-addr`.
 *
 * @category configuration
 * @since 0.1.0
 */
export const flagOf = (name: string): string => keyOf(name).replaceAll("_", "-")

/**
 * Gathers settings from sources, the strongest first. Where several names say the same thing, a
 * stronger source's name overrules a weaker one's other name.
 *
 * **Example** (A flag wins)
 *
 * ```ts import.meta.vitest
 * import { SettingsSources } from "@foreman/core"
 *
 * const gathered = SettingsSources.gather([
 *   { from: "flags", values: { FOREMAN_DB_PATH: "mine.db" } },
 *   { from: "environment", values: { DATABASE_URL: "postgres://h/f", FOREMAN_NODE: "one" } }
 * ])
 *
 * SettingsSources.environmentOf(gathered) // => { FOREMAN_DB_PATH: "mine.db", FOREMAN_NODE: "one" }
 * ```
 *
 * @category configuration
 * @since 0.1.0
 */
export const gather = (sources: ReadonlyArray<Source>): Gathered => {
  const gathered = new Map<string, { readonly value: string; readonly from: string }>()
  for (const { from, values } of sources) {
    const said = Object.entries(values).flatMap(([name, value]) =>
      value === undefined || value === "" || !isSetting(name) ? [] : [[name, value] as const]
    )
    const own = said.filter(([name]) => !alike(name).some((other) => gathered.has(other)))
    for (const [name, value] of own) gathered.set(name, { value, from })
  }
  return gathered
}

/**
 * What was gathered, in the form that `Settings.read` takes.
 *
 * @category configuration
 * @since 0.1.0
 */
export const environmentOf = (gathered: Gathered): Readonly<Record<string, string>> =>
  Object.fromEntries([...gathered].map(([name, { value }]) => [name, value]))

/**
 * Reads the content of a settings file: one JSON object, whose keys are those of `keyOf`.
 *
 * @category configuration
 * @since 0.1.0
 */
export const fromFile = (path: string, text: string): Result.Result<Source, SettingsInvalid> => {
  const invalid = (problem: string) => Result.fail(new SettingsInvalid({ name: path, problem }))
  const content = Result.getOrUndefined(Result.try((): unknown => JSON.parse(text)))
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    return invalid("should hold one JSON object")
  }
  const known = new Map(Object.keys(meanings).map((name) => [keyOf(name), name]))
  const values: Record<string, string> = {}
  for (const [key, value] of Object.entries(content)) {
    const name = known.get(key)
    if (name === undefined) {
      return invalid(`has ${key}, which is not one of ${[...known.keys()].join(", ")}`)
    }
    const said = textOf(value)
    if (said === undefined) return invalid(`has ${key}, which should be text or a number`)
    values[name] = said
  }
  return Result.succeed({ from: path, values })
}

/**
 * Every setting as it is and where that comes from, for a person: secrets are masked.
 *
 * @category configuration
 * @since 0.1.0
 */
export const describe = (gathered: Gathered): ReadonlyArray<Setting> => {
  const otherwise = { ...defaults, ...placesOf(gathered) }
  return Object.entries(meanings).map(([name, meaning]) => {
    const said = gathered.get(name)
    if (said !== undefined) {
      return { name, meaning, value: masked(name, said.value), from: said.from }
    }
    const value = otherwise[name]
    return { name, meaning, value, from: value === undefined ? "not set" : "default" }
  })
}

// internal --------------------------------------------------------------------

/** Names that say the same thing. */
const groups: ReadonlyArray<ReadonlyArray<string>> = [
  ["DATABASE_URL", "FOREMAN_DB_PATH"],
  ["FOREMAN_API_URL", "FOREMAN_URL", "OPENCLAW_API_URL"],
  ["FOREMAN_RUN_TOKEN", "FOREMAN_TOKEN", "FOREMAN_API_KEY", "OPENCLAW_API_KEY"]
]

/** Places that follow others where nobody names them. */
const placesOf = (gathered: Gathered): Readonly<Record<string, string>> => {
  if (gathered.get("DATABASE_URL")?.value.startsWith("postgres") === true) return {}
  const root = gathered.get("FOREMAN_RUNTIME_ROOT")?.value ?? defaults["FOREMAN_RUNTIME_ROOT"]
  const isNamed = gathered.has("DATABASE_URL")
  return {
    ...(isNamed ? {} : { FOREMAN_DB_PATH: `${root}/foreman.db` }),
    FOREMAN_ARTIFACT_ROOT: `${root}/artifacts`
  }
}

const alike = (name: string): ReadonlyArray<string> =>
  groups.find((group) => group.includes(name)) ?? [name]

const isSetting = (name: string): boolean =>
  Object.hasOwn(meanings, name) || groups.some((group) => group.includes(name))

const textOf = (value: unknown): string | undefined => {
  if (typeof value === "string") return value
  if (typeof value === "number" || typeof value === "boolean") return String(value)
  const isList = Array.isArray(value) && value.every((one) => typeof one === "string")
  return isList ? value.join(",") : undefined
}

const masked = (name: string, value: string): string => {
  if (/TOKEN|KEY|SECRET/.test(name)) return "***"
  if (name === "FOREMAN_WEBHOOK_URL") return hidden(value)
  if (name === "FOREMAN_OPENCLAW_URL") return hidden(value, ({ pathname }) => pathname)
  if (!/^[a-z]+:\/\//.test(value)) return value
  return value
    .replace(/(?<=^[a-z]+:\/\/[^:/@]*:).*(?=@)/, "***")
    .replace(/(?<=[?&](?:password|token)=)[^&]*/gi, "***")
}

/** Whoever has the whole of such a URL may send to it: where it leads, and no more. */
const hidden = (value: string, pathOf: (url: URL) => string = () => "/***"): string => {
  if (!URL.canParse(value)) return "***"
  const url = new URL(value)
  const user = url.username + url.password === "" ? "" : "***@"
  const rest = url.search + url.hash === "" ? "" : "?***"
  return `${url.protocol}//${user}${url.host}${pathOf(url)}${rest}`
}
