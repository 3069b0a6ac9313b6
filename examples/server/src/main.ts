/**
 * The least that a control plane takes: a SQLite file, git, agents that are commands, HTTP and MCP.
 *
 * `foreman serve` composes all there is (packages/cli/src/Server.ts). Copy this one and change what you
 * like: another store, a runner of your own, routes beside those of Foreman.
 */
import { ArtifactFolder } from "@foreman/artifacts-fs"
import { AgentRunner, Foreman, Reactors } from "@foreman/core"
import { Workspaces } from "@foreman/git"
import { HttpServer, LocalToken } from "@foreman/http"
import { McpHttp } from "@foreman/mcp"
import { MainProgram, Supervisor } from "@foreman/process"
import { CommandRunner } from "@foreman/runner-command"
import { SqliteStore } from "@foreman/store-sqlite"
import { Console, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { mkdirSync } from "node:fs"
import { join, resolve } from "node:path"

const [folder = ".foreman", port = "8080"] = process.argv.slice(2)
const root = resolve(folder)

/** An agent with `"config": { "runner": "command", "command": [...] }` is a process of this machine. */
const runners = Layer.effect(
  AgentRunner.AgentRunners,
  CommandRunner.make({ baseFolder: process.cwd(), outputFolder: join(root, "runs") }).pipe(
    Effect.map((command) => new Map([[command.name, command]]))
  )
).pipe(Layer.provide(Supervisor.layer()))

const server = Layer.unwrap(
  Effect.gen(function* () {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    const foreman = Foreman.layer({
      mode: "token",
      operatorToken: yield* LocalToken.ensure(root)
    }).pipe(
      Layer.provideMerge(SqliteStore.layer({ filename: join(root, "foreman.db") })),
      Layer.provideMerge(ArtifactFolder.layer({ root: join(root, "artifacts") })),
      Layer.provideMerge(runners)
    )
    const http = Effect.map(McpHttp.make({}), (mcp) =>
      HttpServer.layer({ address: { host: "127.0.0.1", port: Number(port) }, mounts: [mcp] })
    )
    const working = Effect.gen(function* () {
      const { url } = yield* HttpServer.HttpServer
      yield* Console.log(`foreman ready ${url}`)
      // Another process may have had the same number once: this one must not take its lease for its own.
      const holder = `${process.pid}/${randomUUID()}`
      return Reactors.layer({ ...Reactors.defaults, holder, apiUrl: () => url })
    })
    return Layer.unwrap(working).pipe(
      Layer.provide(Workspaces.layer({ root: join(root, "work") })),
      Layer.provide(Layer.unwrap(http)),
      Layer.provide(foreman)
    )
  })
)

MainProgram.launch(server, {
  explain: (error) => (error instanceof Error ? error.message : String(error))
})
