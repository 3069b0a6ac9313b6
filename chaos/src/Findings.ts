/**
 * How much each rule looked at, and what it found.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/** One thing that cannot be. */
export interface Violation {
  readonly rule: string
  readonly detail: string
}

/** Collects what rules find. */
export interface Findings {
  readonly judge: (rule: string, holds: boolean, detail: () => string) => void
  readonly verdict: () => {
    readonly examined: Readonly<Record<string, number>>
    readonly violations: ReadonlyArray<Violation>
  }
}

// operations ------------------------------------------------------------------

/** Begins to collect. A rule that finds a thousand things has said enough. */
export const makeFindings = (): Findings => {
  const examined: Record<string, number> = {}
  const violations: Array<Violation> = []
  return {
    judge: (rule, holds, detail) => {
      examined[rule] = (examined[rule] ?? 0) + 1
      if (!holds && violations.length < 1000) violations.push({ rule, detail: detail() })
    },
    verdict: () => ({ examined, violations })
  }
}
