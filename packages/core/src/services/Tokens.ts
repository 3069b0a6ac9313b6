/**
 * Tokens in the store: made for a run, found by their hash, revoked with the run.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { hexOf, sha256 } from "../ports/Sha256.ts"
import type { Driver, Row, Step } from "../ports/Driver.ts"
import type { RunId } from "../rules/Identifier.ts"
import * as Token from "../rules/Token.ts"

// models ----------------------------------------------------------------------

/**
 * A token as its holder gets it, once, and the rows that the store keeps of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Issued {
  readonly token: string
  readonly steps: ReadonlyArray<Step>
}

/**
 * What the store keeps of a run's token.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kept {
  readonly hash: string
  /** In microseconds. */
  readonly expiresAt: number
}

// services --------------------------------------------------------------------

/**
 * Makes a run's token. It is good until the run ends, and no longer than `expiresAt` in
 * microseconds.
 *
 * @category services
 * @since 0.1.0
 */
export const issue = Effect.fnUntraced(function* (
  runId: RunId,
  expiresAt: number
): Effect.fn.Return<Issued> {
  const token = random("run")
  return { token, steps: stepsOf(runId, { hash: yield* hashOf(token), expiresAt }) }
})

/**
 * The steps that make a run's token known.
 *
 * @category services
 * @since 0.1.0
 */
export const stepsOf = (runId: RunId, { expiresAt, hash }: Kept): ReadonlyArray<Step> => [
  {
    _tag: "Insert",
    table: "tokens",
    row: { hash, kind: "run", subject: runId, is_revoked: false, expires_at: expiresAt }
  },
  { _tag: "Insert", table: "directory", row: { kind: "token", id: hash } }
]

/**
 * The steps that revoke what was issued to a run.
 *
 * @category services
 * @since 0.1.0
 */
export const revoke = (driver: Driver, organization: string, runId: RunId) =>
  Effect.map(
    driver.find({
      organization,
      table: "tokens",
      index: "tokens_by_subject",
      equals: { subject: runId },
      limit: 10
    }),
    (rows): ReadonlyArray<Step> =>
      rows.map((row) => ({
        _tag: "Set",
        table: "tokens",
        key: { hash: row["hash"] ?? "" },
        row: { is_revoked: true }
      }))
  )

/**
 * The row of a token that is still good, or undefined.
 *
 * @category services
 * @since 0.1.0
 */
export const find = Effect.fnUntraced(function* (driver: Driver, token: string, now: number) {
  if (!Token.isWellFormed(token)) return undefined
  const hash = yield* hashOf(token)
  const here = yield* driver.get("system", "directory", { kind: "token", id: hash })
  if (here === undefined) return undefined
  const row = yield* driver.get(String(here["organization"]), "tokens", { hash })
  return row !== undefined && isGood(row, now) ? row : undefined
})

/**
 * A new token of this kind.
 *
 * @category services
 * @since 0.1.0
 */
export const random = (kind: Token.TokenKind): string =>
  Token.make(kind, crypto.getRandomValues(new Uint8Array(64)))

/**
 * What the store keeps of a token.
 *
 * @category services
 * @since 0.1.0
 */
export const hashOf = (token: string): Effect.Effect<string> =>
  // Tokens are short, and every request has one: another thread's help costs more than the work.
  Effect.sync(() => hexOf(sha256(new TextEncoder().encode(token))))

// internal --------------------------------------------------------------------

const isGood = (row: Row, now: number): boolean =>
  row["is_revoked"] === false && Number(row["expires_at"]) > now
