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
  const retryable = cause instanceof Driver.StoreError ? cause.retryable : true
  return new Failed(exitCodes.unavailable, "StoreUnavailable", words, { retryable })
}
