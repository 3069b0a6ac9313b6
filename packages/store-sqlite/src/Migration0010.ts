/**
 * Migration 10: what idle agents offer to do at once.
 *
 * @since 0.1.0
 */

// rules -----------------------------------------------------------------------

/**
 * Its statements.
 *
 * @category models
 * @since 0.1.0
 */
export const text: string = `
CREATE TABLE offers (
  organization TEXT NOT NULL,
  run_id TEXT NOT NULL,
  lane TEXT NOT NULL,
  token INTEGER NOT NULL,
  holder TEXT NOT NULL,
  team_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  role TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  token_micros INTEGER NOT NULL,
  start_millis INTEGER NOT NULL,
  attempt TEXT,
  PRIMARY KEY (organization, run_id)
) STRICT;
CREATE INDEX offers_by_lane ON offers (organization, lane, run_id);
`
