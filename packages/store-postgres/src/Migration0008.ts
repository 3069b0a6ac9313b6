/**
 * Migration 8: what live runs may write and until when they are taken to live, how often a task's runs
 * have failed in a row, and whether an organization's dispatch is paused.
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
CREATE TABLE foreman.lease_spans (
  organization text COLLATE "C" NOT NULL,
  span text COLLATE "C" NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  task_id bigint NOT NULL,
  CONSTRAINT lease_spans_key PRIMARY KEY (organization, span)
);

-- Commits of an organization come one after the other, so each sees what those before it hold. No span
-- lies in another one, so of those before a new one only the last can be above it. What is below it
-- ends before the same text with the character that follows the slash.
CREATE FUNCTION foreman.lease_spans_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM foreman.lease_spans s WHERE s.organization = NEW.organization
      AND s.span > NEW.span AND s.span < pg_catalog.left(NEW.span, -1) || '0'
  ) OR EXISTS (
    SELECT FROM (
      SELECT s.span FROM foreman.lease_spans s
      WHERE s.organization = NEW.organization AND s.span < NEW.span
      ORDER BY s.span DESC LIMIT 1
    ) last WHERE pg_catalog.starts_with(NEW.span, last.span)
  ) THEN
    RAISE EXCEPTION 'A span lies in another one'
    USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'lease_spans_apart';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lease_spans_apart BEFORE INSERT ON foreman.lease_spans
FOR EACH ROW EXECUTE FUNCTION foreman.lease_spans_apart();

CREATE TABLE foreman.heartbeats (
  organization text COLLATE "C" NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  until bigint NOT NULL,
  CONSTRAINT heartbeats_key PRIMARY KEY (organization, run_id)
);

ALTER TABLE foreman.runs ADD COLUMN spans text COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE foreman.tasks ADD COLUMN failures bigint NOT NULL DEFAULT 0;
ALTER TABLE foreman.organizations ADD COLUMN is_paused boolean NOT NULL DEFAULT false;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['heartbeats', 'lease_spans'] LOOP
    EXECUTE format('ALTER TABLE foreman.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE foreman.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own ON foreman.%I USING (
      organization = (SELECT current_setting(''foreman.organization'', true)))', name);
  END LOOP;
END $$;
`
