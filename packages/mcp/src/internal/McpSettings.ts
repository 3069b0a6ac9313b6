/**
 * What the program `foreman-mcp` is told by its arguments and its environment.
 *
 * @since 0.1.0
 */
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import type { LogLevel } from "@foreman/core/services/Settings"
import type { ToolRole } from "../ToolRole.ts"

// models ----------------------------------------------------------------------

/**
 * How to serve.
 *
 * @category models
 * @since 0.1.0
 */
export interface McpSettings {
  /** The running server to pass calls to. Without one the store is opened here. */
  readonly url: string | undefined
  readonly databasePath: string
  /** The PostgreSQL to open instead of the file. */
  readonly databaseUrl: string | undefined
  /** Where a server keeps its token; a bridge to a server on this machine may use it. */
  readonly tokenPath: string
  readonly token: string | undefined
  readonly role: ToolRole | undefined
  readonly logLevel: LogLevel
}

/**
 * What the program is to do.
 *
 * @category models
 * @since 0.1.0
 */
export type Wish =
  | { readonly _tag: "Serve"; readonly settings: McpSettings }
  | { readonly _tag: "Print"; readonly text: "help" | "version" }
  | { readonly _tag: "Refuse"; readonly problem: string }

/**
 * What the program was started with.
 *
 * @category models
 * @since 0.1.0
 */
export interface Given {
  readonly arguments: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingFolder: string
}

// rules -----------------------------------------------------------------------

/**
 * Reads what the program was started with.
 *
 * @category configuration
 * @since 0.1.0
 */
