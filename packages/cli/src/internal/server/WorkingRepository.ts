/**
 * The repository that the server was started in, if there is one: what its default project is about.
 *
 * Only files of git's own folder are read; nothing is executed.
 */
import { Effect } from "effect"
import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"

/** What the manager's Foreman is told of it: nothing where there is no repository. */
export interface WorkingRepository {
  readonly workingDirectory?: string
  readonly defaultBranch?: string
}

/** Looks into a folder. What cannot be read is as if it were not there. */
export const find = (folder: string): Effect.Effect<WorkingRepository> =>
  Effect.promise(async () => {
    const git = join(folder, ".git")
    const kept = await stat(git).catch(() => undefined)
    if (kept === undefined) return {}
    return { workingDirectory: folder, defaultBranch: await branchOf(git) }
  })

/** `main` if there is one, else what is checked out. */
const branchOf = async (git: string): Promise<string> => {
  const packed = await textOf(join(git, "packed-refs"))
  const isMain =
    (await textOf(join(git, "refs/heads/main"))) !== "" || / refs\/heads\/main$/m.test(packed)
  const head = /^ref: refs\/heads\/(?<branch>.+)$/m.exec(await textOf(join(git, "HEAD")))
  return isMain ? "main" : (head?.groups?.["branch"] ?? "main")
}

const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "")
