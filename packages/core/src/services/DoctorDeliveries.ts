/**
 * What the doctor sees of what is still to be told to somebody outside: that each is tried until its
 * time is up, and that what was given up says why.
 *
 * @internal
 */
import type { Row } from "../ports/Driver.ts"

// services --------------------------------------------------------------------

/** What is wrong with the row of a delivery. */
export const problemOf = (row: Row): string | undefined => {
  const { attempts, due, problem, since, state } = row
  if (state !== "due" && state !== "behind" && state !== "dead") return "has a state that is none"
  const isTried = Number(attempts) > 0
  if (state === "behind") return isTried ? "was tried before its turn" : undefined
  if (isTried !== ((problem ?? null) !== null)) return "does not say how its latest try went"
  if (state === "dead") return isTried ? undefined : "was given up untried"
  const isLate = Number(due) - Number(since) > longestMicros
  return isLate ? "is tried beyond its time" : undefined
}

// internal --------------------------------------------------------------------

/** Longer than anybody is patient: 30 days. */
const longestMicros = 30 * 86_400_000_000
