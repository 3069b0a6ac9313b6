/**
 * Everything the demo needs and takes away again: a folder, a git repository in it, the example
 * server as a process of its own, and an MCP client connected to that server's bridge.
 */
import { Client } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { type kinds, open as openStore, type Store } from "./Store.ts"

const repositoryRoot = resolve(import.meta.dirname, "../../..")

export interface Sandbox {
  readonly folder: string
  /** The repository that the agents change. */
  readonly site: string
  readonly url: string
  readonly token: string
  readonly mcp: Client
  /** Where Foreman keeps what it knows. */
  readonly store: Store
  /** Ends the server; what it wrote stays. */
  readonly end: () => Promise<void>
  /** Takes away what it wrote: a folder that is kept stays, a database does not. */
  readonly remove: () => Promise<void>
}

/** Runs git on the demo's own repository. */
export const git = (folder: string, ...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-C", folder, ...args], {
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "Demo",
      GIT_AUTHOR_EMAIL: "demo@localhost",
      GIT_COMMITTER_NAME: "Demo",
      GIT_COMMITTER_EMAIL: "demo@localhost"
    }
  }).trim()

export interface Options {
  readonly keep: boolean
  readonly store: (typeof kinds)[number]
}

export const open = async ({ keep, store: kind }: Options): Promise<Sandbox> => {
  const folder = await mkdtemp(join(tmpdir(), "foreman-demo-"))
  // What is there is taken away again, the newest first, also when not all of it comes about.
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => {
    if (!keep) await rm(folder, { recursive: true, force: true })
  })
  const site = join(folder, "site")
  git(folder, "init", "--quiet", "--initial-branch=main", "site")
  await writeFile(join(site, "README.md"), "# A site\n")
  git(site, "add", ".")
  git(site, "commit", "--quiet", "--message", "Begin")

  const runtime = join(folder, "runtime")
  const store = await openStore(kind, runtime)
  stack.defer(store.end)
  const server = await startServer(folder, { FOREMAN_RUNTIME_ROOT: runtime, ...store.environment })
  stack.defer(() => end(server.process))
  const token = (await readFile(join(runtime, "token"), "utf8")).trim()
  const mcp = await connect(server.url, token)
  const all = stack.move()
  return {
    folder,
    site,
    url: server.url,
    token,
    mcp,
    store,
    end: async () => {
      await mcp.close()
      await end(server.process)
    },
    remove: () => all.disposeAsync()
  }
}

const environment = (given: Readonly<Record<string, string>>) => ({
  PATH: process.env["PATH"] ?? "",
  HOME: process.env["HOME"] ?? tmpdir(),
  ...given
})

const startServer = async (folder: string, settings: Readonly<Record<string, string>>) => {
  const main = join(repositoryRoot, "packages/cli/src/main.ts")
  const child = spawn(process.execPath, ["--conditions=@foreman/source", main, "serve"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    env: environment({
      FOREMAN_HTTP_ADDR: "127.0.0.1:0",
      FOREMAN_LOG_LEVEL: "warn",
      XDG_STATE_HOME: join(folder, "state"),
      ...settings
    })
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^foreman ready (\S+)$/.exec(line) ?? []
    if (url !== undefined) return { process: child, url }
  }
  throw new Error("The server ended before it was ready")
}

const connect = async (url: string, token: string): Promise<Client> => {
  const mcp = new Client({ name: "demo", version: "0.1.0" })
  await mcp.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join(repositoryRoot, "packages/mcp/bin/foreman-mcp.js")],
      env: environment({ FOREMAN_API_URL: url, FOREMAN_TOKEN: token })
    })
  )
  return mcp
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => {
    child.once("exit", resolve)
  })
  child.kill("SIGTERM")
  await ended
}
