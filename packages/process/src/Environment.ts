/**
 * The environment of a child: a list of what may pass, never a list of what must not.
 *
 * A control plane's own environment holds keys to databases, clouds and repositories, and variables
 * that make programs load foreign code. None of them reaches a child unless its caller names it.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/**
 * Variables by name.
 *
 * @category models
 * @since 0.1.0
 */
export type Environment = Readonly<Record<string, string>>

// rules -----------------------------------------------------------------------

/**
 * The variables that pass, beside all of `LC_*`: where programs and the home are, who the user is,
 * and how text, time and terminal look.
 *
 * @category rules
 * @since 0.1.0
 */
export const allowed: ReadonlyArray<string> = [
  "HOME",
  "LANG",
  "LANGUAGE",
  "LOGNAME",
  "PATH",
  "SHELL",
  "TERM",
  "TMPDIR",
  "TZ",
  "USER"
]

/**
 * Whether a variable of the control plane may pass to a child.
 *
 * @category rules
 * @since 0.1.0
 */
export const isAllowed = (name: string): boolean => allowed.includes(name) || name.startsWith("LC_")

/**
 * The part of an environment that a child inherits.
 *
 * **Example** (Keeping a key from a child)
 *
 * ```ts import.meta.vitest
 * import { Environment } from "@foreman/process"
 *
 * Environment.inherit({ PATH: "/bin", DATABASE_URL: "postgres://..." }) // => { PATH: "/bin" }
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const inherit = (from: Readonly<Record<string, string | undefined>>): Environment =>
  Object.fromEntries(
    Object.entries(from).flatMap(([name, value]) =>
      value !== undefined && isAllowed(name) ? [[name, value]] : []
    )
  )

/**
 * The first name that cannot stand in an environment, by itself or because of its value.
 *
 * @category rules
 * @since 0.1.0
 */
export const unusable = (environment: Environment): string | undefined =>
  Object.entries(environment).find(
    ([name, value]) => name === "" || /[=\0]/.test(name) || value.includes("\0")
  )?.[0]
