/**
 * The hint that an organization has moved on, for the processes that listen.
 *
 * PostgreSQL lets one transaction with a notice end at a time, in the whole server, and holds the others
 * up until that one is on the disk. So where several organizations commit at once the hint is no part of
 * a commit: it follows on the same connection, in a transaction that does not wait for the disk. Alone
 * it goes with the commit, since it is heard sooner then. What is lost with a connection is found within
 * a second.
 *
 * @since 0.1.0
 */
import type { Lane } from "./PostgresLane.ts"
import { named, type Statement } from "./PostgresPlans.ts"
import { runAll } from "./PostgresRead.ts"

// models ----------------------------------------------------------------------

/**
 * What a notice says before and after a position, which the database knows.
 *
 * @category models
 * @since 0.1.0
 */
export type Words = readonly [before: string, after: string]

// rules -----------------------------------------------------------------------

/**
 * What a notice says of an organization, and of what was committed, where that was sealed and has room.
 *
 * @category rules
 * @since 0.1.0
 */
export const wordsOf = (organization: string, sealed?: string): Words => {
  const before = prefixOf(organization)
  const after = sealed === undefined ? "]" : `, "${sealed}"]`
  return [before, before.length + after.length > mostCharacters ? "]" : after]
}

/**
 * The last statement of a commit, which has said whose it is. Where nothing was committed, it says what
 * everybody knows.
 *
 * @category rules
 * @since 0.1.0
 */
export const within = (organization: string): Statement =>
  named(withinText, [organization, prefixOf(organization)])

// services --------------------------------------------------------------------

/**
 * Sends the hint behind what was just sent there, and waits for nothing.
 *
 * @category services
 * @since 0.1.0
 */
export const follow = (lane: Lane, organization: string): void => {
  const hint = named(behindText, [organization, prefixOf(organization)])
  void lane.use(1, (client) => runAll(client, [hint])).catch(() => undefined)
}

// internal --------------------------------------------------------------------

const prefixOf = (organization: string): string => `[${JSON.stringify(organization)}, `

/** A notice has less than 8,000 bytes. Words of plain characters are as long in bytes. */
const mostCharacters = 7_900

/** A notice has an end: an organization of a longer name is found by those who look. */
const fits = "h.position > 0 AND octet_length($2) < 4000"

const withinText = `SELECT pg_notify('foreman', concat($2::text, h.position, ']'))
FROM foreman.heads h WHERE h.organization = $1 AND ${fits}`

/** What a transaction may see is said before the head is looked for, by what that gives. */
const behindText = `WITH s AS MATERIALIZED (
  SELECT set_config('foreman.organization', $1, true) AS organization,
    set_config('synchronous_commit', 'off', true)
) SELECT pg_notify('foreman', concat($2::text, h.position, ']'))
FROM s, LATERAL (
  SELECT h.position FROM foreman.heads h WHERE h.organization = s.organization
) h WHERE ${fits}`
