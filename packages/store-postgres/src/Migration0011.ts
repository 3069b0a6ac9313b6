/**
 * Migration 11: what idle agents offer to do at once.
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
CREATE TABLE foreman.offers (
  organization text COLLATE "C" NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  lane text COLLATE "C" NOT NULL,
  token bigint NOT NULL,
  holder text COLLATE "C" NOT NULL,
  team_id text COLLATE "C" NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL,
  token_hash text COLLATE "C" NOT NULL,
  token_micros bigint NOT NULL,
  start_millis bigint NOT NULL,
  attempt text COLLATE "C",
  CONSTRAINT offers_key PRIMARY KEY (organization, run_id)
);
CREATE INDEX offers_by_lane ON foreman.offers (organization, lane, run_id);

ALTER TABLE foreman.offers ENABLE ROW LEVEL SECURITY;
ALTER TABLE foreman.offers FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON foreman.offers USING (
  organization = (SELECT current_setting('foreman.organization', true))
);
`
