/**
 * One server of one's own: its data, its settings, its start and its end.
 *
 * Only who knows the password comes in, over loopback and over a socket in a folder that is closed to
 * others. Texts are ordered as people do, as in most databases of production, so that what relies on
 * the order of bytes has to say so.
 */
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { appendFile, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Account from "./Account.ts"
import * as Binaries from "./Binaries.ts"
import * as Place from "./Place.ts"

// models ----------------------------------------------------------------------

/** What a server is to be like. */
export interface Wish {
  /** Off makes a server fast that may lose everything when its machine does. */
  readonly fsync?: boolean
  /** Lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  readonly source?: Binaries.Source
  /** The package with programs, if not the one of this repository. */
  readonly packageFolder?: string
  /** How texts are ordered: by bytes, or as people do. */
  readonly order?: "bytes" | "people"
}

/** What is known of a server that runs. */
export interface Running {
  readonly pid: number
  /** Of a superuser, over loopback. */
  readonly url: string
  /** The same over the socket in its folder. */
  readonly socketUrl: string
  readonly version: string
  readonly source: Binaries.Source
  /** The folder of its programs. */
  readonly programs: string
  /** The folder of its data. */
  readonly data: string
}

/** A server with its owner. */
export interface Cluster {
  /** Starts it, for the first time or again. */
  readonly start: () => Promise<Running>
  readonly end: (signal: NodeJS.Signals) => Promise<void>
  /** Ends whatever runs, at once, and removes all of it. */
  readonly remove: () => Promise<void>
}

// services --------------------------------------------------------------------

/** Makes a place for a server; nothing runs yet. */
export const make = (wish: Wish, environment: NodeJS.ProcessEnv): Cluster => {
  const place = Place.make(environment)
  let prepared: Promise<Prepared> | undefined
  const start = async (): Promise<Running> => {
    prepared ??= prepare(place, wish)
    const known = await prepared
    return { ...known, pid: await launch(place, known) }
  }
  return { start, end: place.end, remove: place.remove }
}

// internal --------------------------------------------------------------------

type Prepared = Omit<Running, "pid">

/** How long a start may take, a recovery with it. */
const startMillis = 60_000

const prepare = async (place: Place.Place, wish: Wish): Promise<Prepared> => {
  const { account, folder } = place
  const { packageFolder, source } = wish
  const copyTo = join(folder, "server")
  const binaries = Binaries.find({
    account,
    copyTo,
    ...(source === undefined ? {} : { source }),
    ...(packageFolder === undefined ? {} : { packageFolder })
  })
  const data = join(folder, "data")
  const password = randomBytes(18).toString("base64url")
  await initialize(place, binaries, { data, password, order: wish.order ?? "people" })
  const port = await Place.freePort()
  await appendFile(join(data, "postgresql.conf"), configuration(wish, folder, port))
  const user = `postgres://postgres:${password}@`
  return {
    url: `${user}127.0.0.1:${port}/postgres`,
    socketUrl: `${user}/postgres?host=${encodeURIComponent(folder)}&port=${port}`,
    version: binaries.version,
    source: binaries.source,
    programs: binaries.folder,
    data
  }
}

const initialize = async (
  { account, folder, lastWords, run }: Place.Place,
  binaries: Binaries.Binaries,
  { data, order, password }: { data: string; password: string; order: "bytes" | "people" }
): Promise<void> => {
  const secret = join(folder, "password")
  await writeFile(secret, password, { mode: 0o600 })
  Account.give(secret, account)
  const flags = ["-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", secret]
  for (const locale of localesOf(binaries.version, order)) {
    const all = [...flags, "-E", "UTF8", "--no-sync", ...locale]
    const child = await run(join(binaries.folder, "initdb"), all)
    if ((await Place.endOf(child)) === 0) return rm(secret)
  }
  throw new Error(`initdb failed: ${await lastWords()}`)
}

/** The first that the server has been built for. */
const localesOf = (version: string, order: "bytes" | "people"): ReadonlyArray<Array<string>> => {
  const bytes = ["--locale=C"]
  if (order === "bytes" || Number.parseInt(version, 10) < 15) return [bytes]
  return [[...bytes, "--locale-provider=icu", "--icu-locale=en-US"], bytes]
}

const configuration = ({ fsync = true, settings }: Wish, folder: string, port: number): string => {
  const all = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: folder,
    fsync,
    full_page_writes: fsync,
    ...settings
  }
  return Object.entries(all)
    .map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`)
    .join("")
}

/** Starts the server and waits until it answers. */
const launch = async (
  { lastWords, run }: Place.Place,
  { data, programs, version }: Prepared
): Promise<number> => {
  const deadline = performance.now() + startMillis
  for (;;) {
    const child = await run(join(programs, "postgres"), ["-D", data])
    if (child.pid !== undefined && (await isReady(child, data, deadline))) return child.pid
    const words = await lastWords()
    // Those that a killed server has left behind need a moment to see it.
    if (!/still in use|lock file/.test(words) || performance.now() > deadline) {
      throw new Error(`PostgreSQL ${version} did not start: ${words}`)
    }
    await sleep(50)
  }
}

/** Waits until the server says so in its file, or until it is over. */
const isReady = async (child: ChildProcess, data: string, deadline: number): Promise<boolean> => {
  while (Place.isAlive(child) && performance.now() < deadline) {
    const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")
    const lines = text.split("\n")
    if (Number(lines[0]) === child.pid && lines[7]?.startsWith("ready") === true) return true
    await sleep(10)
  }
  return false
}
