/**
 * Migration 10: what is still to be told to somebody outside.
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
CREATE TABLE foreman.deliveries (
  organization text COLLATE "C" NOT NULL,
  channel text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  subject text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  attempts bigint NOT NULL,
  due bigint NOT NULL,
  since bigint NOT NULL,
  problem text COLLATE "C",
  CONSTRAINT deliveries_key PRIMARY KEY (organization, channel, position)
);
CREATE INDEX deliveries_by_state
ON foreman.deliveries (organization, channel, state, due, position);
CREATE INDEX deliveries_by_subject
ON foreman.deliveries (organization, channel, subject, state, position);

ALTER TABLE foreman.deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE foreman.deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON foreman.deliveries USING (
  organization = (SELECT current_setting('foreman.organization', true))
);
`
