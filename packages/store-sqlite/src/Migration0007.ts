/**
 * Migration 7: what live runs may write and until when they are taken to live, how often a task's runs
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
CREATE TABLE lease_spans (
  organization TEXT NOT NULL,
  span TEXT NOT NULL,
  run_id TEXT NOT NULL,
  task_id INTEGER NOT NULL,
  PRIMARY KEY (organization, span)
) STRICT, WITHOUT ROWID;
-- No span lies in another one, so of those before a new one only the last can be above it. What is
-- below it ends before the same text with the character that follows the slash.
CREATE TRIGGER lease_spans_apart BEFORE INSERT ON lease_spans
WHEN EXISTS (
  SELECT 1 FROM lease_spans WHERE organization = NEW.organization
    AND span > NEW.span AND span < substr(NEW.span, 1, length(NEW.span) - 1) || '0'
) OR EXISTS (
  SELECT 1 FROM (
    SELECT span FROM lease_spans WHERE organization = NEW.organization AND span < NEW.span
    ORDER BY span DESC LIMIT 1
  ) AS last WHERE substr(NEW.span, 1, length(last.span)) = last.span
)
BEGIN
  SELECT RAISE(ABORT, 'lease_spans_apart');
END;

CREATE TABLE heartbeats (
  organization TEXT NOT NULL,
  run_id TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (organization, run_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE runs ADD COLUMN spans TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tasks ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN is_paused INTEGER NOT NULL DEFAULT 0
  CHECK (is_paused IN (0, 1));
`
