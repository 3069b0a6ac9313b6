/**
 * Who sends a request: the token in its headers, turned into the actor that holds it.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Access, Actor, Refusal } from "@foreman/core"
import { refusal } from "./Dialect.ts"

// rules -----------------------------------------------------------------------

/**
 * Finds the token: `Authorization: Bearer <token>`, or else `X-API-Key: <token>`.
 *
 * @category rules
 * @since 0.1.0
 */
export const tokenOf = (
  headers: Readonly<Record<string, string | undefined>>
): string | undefined => {
  const [, bearer] = /^bearer +(\S+) *$/i.exec(headers["authorization"] ?? "") ?? []
  const key = headers["x-api-key"]
  return bearer ?? (key === "" ? undefined : key)
}

// services --------------------------------------------------------------------

/**
 * Asks who holds the token of a request.
 *
 * @category operations
 * @since 0.1.0
 */
export const authenticate = (
  access: Access.Access["Service"],
  headers: Readonly<Record<string, string | undefined>>
): Effect.Effect<Actor.Actor, Refusal.Refusal> =>
  access
    .authenticate(tokenOf(headers))
    .pipe(
      Effect.mapError((error) =>
        error._tag === "NotAuthenticated"
          ? refusal(401, error._tag, error.message)
          : refusal(503, error._tag, error.message, { retryable: error.retryable })
      )
    )
