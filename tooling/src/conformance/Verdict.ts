/**
 * What the results of the conformance suites mean, given what is excepted.
 */
import type { Exception } from "./Baseline.ts"

// models ----------------------------------------------------------------------

/** One check of one scenario, as the suite wrote it down. */
export interface Check {
  readonly scenario: string
  readonly id: string
  readonly status: string
  readonly message: string
}

/** What is to be said of the checks of every run. */
export interface Verdict {
  readonly passed: number
  readonly excepted: number
  /** Checks that failed without being listed. */
  readonly faults: ReadonlyArray<Check>
  /** Exceptions that nothing needs any more, as `scenario/check`. */
  readonly stale: ReadonlyArray<string>
}

// rules -----------------------------------------------------------------------

/** The scenario of a folder of results: `server-ping-2026-11-21T03-30-04-165Z` is `ping`. */
export const scenarioOf = (folder: string): string =>
  folder.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT.*$/, "")

/** Judges. A warning is a fault as a failure is: a suite warns of what it recommends. */
export const judge = (
  checks: ReadonlyArray<Check>,
  exceptions: ReadonlyArray<Exception>
): Verdict => {
  const listed = new Set(
    exceptions.flatMap(({ checks: ids, scenario }) => ids.map((id) => `${scenario}/${id}`))
  )
  const keyOf = ({ id, scenario }: Check) => `${scenario}/${id}`
  const failed = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING")
  const needed = new Set(failed.map(keyOf))
  return {
    passed: checks.filter(({ status }) => status === "SUCCESS").length,
    excepted: failed.filter((check) => listed.has(keyOf(check))).length,
    faults: failed.filter((check) => !listed.has(keyOf(check))),
    stale: [...listed].filter((key) => !needed.has(key))
  }
}
