/**
 * Migration 5: the bytes of artifacts, in pieces, and the mark of a folder that keeps them instead.
 *
 * The pieces come one by one, each in a transaction of its own, and stay unseen until the last is
 * there: then the content gets its digest. What a crash has left is known by its age. Each function
 * is one round trip, so that nobody who stops in the middle holds anything.
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
CREATE TABLE foreman.artifact_contents (
  organization text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  size bigint NOT NULL,
  piece_size integer NOT NULL,
  CONSTRAINT artifact_contents_key PRIMARY KEY (organization, digest)
);

CREATE TABLE foreman.artifact_uploads (
  organization text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  begun_at timestamptz NOT NULL,
  CONSTRAINT artifact_uploads_key PRIMARY KEY (organization, id)
);

CREATE TABLE foreman.artifact_pieces (
  organization text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  number integer NOT NULL,
  bytes bytea NOT NULL,
  CONSTRAINT artifact_pieces_key PRIMARY KEY (organization, id, number)
);

-- The one row is made here, so that whoever looks at it can lock it.
CREATE TABLE foreman.artifact_folder (
  mark uuid NOT NULL CONSTRAINT artifact_folder_key PRIMARY KEY,
  is_marked boolean NOT NULL
);
INSERT INTO foreman.artifact_folder (mark, is_marked) VALUES (gen_random_uuid(), false);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['artifact_contents', 'artifact_pieces', 'artifact_uploads'] LOOP
    EXECUTE format('ALTER TABLE foreman.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE foreman.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own ON foreman.%I USING (
      organization = (SELECT current_setting(''foreman.organization'', true)))', name);
  END LOOP;
END $$;

-- Begins an upload, and clears away those that nobody has gone on with for an hour.
CREATE FUNCTION foreman.artifact_begin(wanted text, upload uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  WITH old AS (
    DELETE FROM foreman.artifact_uploads u
    WHERE u.organization = wanted AND u.begun_at < pg_catalog.now() - interval '1 hour'
    RETURNING u.id
  )
  DELETE FROM foreman.artifact_pieces p
  USING old WHERE p.organization = wanted AND p.id = old.id;
  INSERT INTO foreman.artifact_uploads (organization, id, begun_at)
  VALUES (wanted, upload, pg_catalog.now());
END $$;

-- Takes a piece of an upload, which is not cleared away as long as there come more.
CREATE FUNCTION foreman.artifact_piece(wanted text, upload uuid, place integer, piece bytea)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  UPDATE foreman.artifact_uploads u SET begun_at = pg_catalog.now()
  WHERE u.organization = wanted AND u.id = upload;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the upload was cleared away' USING ERRCODE = 'no_data_found';
  END IF;
  INSERT INTO foreman.artifact_pieces (organization, id, number, bytes)
  VALUES (wanted, upload, place, piece);
END $$;

-- Gives the pieces of an upload their digest. Where that is known already they are not needed.
CREATE FUNCTION foreman.artifact_finish(
  wanted text, upload uuid, known text, total bigint, pieces integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  DELETE FROM foreman.artifact_uploads u WHERE u.organization = wanted AND u.id = upload;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the upload was cleared away' USING ERRCODE = 'no_data_found';
  END IF;
  INSERT INTO foreman.artifact_contents (organization, digest, id, size, piece_size)
  VALUES (wanted, known, upload, total, pieces) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    DELETE FROM foreman.artifact_pieces p WHERE p.organization = wanted AND p.id = upload;
  END IF;
END $$;

-- Gives up an upload.
CREATE FUNCTION foreman.artifact_abort(wanted text, upload uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  DELETE FROM foreman.artifact_uploads u WHERE u.organization = wanted AND u.id = upload;
  IF FOUND THEN
    DELETE FROM foreman.artifact_pieces p WHERE p.organization = wanted AND p.id = upload;
  END IF;
END $$;

-- Keeps a content of one piece, or of none, at once.
CREATE FUNCTION foreman.artifact_keep(wanted text, content uuid, known text, piece bytea)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  INSERT INTO foreman.artifact_contents (organization, digest, id, size, piece_size)
  VALUES (wanted, known, content, pg_catalog.length(piece), 1 + pg_catalog.length(piece))
  ON CONFLICT DO NOTHING;
  IF FOUND AND pg_catalog.length(piece) > 0 THEN
    INSERT INTO foreman.artifact_pieces (organization, id, number, bytes)
    VALUES (wanted, content, 0, piece);
  END IF;
END $$;

CREATE FUNCTION foreman.artifact_find(wanted text, known text)
RETURNS TABLE (id uuid, size bigint, piece_size integer) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  RETURN QUERY SELECT c.id, c.size, c.piece_size FROM foreman.artifact_contents c
  WHERE c.organization = wanted AND c.digest = known;
END $$;

CREATE FUNCTION foreman.artifact_read(
  wanted text, content uuid, place integer, first integer, count integer
) RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  RETURN (
    SELECT pg_catalog.substr(p.bytes, first + 1, count) FROM foreman.artifact_pieces p
    WHERE p.organization = wanted AND p.id = content AND p.number = place
  );
END $$;

CREATE FUNCTION foreman.artifact_remove(wanted text, known text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.set_config('foreman.organization', wanted, true);
  WITH gone AS (
    DELETE FROM foreman.artifact_contents c
    WHERE c.organization = wanted AND c.digest = known RETURNING c.id
  )
  DELETE FROM foreman.artifact_pieces p
  USING gone WHERE p.organization = wanted AND p.id = gone.id;
END $$;
`
