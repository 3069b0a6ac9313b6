/**
 * Migration 8: what an artifact is, by which path it is shown, and how much all of them are.
 *
 * What was here before is the output of a run each.
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
ALTER TABLE artifacts ADD COLUMN path TEXT NOT NULL DEFAULT '';
ALTER TABLE artifacts ADD COLUMN summary TEXT NOT NULL DEFAULT '';
ALTER TABLE artifacts ADD COLUMN is_removed INTEGER NOT NULL DEFAULT 0 CHECK (is_removed IN (0, 1));
UPDATE artifacts SET
  kind = CASE kind WHEN 'log' THEN 'run_log' ELSE kind END,
  path = 'runs/' || run_id || '/' || name;
DROP INDEX artifacts_by_run;
CREATE INDEX artifacts_by_run ON artifacts (organization, run_id, created_at, id);
CREATE INDEX artifacts_by_task ON artifacts (organization, task_id, created_at, id);
CREATE INDEX artifacts_by_kind ON artifacts (organization, task_id, kind, created_at, id);
CREATE INDEX artifacts_by_age ON artifacts (organization, is_removed, created_at, id);
CREATE INDEX artifacts_by_digest ON artifacts (organization, digest, is_removed, id);
CREATE UNIQUE INDEX artifacts_path ON artifacts (organization, path);

INSERT INTO directory (kind, id, organization) SELECT 'artifact', id, organization FROM artifacts;

ALTER TABLE organizations ADD COLUMN artifact_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE organizations SET artifact_bytes = (
  SELECT coalesce(sum(a.size), 0) FROM artifacts a WHERE a.organization = organizations.organization
);
`
