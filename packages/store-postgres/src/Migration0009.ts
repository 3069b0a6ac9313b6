/**
 * Migration 9: what an artifact is, by which path it is shown, how much all of them are, and since
 * when bytes are kept.
 *
 * What was here before is the output of a run each. Bytes that nobody needs any more are forgotten
 * only when nobody has kept them anew for a while: whoever did is about to record it.
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
ALTER TABLE foreman.artifacts ADD COLUMN path text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE foreman.artifacts ADD COLUMN summary text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE foreman.artifacts ADD COLUMN is_removed boolean NOT NULL DEFAULT false;
ALTER TABLE foreman.organizations ADD COLUMN artifact_bytes bigint NOT NULL DEFAULT 0;
ALTER TABLE foreman.artifact_contents ADD COLUMN kept_at timestamptz NOT NULL DEFAULT now();

-- Whoever migrates belongs to no organization, and would see no row of any.
ALTER TABLE foreman.artifacts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE foreman.organizations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE foreman.directory NO FORCE ROW LEVEL SECURITY;
UPDATE foreman.artifacts SET
  kind = CASE kind WHEN 'log' THEN 'run_log' ELSE kind END,
  path = 'runs/' || run_id || '/' || name;
INSERT INTO foreman.directory (kind, id, organization)
SELECT 'artifact', id, organization FROM foreman.artifacts;
UPDATE foreman.organizations o SET artifact_bytes = (
  SELECT coalesce(sum(a.size), 0) FROM foreman.artifacts a WHERE a.organization = o.organization
);
ALTER TABLE foreman.artifacts FORCE ROW LEVEL SECURITY;
ALTER TABLE foreman.organizations FORCE ROW LEVEL SECURITY;
ALTER TABLE foreman.directory FORCE ROW LEVEL SECURITY;

DROP INDEX foreman.artifacts_by_run;
CREATE INDEX artifacts_by_run ON foreman.artifacts (organization, run_id, created_at, id);
CREATE INDEX artifacts_by_task ON foreman.artifacts (organization, task_id, created_at, id);
CREATE INDEX artifacts_by_kind ON foreman.artifacts (organization, task_id, kind, created_at, id);
CREATE INDEX artifacts_by_age ON foreman.artifacts (organization, is_removed, created_at, id);
CREATE INDEX artifacts_by_digest ON foreman.artifacts (organization, digest, is_removed, id);
CREATE UNIQUE INDEX artifacts_path ON foreman.artifacts (organization, path);

-- Gives the pieces of an upload their digest. Where that is known already they are not needed.
CREATE OR REPLACE FUNCTION foreman.artifact_finish(
  wanted text, upload uuid, known text, total bigint, pieces integer
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  present uuid;
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  DELETE FROM foreman.artifact_uploads u WHERE u.organization = wanted AND u.id = upload;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the upload was cleared away' USING ERRCODE = 'no_data_found';
  END IF;
  INSERT INTO foreman.artifact_contents AS c (organization, digest, id, size, piece_size)
  VALUES (wanted, known, upload, total, pieces)
  ON CONFLICT (organization, digest) DO UPDATE SET kept_at = pg_catalog.now()
  RETURNING c.id INTO present;
  IF present <> upload THEN
    DELETE FROM foreman.artifact_pieces p WHERE p.organization = wanted AND p.id = upload;
  END IF;
END $$;

-- Keeps a content of one piece, or of none, at once.
CREATE OR REPLACE FUNCTION foreman.artifact_keep(
  wanted text, content uuid, known text, piece bytea
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  present uuid;
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  INSERT INTO foreman.artifact_contents AS c (organization, digest, id, size, piece_size)
  VALUES (wanted, known, content, pg_catalog.length(piece), 1 + pg_catalog.length(piece))
  ON CONFLICT (organization, digest) DO UPDATE SET kept_at = pg_catalog.now()
  RETURNING c.id INTO present;
  IF present = content AND pg_catalog.length(piece) > 0 THEN
    INSERT INTO foreman.artifact_pieces (organization, id, number, bytes)
    VALUES (wanted, content, 0, piece);
  END IF;
END $$;

-- Forgets a content that nobody has kept for so long.
CREATE FUNCTION foreman.artifact_expire(wanted text, known text, idle interval) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  WITH gone AS (
    DELETE FROM foreman.artifact_contents c
    WHERE c.organization = wanted AND c.digest = known AND c.kept_at <= pg_catalog.now() - idle
    RETURNING c.id
  )
  DELETE FROM foreman.artifact_pieces p
  USING gone WHERE p.organization = wanted AND p.id = gone.id;
END $$;
`
