/**
 * The server that `foreman serve` starts: a store, artifacts, git, runners, HTTP and the reactors,
 * composed. Copy it and change what you like.
 *
 * @since 0.1.0
 */
import { ArtifactIntakeFolder } from "@foreman/artifacts-fs"
import {
  AgentRunner,
  ArtifactLimits,
  Deliveries,
  ensureLocalProject,
  ensureLocalTeam,
  Explains,
  Foreman,
  Housekeeper,
  LocalTeam,
  Manager,
  Log,
  Observation,
  Reactors,
  Settings
} from "@foreman/core"
import { OpenClawGateway } from "@foreman/gateway-openclaw"
import { Workspaces } from "@foreman/git"
import { HttpServer, LocalToken, Metrics } from "@foreman/http"
import { McpHttp } from "@foreman/mcp"
import { MainProgram, Supervisor } from "@foreman/process"
import { CodexRunner } from "@foreman/runner-codex"
import { CommandRunner } from "@foreman/runner-command"
import { PostgresStore } from "@foreman/store-postgres"
import { Console, Effect, Layer } from "effect"
import { createHash, randomUUID } from "node:crypto"
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import * as Codex from "./internal/server/Codex.ts"
import * as Folders from "./internal/server/Folders.ts"
import { exitCodes } from "./internal/ExitCode.ts"
import * as McpProgram from "./internal/McpProgram.ts"
import * as ServerFile from "./internal/ServerFile.ts"
import * as MissingRepository from "./internal/server/MissingRepository.ts"
import * as Outside from "./internal/server/Outside.ts"
import * as Store from "./internal/server/Store.ts"
import * as Traces from "./internal/server/Traces.ts"
import * as Unfinished from "./internal/server/Unfinished.ts"
import * as WorkingRepository from "./internal/server/WorkingRepository.ts"

// models ----------------------------------------------------------------------

/**
 * The environment that a server reads: its settings, `XDG_STATE_HOME`, the keys of models, and the
 * names of OpenTelemetry.
 *
 * @category configuration
 * @since 0.1.0
 */
export type Environment = Readonly<Record<string, string | undefined>>

// services --------------------------------------------------------------------

/**
 * Serves until the process is told to end. Never returns. `called` is what a person calls a setting
 * that cannot be used: its name unless said.
 *
 * @category services
 * @since 0.1.0
 */
export const launch = (
  environment: Environment,
  { called = (name) => name }: { readonly called?: (name: string) => string } = {}
): void =>
  MainProgram.launch(Layer.provide(layer(environment), unrecorded), {
    exitCodeOf,
    explain: (error) => explain(error, called)
  })

// layers ----------------------------------------------------------------------

/**
 * A server by its settings: it listens and works while the layer is kept.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (environment: Environment): Layer.Layer<never, unknown> =>
  Layer.unwrap(compose(environment))

// internal --------------------------------------------------------------------

const compose = Effect.fnUntraced(function* (environment: Environment) {
  const settings = yield* Effect.fromResult(Settings.read(environment))
  const root = resolve(settings.runtimeRoot)
  const { allowedHosts, auth, host, logLevel, port } = settings

  const state = environment["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state")
  const name = createHash("sha256").update(root).digest("hex").slice(0, 12)
  const workspaceRoot = join(state, "foreman", name)
  yield* Folders.ensure("FOREMAN_RUNTIME_ROOT", root)
  yield* ServerFile.mustBeFree(root)
  yield* Folders.ensure("XDG_STATE_HOME", workspaceRoot)
  const store = yield* Store.make(settings)
  const repository = yield* WorkingRepository.find(process.cwd())
  const manager = { ...settings.manager, ...repository }
  const token = yield* LocalToken.ensure(root)
  const managerToken = yield* LocalToken.ensureManager(root)

  const codex = Codex.options(environment, join(workspaceRoot, "codex"), McpProgram.path())
  const runners = runnersOf(settings, join(root, "runs"), codex)
  const foreman = Foreman.layer({ mode: auth, operatorToken: token, managerToken }).pipe(
    Layer.provideMerge(store),
    Layer.provideMerge(runners)
  )

  const http = Layer.unwrap(
    Effect.gen(function* () {
      const mcp = yield* McpHttp.make({ elicitation: { stateKey: stateKeyOf(token) } })
      return HttpServer.layer({
        address: { host, port },
        allowedHosts,
        connect: { mcpPath: McpProgram.path(), mcpEndpoint: mcp.path, token: managerToken },
        mounts: [mcp, yield* Metrics.make, yield* OpenClawGateway.make]
      })
    })
  )

  return serving(settings, root, token, repository).pipe(
    Layer.provide(Workspaces.layer({ root: workspaceRoot })),
    Layer.provide(ArtifactIntakeFolder.layer({ root: join(root, "left") })),
    Layer.provide(http),
    Layer.provide(foreman),
    Layer.provide(Traces.layer(environment)),
    Layer.provide(Layer.succeed(Observation.SlowCommandMillis, settings.slowCommandMillis)),
    Layer.provide(Layer.succeed(ArtifactLimits.ArtifactLimits, settings.artifacts)),
    Layer.provide(Layer.succeed(Manager.ManagerConfig, manager)),
    Layer.provide(Layer.succeed(Explains.MostRuns, mostRunsOf(settings))),
    Layer.provide(Unfinished.layer),
    Layer.provide(Log.layer({ level: logLevel, form: process.stderr.isTTY ? "text" : "json" }))
  )
})

/** Whoever ended the server sees that runs of it are found lost. */
const unrecorded = Layer.succeed(Reactors.Unrecorded, () =>
  Effect.sync(() => {
    process.exitCode = 1
  })
)

