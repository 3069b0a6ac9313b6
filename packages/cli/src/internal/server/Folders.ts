/**
 * Folders of the server and of a store, made one level after the other before anything is opened there.
 *
 * `mkdir -p` goes round for ever where a file system pretends that nothing is there, as /proc does.
 * Here the nearest folder that exists is looked at first, and each level below it is one call.
 */
import { Settings } from "@foreman/core"
import { Effect } from "effect"
import { constants } from "node:fs"
import { access, mkdir, realpath, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"

/** Makes a folder if it is not there, and refuses one in the name of its setting, or of what is in it. */
export const ensure = (
  name: string,
  folder: string,
  is: "is" | "is in" = "is"
): Effect.Effect<void, Settings.SettingsInvalid> =>
  Effect.mapError(make(folder), (problem) => {
    const words = `${is} the folder ${folder}, which cannot be used: ${problem}`
    return new Settings.SettingsInvalid({ name, problem: words })
  })

/**
 * Makes a folder if it is not there. Says in words why one cannot be written, or cannot be made within
 * ten seconds.
 */
export const make = (folder: string): Effect.Effect<void, string> =>
  Effect.tryPromise({ try: () => makeAll(folder), catch: wordsOf }).pipe(
    Effect.timeoutOrElse({
      duration: "10 seconds",
      orElse: () => Effect.fail("its file system does not answer")
    })
  )

/** File systems that show what the kernel knows. */
const views = ["/proc", "/sys"]

const makeAll = async (folder: string): Promise<void> => {
  const { missing, nearest } = await nearestOf(folder)
  const view = views.find((path) => nearest === path || nearest.startsWith(`${path}/`))
  if (view !== undefined) throw new Error(`${view} keeps no files`)
  if (!(await stat(nearest)).isDirectory()) throw new Error(`${nearest} is not a folder`)
  await access(nearest, constants.W_OK | constants.X_OK)
  let path = nearest
  for (const level of missing) {
    path = join(path, level)
    await mkdir(path, { mode: 0o700 }).catch(unlessThere)
  }
}

/** The nearest folder that exists, without links, and the names of those below it that do not. */
const nearestOf = async (folder: string) => {
  const missing: Array<string> = []
  for (let path = folder; ; path = dirname(path)) {
    const nearest = await realpath(path).catch(unlessMissing)
    if (nearest !== undefined) return { nearest, missing }
    if (path === dirname(path)) throw new Error("it has no folder above it")
    missing.unshift(basename(path))
  }
}

const codeOf = (cause: unknown) =>
  cause instanceof Error && "code" in cause ? cause.code : undefined

const unlessMissing = (cause: unknown): undefined => {
  if (codeOf(cause) !== "ENOENT") throw cause
}

const unlessThere = (cause: unknown): undefined => {
  if (codeOf(cause) !== "EEXIST") throw cause
}

const wordsOf = (cause: unknown): string => {
  const code = codeOf(cause)
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "it cannot be written"
  return cause instanceof Error ? cause.message : String(cause)
}
