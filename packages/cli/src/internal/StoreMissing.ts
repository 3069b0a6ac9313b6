/**
 * What the program says where there is no store to look at, whatever it was asked for.
 */
import { exitCodes, Failed } from "./ExitCode.ts"

// rules -----------------------------------------------------------------------

/** What a person may do about it. */
export const whatMakesIt =
  "a first task makes it (foreman task create --title ...), and so does foreman serve"

// errors ----------------------------------------------------------------------

/** That there is neither a store of this name nor a server that would have one. */
export const of = (path: string, advice = whatMakesIt): Failed => {
  const words = `There is no store ${path}, and no server runs here: ${advice}`
  return new Failed(exitCodes.notFound, "StoreNotFound", words, { path })
}