/** How many runs there are at once at most, where any are started. */
const mostRunsOf = ({ dispatch }: Settings.Settings) =>
  dispatch === "off" ? null : Reactors.defaults.maxConcurrent

/** Says where it listens, and works. */
const serving = (
  settings: Settings.Settings,
  root: string,
  token: string,
  repository: WorkingRepository.WorkingRepository
) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { auth, dispatch, localCommand, localRunner, node } = settings
      const { url } = yield* HttpServer.HttpServer
      const holder = `${process.pid}/${randomUUID()}`
      const config = { ...Reactors.defaults, holder, apiUrl: () => url, node }
      if ((localCommand ?? localRunner) !== undefined) {
        const team = yield* ensureLocalTeam
        yield* ensureLocalProject(team)
        yield* MissingRepository.warn(team, process.cwd(), repository)
      }
      yield* MissingRepository.warnOfLack(repository)
      yield* ServerFile.keep(root, url, settings)
      yield* Console.log(`foreman ready ${url}`)
      if (auth === "token") yield* Console.log(`open ${url}/#token=${token}`)
      // Where nothing is started, the house is kept all the same.
      const reactors = dispatch === "off" ? Housekeeper.layer(config) : Reactors.layer(config)
      const outside = Outside.layer(settings.notifiers)
      return Layer.merge(reactors, Deliveries.layer(config).pipe(Layer.provide(outside)))
    })
  )

const runnersOf = (
  { localCommand, localRunner }: Settings.Settings,
  outputFolder: string,
  codexOptions: CodexRunner.Options
) => {
  const folders = { baseFolder: process.cwd(), outputFolder }
  const make = Effect.gen(function* () {
    const command = yield* CommandRunner.make(folders)
    const codex = yield* CodexRunner.make(codexOptions)
    const known = new Map([command, codex].map((runner) => [runner.name, runner]))
    const named = localRunner === undefined ? undefined : known.get(localRunner)
    const local =
      localCommand === undefined
        ? named
        : yield* CommandRunner.fixed(LocalTeam.localRunnerName, [localCommand], folders)
    const refused = (problem: string) =>
      new Settings.SettingsInvalid({ name: "FOREMAN_RUNNER", problem: `names ${problem}` })
    if (local === undefined) {
      return localRunner === undefined
        ? known
        : yield* refused(`${localRunner}; there are ${[...known.keys()].join(", ")}`)
    }
    yield* Effect.mapError(local.check({}), ({ detail }) =>
      refused(detail.replace(/^(\S+) ((?:does|is) (?:not|in no) )/, "$1, which $2"))
    )
    return new Map([
      ...known,
      [LocalTeam.localRunnerName, { ...local, name: LocalTeam.localRunnerName }]
    ])
  })
  return Layer.effect(AgentRunner.AgentRunners, make).pipe(Layer.provide(Supervisor.layer()))
}

/** What clients hand back with a person's answer is good across starts of the server. */
const stateKeyOf = (token: string) => createHash("sha256").update(`mcp/${token}`).digest()

/** Scripts tell a store that does not answer from a setting that cannot be used. */
const exitCodeOf = (error: unknown): number => {
  const cause = error instanceof Error ? error.cause : undefined
  const isDatabase = cause instanceof PostgresStore.DatabaseUnusable && cause.reason !== "url"
  return isDatabase ? exitCodes.unavailable : exitCodes.misused
}

/** What went wrong, in a sentence for whoever started the server. */
const explain = (error: unknown, called: (name: string) => string): string => {
  if (error instanceof Settings.SettingsInvalid) return `${called(error.name)} ${error.problem}`
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof PostgresStore.DatabaseUnusable) {
    return `${called("DATABASE_URL")}: ${cause.message}`
  }
  const words = error instanceof Error ? error.message : String(error)
  return error instanceof HttpServer.ListenError && otherPort.has(error.reason)
    ? `${words} with --http-addr`
    : words
}

/** What ends with the advice to choose another port. */
const otherPort: ReadonlySet<HttpServer.ListenError["reason"]> = new Set([
  "port_taken",
  "not_permitted"
])
