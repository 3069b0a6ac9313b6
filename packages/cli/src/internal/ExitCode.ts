/**
 * How the command line ends, for scripts.
 */
import type { Refusal } from "@foreman/core"

// models ----------------------------------------------------------------------

/** Every way to end. Documented in the guide and in `foreman help exit-codes`. */
export const exitCodes = {
  done: 0,
  refused: 1,
  misused: 2,
  notFound: 3,
  unavailable: 4,
  denied: 5,
  failed: 6,
  timedOut: 7
} as const

/** What each of them says. */
export const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: "it is done; for doctor and rebuild: nothing is wrong",
  refused: "Foreman refuses it and says why; doctor and rebuild found something wrong",
  misused: "the command line, a setting, a file or an input is wrong",
  notFound: "what it names is not there, or there is no store yet",
  unavailable: "no server or store answers, or it is too busy: the same command may do later",
  denied: "the token is missing, wrong or not enough",
  failed: "Foreman itself failed",
  timedOut: "watch ended before what it waited for"
}

// errors ----------------------------------------------------------------------

/** What went wrong, in the form in which it is shown: one sentence, a code, facts. */
export class Failed extends Error {
  readonly exitCode: number
  readonly code: string
  readonly facts: Readonly<Record<string, unknown>>
  constructor(
    exitCode: number,
    code: string,
    message: string,
    facts: Readonly<Record<string, unknown>> = {}
  ) {
    super(message)
    this.name = "Failed"
    this.exitCode = exitCode
    this.code = code
    this.facts = facts
  }
}

// rules -----------------------------------------------------------------------

/** A refusal of the catalogue, as this program ends with it. */
export const failedBy = ({ code, facts, message, status }: Refusal.Refusal): Failed =>
  new Failed(ofStatus(status), code, message, facts)

/** What an HTTP status means to a script. */
export const ofStatus = (status: number): number => {
  if (status === 401 || status === 403) return exitCodes.denied
  if (status === 404 || status === 410) return exitCodes.notFound
  if (status === 400 || status === 415 || status === 422) return exitCodes.misused
  if (status === 408 || status === 429 || status === 503 || status === 502 || status === 504) {
    return exitCodes.unavailable
  }
  return status >= 500 ? exitCodes.failed : exitCodes.refused
}
