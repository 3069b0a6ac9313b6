/**
 * The repositories of the user: found, looked at, and never written to from here.
 *
 * @since 0.1.0
 */
import * as fs from "node:fs/promises"
import { basename, dirname, isAbsolute } from "node:path"

import { Effect } from "effect"

import { Workspace } from "@foreman/core"

import { attempt, kindOf } from "./Files.ts"
import { line, run } from "./Git.ts"
import type { Site } from "./Site.ts"

// models ----------------------------------------------------------------------

/**
 * A repository of the user.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source {
  readonly path: string
  /** The folder that holds its references and objects. */
  readonly gitDir: string
  /** The folder of its main checkout; null in a bare repository. */
  readonly workTree: string | null
  readonly format: string
}

// services --------------------------------------------------------------------

/**
 * Looks at the user's repository, and says in a sentence why it cannot be used.
 *
 * @category services
 * @since 0.1.0
 */
export const inspect = Effect.fnUntraced(function* (
  site: Site,
  place: Workspace.RepositoryPlace
): Effect.fn.Return<Source, Workspace.RepositoryUnusable | Workspace.GitError> {
  const unusable = refusal(place)
  if (!isAbsolute(place.localPath) || /[\0\n]/.test(place.localPath)) {
    return yield* unusable("its path is not absolute")
  }
  const path = yield* attempt("look at a path", () => fs.realpath(place.localPath)).pipe(
    Effect.catch(() => unusable("there is nothing at this path"))
  )
  if ((yield* attempt("look at a path", () => kindOf(path))) !== "folder") {
    return yield* unusable("it is no folder")
  }
  if (`${path}/`.startsWith(`${site.root}/`)) return yield* unusable("it belongs to Foreman")
  const [bare, inside, shallow, format, top, common] = yield* describe(site, place, path)
  if (bare !== "true" && inside === "true") return yield* unusable("it is inside a .git folder")
  if (shallow === "true") return yield* unusable("it is a shallow clone, without its history")
  if (format === undefined || top === undefined || common === undefined) {
    return yield* unusable("git does not say where it stands")
  }
  const workTree = yield* mainWorkTree(site, { path, gitDir: top, common })
  return { path, gitDir: common, workTree, format }
})

/**
 * Makes the refusals of one repository.
 *
 * @category services
 * @since 0.1.0
 */
export const refusal =
  (place: Workspace.RepositoryPlace) =>
  (detail: string): Effect.Effect<never, Workspace.RepositoryUnusable> =>
    Effect.fail(new Workspace.RepositoryUnusable({ path: place.localPath, detail }))

// internal --------------------------------------------------------------------

const describe = Effect.fnUntraced(function* (
  site: Site,
  place: Workspace.RepositoryPlace,
  path: string
): Effect.fn.Return<ReadonlyArray<string>, Workspace.RepositoryUnusable | Workspace.GitError> {
  const answer = yield* Effect.result(
    line(site.git, {
      operation: "look at the repository",
      cwd: path,
      environment: { GIT_CEILING_DIRECTORIES: dirname(path) },
      args: [
        "rev-parse",
        "--is-bare-repository",
        "--is-inside-git-dir",
        "--is-shallow-repository",
        "--show-object-format",
        "--absolute-git-dir",
        "--path-format=absolute",
        "--git-common-dir"
      ]
    })
  )
  if (answer._tag === "Success") return answer.success.split("\n")
  if (/not a git repository/i.test(answer.failure.detail)) {
    return yield* refusal(place)("it is not the top folder of a git repository")
  }
  if (/dubious ownership/i.test(answer.failure.detail)) {
    return yield* refusal(place)("it belongs to another user of this machine")
  }
  return yield* answer.failure
})

const mainWorkTree = Effect.fnUntraced(function* (
  site: Site,
  found: { readonly path: string; readonly gitDir: string; readonly common: string }
) {
  const settings = yield* run(site.git, {
    operation: "look at the repository",
    gitDir: found.common,
    answers: [1],
    args: ["config", "--type=bool", "--get", "core.bare"]
  })
  if (settings.stdout.toString("utf8").trim() === "true") return null
  if (found.gitDir === found.common) return found.path
  return basename(found.common) === ".git" ? dirname(found.common) : null
})
