/**
 * How much runs and organisations may keep as artifacts, and for how long.
 *
 * @since 0.1.0
 */
import { Context, Result } from "effect"

// models ----------------------------------------------------------------------

/**
 * The limits of one installation. Foreman's own artifacts of a run, its answer and its log, are kept
 * whatever these say: the limit of the run's output is theirs.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Limits {
  /** How many artifacts a run may have beside Foreman's own. */
  readonly runFiles: number
  /** How many bytes those may have together. */
  readonly runBytes: number
  /** How many bytes all artifacts of an organisation may have; null for as many as there is room. */
  readonly organizationBytes: number | null
  /** After how many days bytes are removed; null for never. */
  readonly retentionDays: number | null
}

/**
 * The limits unless others are given.
 *
 * @category configuration
 * @since 0.1.0
 */
export const defaults: Limits = {
  runFiles: 100,
  runBytes: 1024 ** 3,
  organizationBytes: null,
  retentionDays: null
}

/**
 * The settings, with their meaning.
 *
 * @category configuration
 * @since 0.1.0
 */
export const names: Readonly<Record<string, string>> = {
  FOREMAN_ARTIFACT_RUN_MB: "how much the agent of a run may leave as artifacts, 1024 unless set",
  FOREMAN_ARTIFACT_QUOTA_MB:
    "how much all artifacts of an organization may be; runs then keep only their answer and log",
  FOREMAN_ARTIFACT_RETENTION_DAYS:
    "after how many days the bytes of artifacts are removed; for ever unless set"
}

// rules -----------------------------------------------------------------------

/**
 * Reads the limits from an environment; a setting that is no whole number is named.
 *
 * **Example** (A limit)
 *
 * ```ts import.meta.vitest
 * import { Result } from "effect"
 * import { ArtifactLimits } from "@foreman/core"
 *
 * const read = ArtifactLimits.read({ FOREMAN_ARTIFACT_RETENTION_DAYS: "30" })
 *
 * Result.isSuccess(read) && read.success.retentionDays // => 30
 * ```
 *
 * @category configuration
 * @since 0.1.0
 */
export const read = (
  environment: Readonly<Record<string, string | undefined>>
): Result.Result<Limits, { readonly name: string; readonly problem: string }> =>
  Result.gen(function* () {
    const run = yield* whole(environment, "FOREMAN_ARTIFACT_RUN_MB")
    const quota = yield* whole(environment, "FOREMAN_ARTIFACT_QUOTA_MB")
    const days = yield* whole(environment, "FOREMAN_ARTIFACT_RETENTION_DAYS")
    return {
      ...defaults,
      runBytes: run === undefined ? defaults.runBytes : run * 1024 ** 2,
      organizationBytes: quota === undefined ? null : quota * 1024 ** 2,
      retentionDays: days ?? null
    }
  })

// services --------------------------------------------------------------------

/**
 * The limits of this process.
 *
 * @category configuration
 * @since 0.1.0
 */
export const ArtifactLimits = Context.Reference<Limits>("@foreman/core/ArtifactLimits", {
  defaultValue: () => defaults
})

// internal --------------------------------------------------------------------

const whole = (environment: Readonly<Record<string, string | undefined>>, name: string) => {
  const text = environment[name] || undefined
  return text === undefined || /^[1-9]\d{0,8}$/.test(text)
    ? Result.succeed(text === undefined ? undefined : Number(text))
    : Result.fail({ name, problem: `should be a whole number from 1 to 999999999, and is ${text}` })
}
