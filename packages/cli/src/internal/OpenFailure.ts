/**
 * What the program says of a store that does not open, by the store's name.
 */
import { Driver } from "@foreman/core"
import * as OpenStore from "../OpenStore.ts"
import { exitCodes, Failed } from "./ExitCode.ts"

// errors ----------------------------------------------------------------------

/** A failure in a sentence, and whether the same may do later. */
export const of = (title: string, cause: unknown): Failed => {
  const sentence = OpenStore.sentenceOf(cause)
  const words = sentence.includes(title) ? sentence : `${title}: ${sentence}`
  if (OpenStore.isMisnamed(cause)) return misnamed(words)
  const retryable = cause instanceof Driver.StoreError ? cause.retryable : true
  return new Failed(exitCodes.unavailable, "StoreUnavailable", words, { retryable })
}

/** That the address of a database is none, which is a wrong setting like others. */
export const misnamed = (words: string): Failed =>
  new Failed(exitCodes.misused, "SettingsInvalid", words, { name: "DATABASE_URL" })
