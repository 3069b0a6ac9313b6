/**
 * Migration 9: what is still to be told to somebody outside.
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
CREATE TABLE deliveries (
  organization TEXT NOT NULL,
  channel TEXT NOT NULL,
  position INTEGER NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due INTEGER NOT NULL,
  since INTEGER NOT NULL,
  problem TEXT,
  PRIMARY KEY (organization, channel, position)
) STRICT;
CREATE INDEX deliveries_by_state ON deliveries (organization, channel, state, due, position);
CREATE INDEX deliveries_by_subject ON deliveries (organization, channel, subject, state, position);
`
