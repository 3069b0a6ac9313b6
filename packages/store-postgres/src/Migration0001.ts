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
-- somebody with a console.
CREATE TABLE foreman.events (
  organization text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  stream text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  type text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT events_key PRIMARY KEY (organization, position),
  CONSTRAINT events_stream UNIQUE (organization, stream, version)
);
CREATE FUNCTION foreman.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events_immutable' USING ERRCODE = 'restrict_violation',
    HINT = 'What happened stays as it was: write another event.';
END $$;
CREATE TRIGGER events_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON foreman.events
  FOR EACH STATEMENT EXECUTE FUNCTION foreman.refuse_change();

-- Where each organization stands: its last event, and the latest store time it was given. The row is
-- written by every commit, so its page has room for many versions of it.
CREATE TABLE foreman.heads (
  organization text COLLATE "C" NOT NULL CONSTRAINT heads_key PRIMARY KEY,
  position bigint NOT NULL,
  hash bytea NOT NULL,
  at bigint NOT NULL
) WITH (fillfactor = 20);

CREATE TABLE foreman.receipts (
  organization text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  answer text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  CONSTRAINT receipts_key PRIMARY KEY (organization, key)
);
CREATE INDEX receipts_by_time ON foreman.receipts (organization, at);

CREATE TABLE foreman.sequences (
  name text COLLATE "C" NOT NULL CONSTRAINT sequences_key PRIMARY KEY,
  next bigint NOT NULL
) WITH (fillfactor = 20);
`
