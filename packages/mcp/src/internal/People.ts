/**
 * For whom a connection speaks.
 *
 * @since 0.1.0
 */
import type { Actor } from "@foreman/core/rules/Actor"

// rules -----------------------------------------------------------------------

/** Whether what comes through the connection is what a person said, as far as its token tells. */
export const isPerson = ({ type }: Pick<Actor, "type">): boolean =>
  type === "operator" || type === "user"

/**
 * The person who has answered through a client. Of the operator, who is whoever holds the token, the
 * record says which client it was; a user keeps the name that they are known by.
 */
export const speakingThrough = (actor: Actor, client: string): Actor =>
  actor.type === "operator" ? { ...actor, id: `${actor.id} via ${client}` } : actor
