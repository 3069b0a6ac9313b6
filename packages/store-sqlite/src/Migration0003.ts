/**
 * Migration 3: what keeps the place of a follower and of a reactor.
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
CREATE TABLE cursors (
  organization TEXT NOT NULL,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  token INTEGER NOT NULL,
  PRIMARY KEY (organization, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_marks (
  organization TEXT NOT NULL,
  id TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX feed_marks_by_time ON feed_marks (organization, at, id);
`
