/**
 * Migration 12: two looks that were taken too often.
 *
 * Who may see where all organizations stand is told by its name alone. Which database that belongs to
 * was looked up at each access to a head, three times in a commit. Only this database's own role is
 * granted these tables; a copy of the database knows the roles of the one that it was made from too.
 *
 * Whether spans lie in each other is asked once for all that a statement puts in. Of those before a
 * span only the last can be above it: what lies between them would lie in the upper one too, and one of
 * the two is new and finds that. What is computed of a new span is a column, because under a policy an
 * index takes no condition with a function that may leak.
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
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['heads', 'organizations'] LOOP
    EXECUTE format('DROP POLICY across ON foreman.%I', name);
    EXECUTE format('CREATE POLICY across ON foreman.%I FOR SELECT USING (
      current_user::text LIKE ''foreman\\_%%\\_reactor'')', name);
  END LOOP;
END $$;

DROP TRIGGER lease_spans_apart ON foreman.lease_spans;
CREATE OR REPLACE FUNCTION foreman.lease_spans_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (
      SELECT a.organization, a.span, pg_catalog.left(a.span, -1) || '0' AS upper
      FROM added a OFFSET 0
    ) n WHERE EXISTS (
      SELECT FROM foreman.lease_spans s WHERE s.organization = n.organization
        AND s.span > n.span AND s.span < n.upper
    ) OR pg_catalog.starts_with(n.span, (
      SELECT s.span FROM foreman.lease_spans s
      WHERE s.organization = n.organization AND s.span < n.span
      ORDER BY s.span DESC LIMIT 1
    ))
  ) THEN
    RAISE EXCEPTION 'A span lies in another one'
    USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'lease_spans_apart';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER lease_spans_apart AFTER INSERT ON foreman.lease_spans
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION foreman.lease_spans_apart();
`
