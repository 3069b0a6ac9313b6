/**
 * What stops work on a whole store, as the program ends with it.
 */
import { Import, Transfer } from "@foreman/core"
import { Cause, Effect, Exit } from "effect"
import type { Scope } from "effect"
import * as OpenStore from "../../OpenStore.ts"
import { exitCodes, Failed } from "../ExitCode.ts"
import * as OpenFailure from "../OpenFailure.ts"
import { FileError } from "./FileError.ts"

// models ----------------------------------------------------------------------

/** What the store is called, and what ends the work. */
export interface Wish {
  readonly title: string
  readonly signal: AbortSignal
}

// services --------------------------------------------------------------------

/** Runs work on a store. The store's name stands in what goes wrong with it. */
export const run = async <A>(
  work: Effect.Effect<A, unknown, Scope.Scope>,
  { signal, title }: Wish
): Promise<A> => {
  const exit = await Effect.runPromiseExit(Effect.scoped(work), { signal })
  if (Exit.isSuccess(exit)) return exit.value
  signal.throwIfAborted()
  throw failedBy(Cause.squash(exit.cause), title)
}

// internal --------------------------------------------------------------------

const failedBy = (error: unknown, title: string): Failed => {
  if (error instanceof Failed) return error
  if (error instanceof FileError) return new Failed(exitCodes.misused, error._tag, error.message)
  if (error instanceof Import.ImportRefused) {
    const { _tag, line, message, reason } = error
    // Such a file is whole and right: it is the store it comes from whose rows are not, and whoever
    // knows that may take it all the same.
    const isFile = reason._tag !== "RowsDiffer"
    const code = isFile ? exitCodes.misused : exitCodes.refused
    return new Failed(code, _tag, message, { line, reason })
  }
  if (error instanceof Transfer.StoreNotEmpty) {
    return new Failed(exitCodes.refused, error._tag, `${title}: ${error.message}`)
  }
  const sentence = OpenStore.sentenceOf(error)
  const tag = error instanceof Error && "_tag" in error ? String(error._tag) : "InternalError"
  const isStore = tag === "StoreError" || tag === "ArtifactStoreError"
  const words = sentence.includes(title) ? sentence : `${title}: ${sentence}`
  if (OpenStore.isMisnamed(error)) return OpenFailure.misnamed(words)
  return new Failed(isStore ? exitCodes.unavailable : exitCodes.failed, tag, words)
}
