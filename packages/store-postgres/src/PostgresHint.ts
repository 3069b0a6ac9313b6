/**
 * The hint that an organization has moved on, for the processes that listen.
 *
 * PostgreSQL lets one transaction with a notice end at a time, in the whole server, and holds the others
 * up until that one is on the disk. So the hint is no part of a commit: it follows on the same
 * connection, in a transaction that does not wait for the disk. What is lost with a connection is found
 * within a second.
 *
 * @since 0.1.0
 */
import type { Lane } from "./PostgresLane.ts"
import { named } from "./PostgresPlans.ts"
import { runAll } from "./PostgresRead.ts"

// services --------------------------------------------------------------------

/**
 * Sends the hint behind what was just sent there, and waits for nothing. Where that did not commit, it
 * says what everybody knows.
 *
 * @category services
 * @since 0.1.0
 */
export const follow = (lane: Lane, organization: string): void => {
  const hint = named(text, [organization, `[${JSON.stringify(organization)}, `])
  void lane.use(1, (client) => runAll(client, [hint])).catch(() => undefined)
}

// internal --------------------------------------------------------------------

/**
 * What a transaction may see is said before the head is looked for, by what that gives. A notice has an
 * end: an organization of a longer name is found by those who look.
 */
const text = `WITH s AS MATERIALIZED (
  SELECT set_config('foreman.organization', $1, true) AS organization,
    set_config('synchronous_commit', 'off', true)
) SELECT pg_notify('foreman', concat($2::text, h.position, ']'))
FROM s, LATERAL (
  SELECT h.position FROM foreman.heads h
  WHERE h.organization = s.organization AND h.position > 0
) h WHERE octet_length($2) < 4000`
