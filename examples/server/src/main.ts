/**
 * The example control plane: a store, artifacts, git, a runner and HTTP, composed. Copy it and change
 * what you like.
 */
import { ArtifactFolder } from "@foreman/artifacts-fs"
import {
  AgentRunner,
  ensureLocalTeam,
  Foreman,
  localRunnerName,
  Reactors,
  Settings
} from "@foreman/core"
import { Workspaces } from "@foreman/git"
import { HttpServer, LocalToken } from "@foreman/http"
import { MainProgram, Supervisor } from "@foreman/process"
import { CommandRunner } from "@foreman/runner-command"
import { SqliteStore } from "@foreman/store-sqlite"
import { Console, Effect, Layer, Logger, References } from "effect"
import { createHash, randomUUID } from "node:crypto"
import { homedir } from "node:os"
import { join, resolve } from "node:path"

const compose = Effect.gen(function* () {
  const settings = yield* Effect.fromResult(Settings.read(process.env))
  const root = resolve(settings.runtimeRoot)
  const token = yield* LocalToken.ensure(root)
  const { auth, dispatch, host, localCommand, logLevel, port } = settings

  const state = process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state")
  const name = createHash("sha256").update(root).digest("hex").slice(0, 12)
  const workspaces = Workspaces.layer({ root: join(state, "foreman", name) })

  const folders = { baseFolder: process.cwd(), outputFolder: join(root, "runs") }
  const runners = Layer.effect(
    AgentRunner.AgentRunners,
    Effect.gen(function* () {
      const command = yield* CommandRunner.make(folders)
      if (localCommand === undefined) return new Map([[command.name, command]])
      const local = yield* CommandRunner.fixed(localRunnerName, [localCommand], folders)
      return new Map([command, local].map((runner) => [runner.name, runner]))
    })
  ).pipe(Layer.provide(Supervisor.layer()))

  const foreman = Foreman.layer(
    auth === "open" ? { mode: "open" } : { mode: "token", operatorToken: token }
  ).pipe(
    Layer.provideMerge(SqliteStore.layer({ filename: resolve(settings.databasePath) })),
    Layer.provideMerge(ArtifactFolder.layer({ root: resolve(settings.artifactRoot) }))
  )

  const mcpPath = resolve(import.meta.dirname, "../../../packages/mcp/bin/foreman-mcp.js")
  const { allowedHosts } = settings
  const http = HttpServer.layer({ address: { host, port }, allowedHosts, connect: { mcpPath } })

  const serve = Effect.gen(function* () {
    const { url } = yield* HttpServer.HttpServer
    const holder = `${process.pid}/${randomUUID()}`
    const config = { ...Reactors.defaults, holder, apiUrl: () => url }
    if (localCommand !== undefined) yield* ensureLocalTeam
    if (settings.databaseUrl !== undefined) {
      yield* Effect.logWarning("DATABASE_URL is set, but there is no PostgreSQL store yet")
    }
    yield* Console.log(`foreman ready ${url}`)
    if (auth === "token") yield* Console.log(`open ${url}/#token=${token}`)
    return dispatch === "off" ? Layer.empty : Reactors.layer(config)
  })
  return Layer.unwrap(serve).pipe(
    Layer.provide([workspaces, runners]),
    Layer.provide(http),
    Layer.provide(foreman),
    Layer.provide(Layer.succeed(References.MinimumLogLevel, logLevel)),
    Layer.provide(Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]))
  )
})

MainProgram.launch(Layer.unwrap(compose), {
  explain: (error) => (error instanceof Error ? error.message : String(error))
})
