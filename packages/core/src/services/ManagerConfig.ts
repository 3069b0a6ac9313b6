/**
 * What a manager's Foreman is told by its composition.
 *
 * @since 0.1.0
 */
import { Context, Result } from "effect"

// models ----------------------------------------------------------------------

/**
 * What a manager's Foreman is told.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Config {
  /** How long a dispatch is waited for at most. */
  readonly waitMillis: number
  /** The folder of the server, if there is a repository: the default project is about it. */
  readonly workingDirectory?: string | undefined
  /** The branch of that repository that changes land on: main unless said. */
  readonly defaultBranch?: string | undefined
}

// rules -----------------------------------------------------------------------

/**
 * The setting, with its meaning.
 *
 * @category configuration
 * @since 0.1.0
 */
export const names: Readonly<Record<string, string>> = {
  FOREMAN_DISPATCH_WAIT_MS:
    "how long a manager's command waits for what it has dispatched, 20000 unless set; a request has " +
    "30000 in all"
}

/**
 * Reads it.
 *
 * @category configuration
 * @since 0.1.0
 */
export const read = (
  environment: Readonly<Record<string, string | undefined>>
): Result.Result<
  Pick<Config, "waitMillis">,
  { readonly name: string; readonly problem: string }
> => {
  const name = "FOREMAN_DISPATCH_WAIT_MS"
  const text = environment[name] || String(defaultWaitMillis)
  return /^\d{1,5}$/.test(text) && Number(text) < 30_000
    ? Result.succeed({ waitMillis: Number(text) })
    : Result.fail({ name, problem: `should be milliseconds below 30000, and is ${text}` })
}

// services --------------------------------------------------------------------

/**
 * How managers are answered: in less time than an HTTP request is given, which is 30 seconds.
 *
 * @category configuration
 * @since 0.1.0
 */
export const ManagerConfig = Context.Reference<Config>("@foreman/core/ManagerConfig", {
  defaultValue: () => ({ waitMillis: defaultWaitMillis })
})

// internal --------------------------------------------------------------------

const defaultWaitMillis = 20_000
