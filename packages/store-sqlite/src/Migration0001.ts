/**
 * Migration 1: the log of events and what belongs to it. These tables are the store's own.
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
-- The log. Positions and versions have no gap, and nothing that happened changes: also not for
-- somebody with a console, whose INSERT OR REPLACE would take away a row without a DELETE.
CREATE TABLE events (
  organization TEXT NOT NULL,
  position INTEGER NOT NULL,
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (organization, position)
) STRICT;
CREATE UNIQUE INDEX events_stream ON events (organization, stream, version);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events_immutable'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events_immutable'); END;
CREATE TRIGGER events_gapless BEFORE INSERT ON events
WHEN NEW.position <> 1 + coalesce(
    (SELECT max(position) FROM events WHERE organization = NEW.organization), 0)
  OR NEW.version <> 1 + coalesce(
    (SELECT max(version) FROM events
     WHERE organization = NEW.organization AND stream = NEW.stream), 0)
BEGIN SELECT RAISE(ABORT, 'events_gapless'); END;

-- Where each organisation stands: its last event, and the latest store time it was given.
CREATE TABLE heads (
  organization TEXT NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL,
  hash BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
  organization TEXT NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  answer TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (organization, key)
) STRICT;
CREATE INDEX receipts_by_time ON receipts (organization, at);

CREATE TABLE sequences (
  name TEXT NOT NULL PRIMARY KEY,
  next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
