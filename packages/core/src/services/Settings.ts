/**
 * The settings of a Foreman process, read from an environment that the caller gives.
 *
 * One table says every name, its default and its meaning; a name that it does not have is refused.
 *
 * @since 0.1.0
 */
import { Data, Result } from "effect"
import * as ArtifactLimits from "./ArtifactLimits.ts"
import * as ManagerConfig from "./ManagerConfig.ts"
import * as NotifierSettings from "./NotifierSettings.ts"
import * as StorePlace from "./StorePlace.ts"

// models ----------------------------------------------------------------------

/**
 * What a process is told. Paths are as they were written; the composition resolves them.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Settings extends StorePlace.StorePlace {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  readonly runtimeRoot: string
  readonly artifactRoot: string
  /** Whether that folder was named, and is not only where it would be unless said. */
  readonly isArtifactRootSet: boolean
  readonly logLevel: LogLevel
  /** How long a command may take before the log says that it was slow. */
  readonly slowCommandMillis: number
  readonly auth: "token" | "open"
  readonly allowedHosts: ReadonlyArray<string>
  readonly dispatch: "auto" | "off"
  /** The command of the local team's own agent, if one is set. */
  readonly localCommand: string | undefined
  /** The name of the runner of the local team's own agent, if one is set that is no command. */
  readonly localRunner: string | undefined
  /** The name of this machine's disk, if one is set: where its repositories are at home. */
  readonly node: string | undefined
  readonly artifacts: ArtifactLimits.Limits
  readonly manager: ManagerConfig.Config
  /** Who outside is told what happens. */
  readonly notifiers: NotifierSettings.NotifierSettings
}

/**
 * What is logged: this level and all above it.
 *
 * @category configuration
 * @since 0.1.0
 */
export type LogLevel = (typeof logLevels)[number]

// errors ----------------------------------------------------------------------

/**
 * A setting is wrong. Nothing was started.
 *
 * @category errors
 * @since 0.1.0
 */
export class SettingsInvalid extends Data.TaggedError("SettingsInvalid")<{
  readonly name: string
  readonly problem: string
}> {
  override get message() {
    return `${this.name} ${this.problem}`
  }
}

// rules -----------------------------------------------------------------------

const logLevels = ["Trace", "Debug", "Info", "Warn", "Error", "Fatal", "None"] as const

/**
 * Every setting there is, with its meaning.
 *
 * @category configuration
 * @since 0.1.0
 */
export const names: Readonly<Record<string, string>> = {
  FOREMAN_HTTP_ADDR: "where the server listens, 127.0.0.1:8080 unless set; port 0 picks one",
  FOREMAN_RUNTIME_ROOT: "the folder of the server's files, .foreman unless set",
  FOREMAN_DB_PATH: "the SQLite file, foreman.db in the runtime root unless set",
  FOREMAN_ARTIFACT_ROOT:
    "the folder of artifacts, artifacts in the runtime root unless set; " +
    "with PostgreSQL, where they are in the database unless it is set, one that all servers share",
  ...ArtifactLimits.names,
  ...ManagerConfig.names,
  ...NotifierSettings.names,
  FOREMAN_LOG_LEVEL: "trace, debug, info, warn, error, fatal or none; info unless set",
  // What is slow depends on the disk, which is the machine's and not the program's.
  FOREMAN_SLOW_COMMAND_MS: "commands that take longer are logged as slow, 1000 unless set",
  FOREMAN_AUTH: "token, or open: every loopback caller is the operator",
  FOREMAN_ALLOWED_HOSTS: "host names besides the loopback ones, separated by commas",
  FOREMAN_DISPATCH: "auto, or off: nothing is started",
  FOREMAN_RUNNER: "the runner of the local team's own agent: command:/path/agent.sh, or say codex",
  FOREMAN_NODE:
    "the name of this server's disk among several servers of one database, where its repositories " +
    "are at home; the same at every start",
  FOREMAN_API_URL: "for bridge and clients: the server to use",
  FOREMAN_URL: "for bridge and clients: the same",
  FOREMAN_API_KEY: "for bridge and clients: the token to show",
  FOREMAN_TOKEN: "for bridge and clients: the same"
}

/**
 * Reads the settings.
 *
 * **Example** (A slip of the pen is refused)
 *
 * ```ts import.meta.vitest
 * import { Result } from "effect"
 * import { Settings } from "@foreman/core"
 *
 * const read = Settings.read({ FOREMAN_HTTP_ADR: "127.0.0.1:0" })
 *
 * Result.isFailure(read) && read.failure.name // => "FOREMAN_HTTP_ADR"
 * ```
 *
 * @category configuration
 * @since 0.1.0
 */
