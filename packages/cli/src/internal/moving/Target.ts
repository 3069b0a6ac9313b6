/**
 * Where bytes go: into a new file, which has its name only when it is whole, or to the standard output.
 */
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { link, open as openFile, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { exitCodes, Failed } from "../ExitCode.ts"
import { FileError } from "./FileError.ts"

// models ----------------------------------------------------------------------

/** Takes bytes one after the other, and keeps them all or none. */
export interface Target {
  readonly write: (bytes: Uint8Array) => Promise<void>
  readonly end: () => Promise<void>
  readonly giveUp: () => Promise<void>
}

// services --------------------------------------------------------------------

/** Opens a file that is not there yet; `-` is the standard output. */
export const open = (path: string, mode: number): Promise<Target> =>
  path === "-" ? Promise.resolve(standardOutput) : fileTarget(path, mode)

// internal --------------------------------------------------------------------

const standardOutput: Target = {
  write: async (bytes) => {
    if (!process.stdout.write(bytes)) await once(process.stdout, "drain")
  },
  end: () => Promise.resolve(),
  giveUp: () => Promise.resolve()
}

const fileTarget = async (path: string, mode: number): Promise<Target> => {
  const isThere = await stat(path).catch(() => undefined)
  if (isThere !== undefined) throw unusable(path, { code: "EEXIST" })
  const draft = `${path}.${randomUUID()}.part`
  const handle = await openFile(draft, "wx", mode).catch((cause: unknown) => {
    throw unusable(path, cause)
  })
  return {
    write: async (bytes) => {
      for (let start = 0; start < bytes.length;) {
        start += (await handle.write(bytes, start)).bytesWritten
      }
    },
    end: async () => {
      await handle.sync()
      await handle.close()
      await link(draft, path)
      await rm(draft)
      const folder = await openFile(dirname(path))
      await folder.sync().finally(() => folder.close())
    },
    giveUp: async () => {
      await handle.close().catch(() => undefined)
      await rm(draft, { force: true })
    }
  }
}

const unusable = (path: string, cause: unknown): Failed =>
  new Failed(exitCodes.misused, "FileError", new FileError({ path, cause }).message, { path })
