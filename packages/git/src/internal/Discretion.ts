/**
 * What others may read of where this server keeps its folders: nothing. Failures are shown to
 * everybody who may see the run, and to its own agent.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import { Workspace } from "@foreman/core"

// services --------------------------------------------------------------------

/**
 * Puts `<workspace>` in the place of each of these folders where a failure names it. Its cause,
 * which is for the log, stays as it was.
 *
 * @category services
 * @since 0.1.0
 */
export const discreet = (folders: ReadonlyArray<string>) => {
  const hide = hiding(folders)
  return <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
    Effect.mapError(effect, (error): E => {
      if (error instanceof Workspace.GitError) {
        const { cause, detail, operation, retryable } = error
        // As: it is one of E, and is made anew as what it was.
        return new Workspace.GitError({ operation, detail: hide(detail), retryable, cause }) as E &
          Workspace.GitError
      }
      if (error instanceof Workspace.RepositoryUnusable) {
        const { detail, path } = error
        // As: the same. The path is the user's own, as it was registered.
        return new Workspace.RepositoryUnusable({ path, detail: hide(detail) }) as E &
          Workspace.RepositoryUnusable
      }
      return error
    })
}

// internal --------------------------------------------------------------------

const hiding = (folders: ReadonlyArray<string>) => {
  const plain = folders.map((folder) => folder.replace(/\/+$/, "")).filter((path) => path !== "")
  const longest = plain.toSorted((one, other) => other.length - one.length).map(escaped)
  if (longest.length === 0) return (text: string) => text
  const named = new RegExp(`(?:${longest.join("|")})(?![\\w.-])`, "g")
  return (text: string) => text.replace(named, "<workspace>")
}

const escaped = (path: string) => path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