export const read = (given: Given): Wish => {
  try {
    const { help, role, version } = parseFlags(given.arguments)
    if (help === true) return { _tag: "Print", text: "help" }
    if (version === true) return { _tag: "Print", text: "version" }
    return { _tag: "Serve", settings: serving(given, oneOf("--role", roles, role)) }
  } catch (error) {
    return { _tag: "Refuse", problem: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * What `--help` prints.
 *
 * @category configuration
 * @since 0.1.0
 */
export const help: string = `foreman-mcp: Foreman's tools over MCP, on stdin and stdout

  --role manager|engineer|reviewer   only the tools, and the permissions, of this role
  --help, --version

Without FOREMAN_API_URL it opens the store itself (DATABASE_URL as postgres://... or sqlite:/path,
else FOREMAN_DB_PATH, else foreman.db in FOREMAN_RUNTIME_ROOT, else in .foreman). With it every
call goes to that server, with the token in FOREMAN_RUN_TOKEN, FOREMAN_TOKEN or FOREMAN_API_KEY,
else the one of the server on this machine.
FOREMAN_LOG_LEVEL is trace, debug, info, warn, error, fatal or none; the log goes to stderr.
`

// internal --------------------------------------------------------------------

const roles = ["manager", "engineer", "reviewer"] as const
const levels = ["Trace", "Debug", "Info", "Warn", "Error", "Fatal", "None"] as const

/**
 * The settings of all of Foreman's programs: one environment may serve several of them. Core has
 * the same list with its meanings, and a test compares; loading that takes longer than all of this.
 */
const names = [
  "FOREMAN_API_KEY",
  "FOREMAN_API_URL",
  "FOREMAN_ALLOWED_HOSTS",
  "FOREMAN_ARTIFACT_QUOTA_MB",
  "FOREMAN_ARTIFACT_RETENTION_DAYS",
  "FOREMAN_ARTIFACT_ROOT",
  "FOREMAN_ARTIFACT_RUN_MB",
  "FOREMAN_AUTH",
  "FOREMAN_DB_PATH",
  "FOREMAN_DISPATCH",
  "FOREMAN_DISPATCH_WAIT_MS",
  "FOREMAN_HTTP_ADDR",
  "FOREMAN_LOG_LEVEL",
  "FOREMAN_NODE",
  "FOREMAN_OPENCLAW_AGENT",
  "FOREMAN_OPENCLAW_SESSION",
  "FOREMAN_OPENCLAW_TOKEN",
  "FOREMAN_OPENCLAW_URL",
  "FOREMAN_RUNNER",
  "FOREMAN_RUNTIME_ROOT",
  "FOREMAN_SLOW_COMMAND_MS",
  "FOREMAN_TOKEN",
  "FOREMAN_URL",
  "FOREMAN_WEBHOOK_SECRET",
  "FOREMAN_WEBHOOK_URL"
]

type Store = Pick<McpSettings, "databasePath" | "databaseUrl">

const parseFlags = (flags: ReadonlyArray<string>) =>
  parseArgs({
    args: [...flags],
    options: {
      role: { type: "string" },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean", short: "v" }
    }
  }).values

const serving = (given: Given, role: ToolRole | undefined): McpSettings => {
  const text = (name: string) => given.environment[name] || undefined
  refuseUnknown(Object.keys(given.environment))
  const url = urlOf(text("FOREMAN_API_URL") ?? text("FOREMAN_URL") ?? text("OPENCLAW_API_URL"))
  const token = text("FOREMAN_RUN_TOKEN") ?? text("FOREMAN_TOKEN")
  const key = text("FOREMAN_API_KEY") ?? text("OPENCLAW_API_KEY")
  const root = resolve(given.workingFolder, text("FOREMAN_RUNTIME_ROOT") ?? ".foreman")
  const level = oneOf("FOREMAN_LOG_LEVEL", levels, text("FOREMAN_LOG_LEVEL"))
  return {
    url,
    ...(url === undefined ? storeOf(given, root) : fileOf(given, root)),
    tokenPath: join(root, "token"),
    token: token ?? (url === undefined ? undefined : key),
    role,
    logLevel: level ?? "Info"
  }
}

/** As core reads it for servers, and a test compares: loading core takes longer than all of this. */
const storeOf = (given: Given, root: string): Store => {
  const url = given.environment["DATABASE_URL"] || undefined
  const file = given.environment["FOREMAN_DB_PATH"] || undefined
  if (url !== undefined && file !== undefined) {
    throw new Error("DATABASE_URL is set and so is FOREMAN_DB_PATH: say one place, not two")
  }
  if (file !== undefined && /^(?:sqlite:|[a-z][a-z0-9+.-]*:\/\/)/i.test(file)) {
    const problem = "should be the path of a SQLite file, and is an address"
    throw new Error(`FOREMAN_DB_PATH ${problem}: one of PostgreSQL belongs into DATABASE_URL`)
  }
  if (url === undefined) return fileOf(given, root)
  if (/^postgres(?:ql)?:\/\/./.test(url)) return { ...fileOf(given, root), databaseUrl: url }
  const found = /^sqlite:(?:(?:\/\/)?(?<absolute>\/[^/].*)|(?<relative>[^/].*))$/.exec(url)?.groups
  const path = found?.["absolute"] ?? found?.["relative"]
  // It is not repeated, since it may hold a password.
  if (path === undefined) throw new Error("DATABASE_URL is neither postgres://... nor sqlite:/path")
  return { databaseUrl: undefined, databasePath: resolve(given.workingFolder, path) }
}

const fileOf = ({ environment, workingFolder }: Given, root: string): Store => ({
  databaseUrl: undefined,
  databasePath: resolve(workingFolder, environment["FOREMAN_DB_PATH"] || join(root, "foreman.db"))
})

const refuseUnknown = (given: ReadonlyArray<string>) => {
  const unknown = given.find(
    (name) => /^FOREMAN_(?!TASK_|RUN_)/.test(name) && !names.includes(name)
  )
  if (unknown !== undefined) throw new Error(`${unknown} is not a setting of Foreman`)
}

const oneOf = <A extends string>(
  name: string,
  allowed: ReadonlyArray<A>,
  given: string | undefined
): A | undefined => {
  if (given === undefined) return undefined
  const found = allowed.find((one) => one.toLowerCase() === given.toLowerCase())
  if (found === undefined) throw new Error(`${name} is ${allowed.join(", ")}, not ${given}`)
  return found
}

const urlOf = (given: string | undefined): string | undefined => {
  if (given === undefined) return undefined
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    // What stands before a host may be a password.
    const shown = given.includes("@") ? "" : `, not ${given}`
    throw new Error(`The server's URL is an http or https URL${shown}`)
  }
  const { password, username } = new URL(given)
  if (username + password !== "") {
    throw new Error("The server's URL takes no name and password: say the token by FOREMAN_TOKEN")
  }
  return given.replace(/\/+$/, "")
}
