/**
 * The repository that the server was started in, if there is one: what its default project is about.
 *
 * Only files of git's own folder are read; nothing is executed.
 */
import { Effect } from "effect"
import { readFile, stat } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"

/** What the manager's Foreman is told of it: nothing where there is no repository. */
export interface WorkingRepository {
  readonly workingDirectory?: string
  readonly defaultBranch?: string
}

/** Looks into a folder. What cannot be read is as if it were not there. */
export const find = (folder: string): Effect.Effect<WorkingRepository> =>
  Effect.promise(async () => {
    if (!(await isTop(folder))) return {}
    return { workingDirectory: folder, defaultBranch: await branchOf(await gitOf(folder)) }
  })

/** The top folder of the repository that a folder is somewhere in, if it is not itself one. */
export const above = (folder: string): Effect.Effect<string | undefined> =>
  Effect.promise(async () => {
    for (let path = folder; path !== dirname(path);) {
      path = dirname(path)
      if ((await isTop(path)) && (await textOf(join((await gitOf(path)).own, "HEAD"))) !== "") {
        return path
      }
    }
    return undefined
  })

/**
 * What a repository lacks in which no task can begin: its history, since of a shallow clone nothing is
 * taken, else the branch, or a commit that it could be made of. Nothing where the branch is there, or
 * where its files say nothing of branches.
 */
export const lackOf = (
  folder: string,
  branch: string
): Effect.Effect<"history" | "branch" | "commit" | undefined> =>
  Effect.promise(async () => {
    const git = await gitOf(folder)
    if ((await textOf(join(git.shared, "shallow"))) !== "") return "history"
    const head = await textOf(join(git.own, "HEAD"))
    const checkedOut = branchIn(head)
    const isDetached = /^[0-9a-f]{40,64}$/m.test(head)
    const isReadable = isDetached || checkedOut !== undefined
    if (!isReadable || (await hasBranch(git, branch))) return undefined
    const isBorn = checkedOut === undefined || (await hasBranch(git, checkedOut))
    return isBorn ? "branch" : "commit"
  })

/** Git's own folder of a checkout, and the one with the branches that all checkouts share. */
interface Git {
  readonly own: string
  readonly shared: string
}

const isTop = async (folder: string): Promise<boolean> =>
  (await stat(join(folder, ".git")).catch(() => undefined)) !== undefined

/** One more checkout of a repository has a file that says where these are. */
const gitOf = async (folder: string): Promise<Git> => {
  const git = join(folder, ".git")
  const elsewhere = /^gitdir: (?<path>.+)$/m.exec(await textOf(git))?.groups?.["path"]
  const own = elsewhere === undefined ? git : resolve(folder, elsewhere)
  const shared = (await textOf(join(own, "commondir"))).trim()
  return { own, shared: shared === "" ? own : resolve(own, shared) }
}

/** `main` if there is one, else what is checked out. */
const branchOf = async (git: Git): Promise<string> => {
  if (await hasBranch(git, "main")) return "main"
  return branchIn(await textOf(join(git.own, "HEAD"))) ?? "main"
}

/** No branch begins with a dot: that stands there where references are kept in another form. */
const branchIn = (head: string): string | undefined =>
  /^ref: refs\/heads\/(?<branch>[^.].*)$/m.exec(head)?.groups?.["branch"]

const hasBranch = async ({ shared }: Git, branch: string): Promise<boolean> => {
  const ref = `refs/heads/${branch}`
  if ((await textOf(join(shared, ref))) !== "") return true
  const packed = await textOf(join(shared, "packed-refs"))
  return packed.split("\n").some((line) => line.endsWith(` ${ref}`))
}

const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "")
