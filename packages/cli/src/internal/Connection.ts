/**
 * The way to Foreman: a server that runs, else the store itself. The same calls, the same answers.
 */
import type { StorePlace, Wire } from "@foreman/core"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import * as OpenStore from "../OpenStore.ts"
import type { Told } from "./Context.ts"
import { exitCodes, Failed } from "./ExitCode.ts"
import * as ServerFile from "./ServerFile.ts"
import * as StoreMissing from "./StoreMissing.ts"

// models ----------------------------------------------------------------------

/** What may be added to a call. */
export interface CallOptions {
  readonly idempotencyKey?: string | undefined
  readonly dryRun?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** An event of the feed, with the keys of the wire. */
export type FeedEvent = Readonly<Record<string, unknown>> & { readonly cursor: string }

/** An open way to Foreman. What fails is a `Failed`. */
export interface Connection {
  /** What a person calls the other end. */
  readonly title: string
  readonly invoke: (name: string, input: Wire.Json, options?: CallOptions) => Promise<Wire.Json>
  readonly follow: (input: {
    readonly after: string | undefined
    readonly organizationId: string | undefined
    readonly signal: AbortSignal
  }) => AsyncIterable<FeedEvent>
  /** The bytes of an artifact, as they are asked for. */
  readonly read: (artifactId: string, signal: AbortSignal) => AsyncIterable<Uint8Array>
  readonly close: () => Promise<void>
}

// rules -----------------------------------------------------------------------

/** The token of a server on this machine is shown to no other machine. */
export const isThisMachine = (url: string): boolean =>
  URL.canParse(url) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)

/** The server that was named. `from` is the file that did, which may be somebody else's. */
export const serverNamedBy = ({ called, gathered }: Told) => {
  const name = urlNames.find((one) => gathered.has(one))
  const said = name === undefined ? undefined : gathered.get(name)
  if (name === undefined || said === undefined) return undefined
  const url = said.value
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    // What stands before a host may be a password.
    const shown = url.includes("@") ? "" : `, not ${url}`
    const words = `the server's URL is an http or https URL${shown}`
    throw new Failed(exitCodes.misused, "SettingsInvalid", words)
  }
  const { password, username } = new URL(url)
  if (username + password !== "") {
    const problem = "takes no name and password: say the token by --token or FOREMAN_TOKEN"
    const words = `${called(name)} ${problem}`
    throw new Failed(exitCodes.misused, "SettingsInvalid", words, { name, problem })
  }
  const isFile = said.from !== "flags" && said.from !== "environment"
  return { url, from: isFile ? said.from : undefined }
}

/** The store that was said. Who says none means that of the server, wherever that keeps its own. */
export const storeSaidBy = ({ gathered, settings }: Told): StorePlace.StorePlace | undefined => {
  const isSaid = ["DATABASE_URL", "FOREMAN_DB_PATH"].some((name) => gathered.has(name))
  return isSaid ? settings : undefined
}

// services --------------------------------------------------------------------

/** Finds the server that was named, or that runs on the runtime root and the store; else opens that. */
export const open = async (
  told: Told,
  { isDry, mayMake }: { readonly isDry: boolean; readonly mayMake: boolean }
): Promise<Connection> => {
  const root = resolve(told.settings.runtimeRoot)
  const tokenFile = join(root, "token")
  const named = serverNamedBy(told)
  const url = named?.url ?? (await Effect.runPromise(ServerFile.read(root, storeSaidBy(told))))
  const token = tokenOf(told)
  if (url !== undefined) {
    const isTrusted = named === undefined || named.from === undefined || token?.from === named.from
    if (token !== undefined && !isTrusted && token.from !== "flags") {
      throw new Failed(
        exitCodes.misused,
        "TokenNotForServer",
        `${named.from} names the server ${url}, and the token is of the ${token.from}: ` +
          "say both in one place, or name the server with --url"
      )
    }
    const { open: remote } = await import("./Remote.ts")
    const own = isThisMachine(url) ? await contentOf(tokenFile) : undefined
    return remote({ url, token: token?.value ?? own })
  }
  const { databasePath, databaseUrl } = told.settings
  const wish = { isDry, mayMake }
  // Whether there is a store in a database is found out by opening it, once.
  if (databaseUrl === undefined && !existsSync(databasePath)) {
    const refusal = await refusalOfMissing(told, wish)
    if (refusal !== undefined) throw refusal
  }
  const { open: embedded } = await import("./Embedded.ts")
  // A key for servers says nothing about who may open the file.
  const isKey = token !== undefined && token.name.endsWith("_API_KEY")
  return embedded({
    told,
    mustExist: !mayMake,
    refusalOfMissing: () => refusalOfMissing(told, wish),
    token: isKey ? undefined : token?.value,
    operatorToken: await contentOf(tokenFile),
    managerToken: await contentOf(join(root, "manager-token"))
  })
}

// internal --------------------------------------------------------------------

/**
 * Who only looks makes no store, least of all at a place that was mistyped. Nor does who writes make
 * one beside the store of a server that runs: what is written there is seen by no agent.
 */
const refusalOfMissing = async (
  { settings }: Told,
  { isDry, mayMake }: { readonly isDry: boolean; readonly mayMake: boolean }
): Promise<Failed | undefined> => {
  const { databasePath, databaseUrl, runtimeRoot } = settings
  const path = OpenStore.titleOf(settings)
  const other = await ServerFile.elsewhere(resolve(runtimeRoot), settings)
  if (other !== undefined) {
    const place = databaseUrl === undefined ? resolve(databasePath) : path
    return beside({ path: place, runtimeRoot, mayMake }, other)
  }
  if (mayMake) return undefined
  const advice = isDry
    ? "without --dry-run it would be made, with what is local and missing in it"
    : StoreMissing.whatMakesIt
  return StoreMissing.of(path, advice)
}

const beside = (
  wanted: { readonly path: string; readonly runtimeRoot: string; readonly mayMake: boolean },
  { place, url }: ServerFile.Elsewhere
): Failed => {
  const { mayMake, path, runtimeRoot } = wanted
  const server = `the server at ${url}, of the runtime root ${runtimeRoot}`
  const words =
    `There is no store ${path}, and ${server}, keeps its own in ${place ?? "another place"}: ` +
    "leave out --db (FOREMAN_DB_PATH, DATABASE_URL) to ask that server, or give " +
    "another store a root of its own with --runtime-root (FOREMAN_RUNTIME_ROOT)"
  const facts = { path, place, url }
  return mayMake
    ? new Failed(exitCodes.misused, "StoreElsewhere", words, facts)
    : new Failed(exitCodes.notFound, "StoreNotFound", words, facts)
}

const urlNames = ["FOREMAN_API_URL", "FOREMAN_URL", "OPENCLAW_API_URL"]

const tokenNames = ["FOREMAN_RUN_TOKEN", "FOREMAN_TOKEN", "FOREMAN_API_KEY", "OPENCLAW_API_KEY"]

const tokenOf = ({ gathered }: Told) =>
  tokenNames
    .map((name) => ({ name, ...gathered.get(name) }))
    .find((one): one is { name: string; value: string; from: string } => one.value !== undefined)

const contentOf = (path: string): Promise<string | undefined> =>
  readFile(path, "utf8").then(
    (text) => text.trim() || undefined,
    () => undefined
  )
