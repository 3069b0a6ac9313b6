/**
 * Which store is meant by a command that opens it without asking a server.
 */
import type { Driver, Settings } from "@foreman/core"
import { Effect } from "effect"
import type { Scope } from "effect"
import { resolve } from "node:path"
import * as OpenStore from "../../OpenStore.ts"
import type { Context, Told } from "../Context.ts"
import { exitCodes, Failed } from "../ExitCode.ts"
import * as StoreMissing from "../StoreMissing.ts"

// services --------------------------------------------------------------------

/**
 * What the program was told. Refuses where no store was said and the server of the runtime root keeps
 * its own elsewhere: the file beside it is not the one that is meant.
 */
export const told = async (context: Pick<Context, "told">): Promise<Told> => {
  const heard = await context.told()
  const { storeSaidBy } = await import("../Connection.ts")
  if (storeSaidBy(heard) !== undefined) return heard
  const ServerFile = await import("../ServerFile.ts")
  const { runtimeRoot } = heard.settings
  const elsewhere = await ServerFile.elsewhere(runtimeRoot, heard.settings)
  if (elsewhere === undefined) return heard
  const { place, url } = elsewhere
  const server = `The server at ${url}, of the runtime root ${runtimeRoot}`
  const title = place ?? "another place than the file there"
  const words = `${server}, keeps its store in ${title}: ${sayingIt(place)}`
  throw new Failed(exitCodes.misused, "StoreElsewhere", words, { place, url })
}

/** Opens it to look. Where there is none, whoever looks is told what makes one. */
export const look = (
  settings: Settings.Settings
): Effect.Effect<Driver.Driver, Driver.StoreError | Failed, Scope.Scope> =>
  Effect.catchIf(OpenStore.look(settings), OpenStore.isMissing, () =>
    Effect.flatMap(
      Effect.promise(() => missing(settings)),
      Effect.fail
    )
  )

// internal --------------------------------------------------------------------

const missing = async (settings: Settings.Settings): Promise<Failed> => {
  const path = OpenStore.titleOf(settings)
  const { runtimeRoot } = settings
  const ServerFile = await import("../ServerFile.ts")
  const elsewhere = await ServerFile.elsewhere(resolve(runtimeRoot), settings)
  if (elsewhere === undefined) return StoreMissing.of(path)
  const { place, url } = elsewhere
  const server = `the server at ${url}, of the runtime root ${runtimeRoot}`
  const own = `keeps its own in ${place ?? "another place"}: ${sayingIt(place)}`
  const words = `There is no store ${path}, and ${server}, ${own}`
  return new Failed(exitCodes.notFound, "StoreNotFound", words, { path, place, url })
}

/** How the store of a server is named to a command that asks none. */
const sayingIt = (place: string | undefined): string =>
  place?.startsWith("/")
    ? "say it with --db, or another store"
    : "say DATABASE_URL as the server has it, or another store with --db"
