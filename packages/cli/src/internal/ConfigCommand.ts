/**
 * `foreman config`: every setting, as it is and where that comes from; or what a client of agents is
 * configured with.
 */
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import process from "node:process"
import * as ClientConfig from "./ClientConfig.ts"
import { isThisMachine, serverNamedBy, storeSaidBy } from "./Connection.ts"
import type { Context, Told } from "./Context.ts"
import { exitCodes, Failed } from "./ExitCode.ts"
import { type Command, type Given, isOn, Misused, valueOf } from "./Grammar.ts"
import * as McpProgram from "./McpProgram.ts"
import * as Tell from "./Tell.ts"

// services --------------------------------------------------------------------

export const command: Command = {
  words: ["config"],
  summary: "Shows every setting and where it comes from, or configures a client of agents",
  details:
    "Shows every setting as it is: what flags say, else the environment, else the file foreman.json in " +
    "the working folder or in the runtime root. What is secret is masked.\n\n" +
    "With --client it prints what that client's file needs instead: where this machine's server is, and " +
    "the token that it has made for agents. Who holds that plans, and never decides an approval.",
  positionals: [],
  flags: [
    {
      name: "client",
      placeholder: "CLIENT",
      choices: ClientConfig.clients,
      description: "Print the configuration of this client"
    },
    {
      name: "embedded",
      description:
        "With --client: open the store in the client's own process, which starts no agent"
    },
    ...Tell.settings
  ],
  examples: [
    "foreman config",
    "foreman config --json --http-addr 0.0.0.0:8080",
    "foreman config --client nanobot",
    "foreman config --client mcp --embedded"
  ],
  run: async (given, context) => {
    const named = valueOf(given, "client")
    const client = ClientConfig.clients.find((one) => one === named)
    if (client !== undefined) return printFor(client, given, context)
    if (isOn(given, "embedded")) throw new Misused("--embedded is for --client", ["config"])
    return show(context)
  }
}

// internal --------------------------------------------------------------------

const show = async ({ isJson, terminal, told }: Context): Promise<number> => {
  const { SettingsSources } = await import("@foreman/core")
  const Show = await import("./Show.ts")
  const settings = SettingsSources.describe((await told()).gathered)
  const rows = settings.map((setting) => ({ ...setting, value: setting.value ?? null }))
  await terminal.out(
    isJson
      ? `${JSON.stringify({ settings: rows }, undefined, 2)}\n`
      : Show.list(terminal, ["name", "value", "from", "meaning"], rows)
  )
  return exitCodes.done
}

const printFor = async (
  client: ClientConfig.ClientName,
  given: Given,
  { isJson, terminal, told }: Context
): Promise<number> => {
  const heard = await told()
  const runtimeRoot = resolve(heard.settings.runtimeRoot)
  const place = isOn(given, "embedded")
    ? folderOf(heard, runtimeRoot)
    : ({ _tag: "Server", url: await urlOf(heard, runtimeRoot) } as const)
  const isNew = !existsSync(runtimeRoot)
  const { LocalToken } = await import("@foreman/http")
  const token = await Effect.runPromise(LocalToken.ensureManager(runtimeRoot)).catch(
    (cause: unknown) => {
      const words = cause instanceof Error ? cause.message : String(cause)
      throw new Failed(exitCodes.misused, "TokenFileError", words)
    }
  )
  const program = [process.execPath, McpProgram.path()] as const
  const text = ClientConfig.textFor(client, { place, program, token })
  const made = isNew ? { made: runtimeRoot } : {}
  await terminal.out(
    isJson ? `${JSON.stringify({ client, configuration: text, ...made }, undefined, 2)}\n` : text
  )
  if (isNew && !isJson) terminal.err(madeWords(runtimeRoot))
  return exitCodes.done
}

/** It may be the wrong folder in which the command was typed. */
const madeWords = (runtimeRoot: string): string =>
  `There was no ${runtimeRoot}: it was made, with this token. A server knows the token that is ` +
  "started in this folder, or with --runtime-root\n"

/** The file that the client's own process opens. An address of a database may hold a password. */
const folderOf = ({ settings }: Told, runtimeRoot: string): ClientConfig.Reached["place"] => {
  const { databasePath, databaseUrl } = settings
  if (databaseUrl !== undefined) {
    const words = "--embedded is for a SQLite file, and the store is a PostgreSQL: name its server"
    throw new Failed(exitCodes.misused, "SettingsInvalid", words)
  }
  return { _tag: "Folder", runtimeRoot, databasePath: resolve(databasePath) }
}

/** The server that was named or runs, else where one that is started would be. */
const urlOf = async (told: Told, runtimeRoot: string): Promise<string> => {
  const ServerFile = await import("./ServerFile.ts")
  const named = serverNamedBy(told)?.url
  const running = await Effect.runPromise(ServerFile.read(runtimeRoot, storeSaidBy(told)))
  const { host, port } = told.settings
  if (named === undefined && running === undefined && port === 0) {
    const words = "no server runs here, and the port of one that is started is not known"
    throw new Failed(exitCodes.misused, "SettingsInvalid", words)
  }
  const name = host.includes(":") ? `[${host}]` : host
  const url = reachable(named ?? running ?? `http://${name}:${port}`)
  if (named === undefined || isThisMachine(url)) return url
  throw new Failed(
    exitCodes.misused,
    "TokenNotForServer",
    `${url} is another machine, which knows no token of this one: print its configuration there`
  )
}

/** A server that listens on every address is found on this machine's own. */
const reachable = (url: string): string =>
  url
    .replace(/\/+$/, "")
    .replace(/(?<=^https?:\/\/)0\.0\.0\.0(?=[:/]|$)/, "127.0.0.1")
    .replace(/(?<=^https?:\/\/)\[::\](?=[:/]|$)/, "[::1]")
