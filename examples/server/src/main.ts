/**
 * The example control plane: a store, artifacts, git, a runner and HTTP, composed. Copy it and change
 * what you like.
 */
import {
  AgentRunner,
  ensureLocalTeam,
  Foreman,
  Housekeeper,
  localRunnerName,
  Log,
  Observation,
  Reactors,
  Settings
} from "@foreman/core"
import { Workspaces } from "@foreman/git"
import { HttpServer, LocalToken, Metrics } from "@foreman/http"
import { McpHttp } from "@foreman/mcp"
import { MainProgram, Supervisor } from "@foreman/process"
import { CodexRunner } from "@foreman/runner-codex"
import { CommandRunner } from "@foreman/runner-command"
import { Console, Effect, Layer } from "effect"
import { createHash, randomUUID } from "node:crypto"
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import * as Codex from "./Codex.ts"
import * as Folders from "./Folders.ts"
import * as Store from "./Store.ts"
import * as Traces from "./Traces.ts"

const mcpPath = resolve(import.meta.dirname, "../../../packages/mcp/bin/foreman-mcp.js")

const runnersOf = (
  { localCommand, localRunner }: Settings.Settings,
  places: { readonly output: string; readonly codex: string }
) => {
  const folders = { baseFolder: process.cwd(), outputFolder: places.output }
  const make = Effect.gen(function* () {
    const command = yield* CommandRunner.make(folders)
    const codex = yield* CodexRunner.make(Codex.options(process.env, places.codex, mcpPath))
    const known = new Map([command, codex].map((runner) => [runner.name, runner]))
    const named = localRunner === undefined ? undefined : known.get(localRunner)
    const local =
      localCommand === undefined
        ? named
        : yield* CommandRunner.fixed(localRunnerName, [localCommand], folders)
    const refused = (problem: string) =>
      new Settings.SettingsInvalid({ name: "FOREMAN_RUNNER", problem: `names ${problem}` })
    if (local === undefined) {
      return localRunner === undefined
        ? known
        : yield* refused(`${localRunner}; there are ${[...known.keys()].join(", ")}`)
    }
    yield* Effect.mapError(local.check({}), ({ detail }) => refused(detail))
    return new Map([...known, [localRunnerName, { ...local, name: localRunnerName }]])
  })
  return Layer.effect(AgentRunner.AgentRunners, make).pipe(Layer.provide(Supervisor.layer()))
}

/** What clients hand back with a person's answer is good across starts of the server. */
const stateKeyOf = (token: string) => createHash("sha256").update(`mcp/${token}`).digest()

const compose = Effect.gen(function* () {
  const settings = yield* Effect.fromResult(Settings.read(process.env))
  const root = resolve(settings.runtimeRoot)
  const { auth, dispatch, host, localCommand, localRunner, logLevel, port } = settings

  const state = process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state")
  const name = createHash("sha256").update(root).digest("hex").slice(0, 12)
  const workspaceRoot = join(state, "foreman", name)
  const workspaces = Workspaces.layer({ root: workspaceRoot })
  yield* Folders.ensure("FOREMAN_RUNTIME_ROOT", root)
  yield* Folders.ensure("XDG_STATE_HOME", workspaceRoot)
  const store = yield* Store.make(settings)
  const token = yield* LocalToken.ensure(root)

  const runners = runnersOf(settings, {
    output: join(root, "runs"),
    codex: join(workspaceRoot, "codex")
  })
  const foreman = Foreman.layer(
    auth === "open" ? { mode: "open" } : { mode: "token", operatorToken: token }
  ).pipe(Layer.provideMerge(store), Layer.provideMerge(runners))

  const { allowedHosts } = settings
  const http = Layer.unwrap(
    Effect.gen(function* () {
      const mcp = yield* McpHttp.make({ elicitation: { stateKey: stateKeyOf(token) } })
      return HttpServer.layer({
        address: { host, port },
        allowedHosts,
        connect: { mcpPath, mcpEndpoint: mcp.path },
        mounts: [mcp, yield* Metrics.make]
      })
    })
  )

  const serve = Effect.gen(function* () {
    const { url } = yield* HttpServer.HttpServer
    const holder = `${process.pid}/${randomUUID()}`
    const config = { ...Reactors.defaults, holder, apiUrl: () => url, node: settings.node }
    if ((localCommand ?? localRunner) !== undefined) yield* ensureLocalTeam
    yield* Console.log(`foreman ready ${url}`)
    if (auth === "token") yield* Console.log(`open ${url}/#token=${token}`)
    // Where nothing is started, the house is kept all the same.
    return dispatch === "off" ? Housekeeper.layer(config) : Reactors.layer(config)
  })
  return Layer.unwrap(serve).pipe(
    Layer.provide(workspaces),
    Layer.provide(http),
    Layer.provide(foreman),
    Layer.provide(Traces.layer(process.env)),
    Layer.provide(Layer.succeed(Observation.SlowCommandMillis, settings.slowCommandMillis)),
    Layer.provide(Log.layer({ level: logLevel, form: process.stderr.isTTY ? "text" : "json" }))
  )
})

const usage = `npm start

Serves Foreman on FOREMAN_HTTP_ADDR, 127.0.0.1:8080 unless set, until SIGTERM or Ctrl-C. It takes no
options: every setting is an environment variable (docs/guides/run-the-server.md).`

const [option] = process.argv.slice(2)
if (option === undefined) {
  MainProgram.launch(Layer.unwrap(compose), { explain: Store.sentenceOf })
} else {
  const isHelp = option === "--help" || option === "-h"
  if (isHelp) console.log(usage)
  else console.error(`There is no option ${option}.\n\n${usage}`)
  process.exitCode = isHelp ? 0 : 2
}
