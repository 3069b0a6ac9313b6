/**
 * Whether a request asks for a dry run: by the header `Foreman-Dry-Run`, or by `dry_run` in its
 * query.
 *
 * Only `true` and `false` are taken. Whoever writes anything else surely does not want the command
 * to be carried out.
 *
 * @since 0.1.0
 */
import { Result } from "effect"
import type { Refusal } from "@foreman/core"
import { invalid } from "./Dialect.ts"
import type { Headers } from "./Rest.ts"

// models ----------------------------------------------------------------------

/**
 * The header, in lower case.
 *
 * @category configuration
 * @since 0.1.0
 */
export const header = "foreman-dry-run"

/**
 * The parameter of a query.
 *
 * @category configuration
 * @since 0.1.0
 */
export const parameter = "dry_run"

// rules -----------------------------------------------------------------------

/**
 * Reads the wish of a request, wherever it stands.
 *
 * @category rules
 * @since 0.1.0
 */
export const read = (headers: Headers, url: string): Result.Result<boolean, Refusal.Refusal> => {
  const wishes = [
    [header, headers[header]],
    ...parametersOf(url).map((value) => [parameter, value] as const)
  ] as const
  const wrong = wishes.find(([, value]) => value !== undefined && !words.has(value))
  if (wrong !== undefined) return Result.fail(invalid(wrong[0], "Expected true or false"))
  return Result.succeed(wishes.some(([, value]) => value === "true"))
}

// internal --------------------------------------------------------------------

const words: ReadonlySet<string> = new Set(["true", "false"])

const parametersOf = (url: string): ReadonlyArray<string> => {
  const end = url.indexOf("?")
  return end === -1 ? [] : new URLSearchParams(url.slice(end)).getAll(parameter)
}
