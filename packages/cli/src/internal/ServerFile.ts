/**
 * Where the server of a runtime root listens: a small file in it, while the server runs.
 *
 * It names the process too. What a killed server left behind therefore sends nobody to whoever got its
 * port afterwards, and no token is shown to a stranger.
 */
import type { StorePlace } from "@foreman/core"
import { ProcessIdentity } from "@foreman/process"
import { Data, Effect, Option, Schema } from "effect"
import type { Scope } from "effect"
import { createHash, randomUUID } from "node:crypto"
import { readFile, realpath, rename, rm, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import * as OpenStore from "../OpenStore.ts"

// models ----------------------------------------------------------------------

const Content = Schema.fromJsonString(
  Schema.Struct({
    url: Schema.String,
    /** The digest of where its store is. */
    store: Schema.String,
    /** The same for a person, without what is secret in it. */
    place: Schema.optionalKey(Schema.String),
    process: Schema.Struct({
      pid: Schema.Int,
      startTime: Schema.Finite,
      bootId: Schema.String
    })
  })
)

/** A server that lives, and where it keeps its store, as far as it says so. */
export interface Elsewhere {
  readonly url: string
  readonly place: string | undefined
}

// errors ----------------------------------------------------------------------

/** Another server lives on the runtime root: its token, its folders and its name are that one's. */
export class RootServed extends Data.TaggedError("RootServed")<{
  readonly root: string
  readonly url: string
}> {
  override get message() {
    return (
      `the runtime root ${this.root} has a server already, at ${this.url}: ` +
      "end that one, or give this one its own with --runtime-root"
    )
  }
}

// services --------------------------------------------------------------------

/** Refuses a runtime root on which another process serves. */
export const mustBeFree = Effect.fnUntraced(function* (
  root: string
): Effect.fn.Return<void, RootServed> {
  const content = yield* contentOf(root)
  if (content === undefined || content.process.pid === process.pid) return
  if (!(yield* ProcessIdentity.isAlive(content.process))) return
  return yield* new RootServed({ root, url: content.url })
})

/** Says in the runtime root where this process listens, until the scope ends. */
export const keep = Effect.fnUntraced(function* (
  root: string,
  url: string,
  place: StorePlace.StorePlace
): Effect.fn.Return<void, RootServed, Scope.Scope> {
  // One that was started at the same time may have been quicker.
  yield* mustBeFree(root)
  const identity = yield* ProcessIdentity.of(process.pid)
  if (identity === undefined) return
  const store = { store: digestOf(place), place: titleOf(place) }
  const text = `${JSON.stringify({ url, ...store, process: identity })}\n`
  yield* Effect.acquireRelease(
    Effect.promise(() => write(root, text)),
    () => Effect.promise(() => remove(root, text))
  )
})

/** The address of the server of a runtime root, if one runs and has this store, or any if none is said. */
export const read = Effect.fnUntraced(function* (root: string, place?: StorePlace.StorePlace) {
  const content = yield* livingOf(root)
  const isAnother = place !== undefined && content?.store !== digestOf(place)
  return isAnother ? undefined : content?.url
})

/** The server that runs on a runtime root, and where its store is, if that is another one than this. */
export const elsewhere = async (
  root: string,
  place: StorePlace.StorePlace
): Promise<Elsewhere | undefined> => {
  const { place: kept, store, url } = (await Effect.runPromise(livingOf(root))) ?? {}
  if (url === undefined || store === digestOf(place)) return undefined
  // One file may be reached by several paths.
  const isSame =
    kept !== undefined && (await pathOfFile(kept)) === (await pathOfFile(titleOf(place)))
  return isSame ? undefined : { url, place: kept }
}

// internal --------------------------------------------------------------------

/** The address of a database may hold a password. */
const digestOf = ({ databasePath, databaseUrl }: StorePlace.StorePlace): string =>
  createHash("sha256")
    .update(databaseUrl ?? resolve(databasePath))
    .digest("hex")

const pathOf = (root: string): string => join(root, "server.json")

const decode = Schema.decodeUnknownEffect(Content)

const contentOf = Effect.fnUntraced(function* (root: string) {
  const text = yield* Effect.promise(() => readFile(pathOf(root), "utf8").catch(() => ""))
  return Option.getOrUndefined(yield* Effect.option(decode(text)))
})

/** What the server wrote that lives. */
const livingOf = Effect.fnUntraced(function* (root: string) {
  const content = yield* contentOf(root)
  const isLive = content !== undefined && (yield* ProcessIdentity.isAlive(content.process))
  return isLive ? content : undefined
})

const titleOf = (place: StorePlace.StorePlace): string =>
  OpenStore.titleOf({ ...place, databasePath: resolve(place.databasePath) })

const pathOfFile = (path: string): Promise<string> => realpath(path).catch(() => path)

/** Who finds no file opens the store itself, so a root without it serves all the same. */
const write = async (root: string, text: string): Promise<void> => {
  const draft = `${pathOf(root)}.${randomUUID()}`
  await writeFile(draft, text, { mode: 0o600 })
    .then(() => rename(draft, pathOf(root)))
    .catch(() => rm(draft, { force: true }).catch(() => undefined))
}

/** Another server of the same root may have written its own since. */
const remove = async (root: string, text: string): Promise<void> => {
  const found = await readFile(pathOf(root), "utf8").catch(() => "")
  if (found === text) await rm(pathOf(root), { force: true }).catch(() => undefined)
}