export const read = (
  environment: Readonly<Record<string, string | undefined>>
): Result.Result<Settings, SettingsInvalid> =>
  Result.gen(function* () {
    yield* onlyKnown(environment)
    const get = (name: string): string | undefined => environment[name] || undefined
    const { host, port } = yield* address(get("FOREMAN_HTTP_ADDR") ?? "127.0.0.1:8080")
    const auth = yield* oneOf("FOREMAN_AUTH", get("FOREMAN_AUTH") ?? "token", ["token", "open"])
    if (auth === "open" && !isLoopback(host)) {
      return yield* invalid("FOREMAN_AUTH", `open is only for loopback addresses, not for ${host}`)
    }
    const runtimeRoot = get("FOREMAN_RUNTIME_ROOT") ?? ".foreman"
    return {
      host,
      port,
      runtimeRoot,
      ...(yield* part(StorePlace.read(environment))),
      artifactRoot: get("FOREMAN_ARTIFACT_ROOT") ?? `${runtimeRoot}/artifacts`,
      isArtifactRootSet: get("FOREMAN_ARTIFACT_ROOT") !== undefined,
      logLevel: yield* logLevel(get("FOREMAN_LOG_LEVEL") ?? "info"),
      slowCommandMillis: yield* millis(
        "FOREMAN_SLOW_COMMAND_MS",
        get("FOREMAN_SLOW_COMMAND_MS") ?? "1000"
      ),
      auth,
      allowedHosts: list(get("FOREMAN_ALLOWED_HOSTS")),
      dispatch: yield* oneOf("FOREMAN_DISPATCH", get("FOREMAN_DISPATCH") ?? "auto", [
        "auto",
        "off"
      ]),
      ...(yield* local(get("FOREMAN_RUNNER"))),
      node: yield* nodeName(get("FOREMAN_NODE")),
      artifacts: yield* part(ArtifactLimits.read(environment)),
      manager: yield* part(ManagerConfig.read(environment)),
      notifiers: yield* part(NotifierSettings.read(environment))
    }
  })

/**
 * Says whether an address is one that only this machine reaches.
 *
 * @category configuration
 * @since 0.1.0
 */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)

// internal --------------------------------------------------------------------

/** What a part of the settings has read. */
const part = <A>(
  read: Result.Result<A, { readonly name: string; readonly problem: string }>
): Result.Result<A, SettingsInvalid> => Result.mapError(read, (wrong) => new SettingsInvalid(wrong))

const invalid = (name: string, problem: string) =>
  Result.fail(new SettingsInvalid({ name, problem }))

/** Runs hand these to their agents, who may start Foreman's own tools. */
const isForRuns = (name: string): boolean => /^FOREMAN_(TASK|RUN)_/.test(name)

const onlyKnown = (environment: Readonly<Record<string, string | undefined>>) => {
  const strange = Object.keys(environment).find(
    (name) => name.startsWith("FOREMAN_") && !(name in names) && !isForRuns(name)
  )
  return strange === undefined
    ? Result.succeed(undefined)
    : invalid(
        strange,
        `is not a setting of Foreman; the settings are ${Object.keys(names).join(", ")}`
      )
}

const address = (text: string) => {
  const found = /^(?:\[([0-9a-f:]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(text)
  const port = Number(found?.[3])
  const host = found?.[1] ?? found?.[2] ?? ""
  return found === null || host === "" || port > 65_535
    ? invalid("FOREMAN_HTTP_ADDR", `should be host:port, say 127.0.0.1:8080, and is ${text}`)
    : Result.succeed({ host, port })
}

const oneOf = <const A extends string>(name: string, text: string, allowed: ReadonlyArray<A>) => {
  const found = allowed.find((word) => word === text)
  return found === undefined
    ? invalid(name, `should be ${allowed.join(" or ")}, and is ${text}`)
    : Result.succeed(found)
}

const logLevel = (text: string) => {
  const found = logLevels.find((level) => level.toLowerCase() === text.toLowerCase())
  return found === undefined
    ? invalid("FOREMAN_LOG_LEVEL", `should be one of ${logLevels.join(", ")}, and is ${text}`)
    : Result.succeed(found)
}

const millis = (name: string, text: string) =>
  /^[1-9]\d{0,6}$/.test(text)
    ? Result.succeed(Number(text))
    : invalid(name, `should be milliseconds, from 1 to 9999999, and is ${text}`)

const nodeName = (text: string | undefined) =>
  text === undefined || /^[A-Za-z0-9._-]{1,64}$/.test(text)
    ? Result.succeed(text)
    : invalid("FOREMAN_NODE", `should be 1 to 64 letters, digits, dots, _ or -, and is ${text}`)

const list = (text = ""): ReadonlyArray<string> =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")

const local = (text: string | undefined) => {
  const found = /^command:(?<localCommand>.+)$|^(?<localRunner>[a-z][a-z0-9-]*)$/.exec(text ?? "")
  return text !== undefined && found === null
    ? invalid("FOREMAN_RUNNER", `should be command:/path/agent.sh or codex, and is ${text}`)
    : Result.succeed({
        localCommand: found?.groups?.["localCommand"],
        localRunner: found?.groups?.["localRunner"]
      })
}
