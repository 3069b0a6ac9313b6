/**
 * Migration 13: what each statement paid for and hardly one needed.
 *
 * A policy read the organization of a transaction in a query of its own, so that a scan of many rows
 * reads it once. Setting that query up costs a statement more than it saves where a row is written, and
 * where there is one row alone, as in the heads, or an index that tells whose all its rows are, as for
 * the events.
 *
 * Few tasks are held, and only those are looked for by their hold.
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
  own text := 'organization = current_setting(''foreman.organization'', true)';
BEGIN
  FOR name IN SELECT p.tablename FROM pg_catalog.pg_policies p
    WHERE p.schemaname = 'foreman' AND p.policyname = 'own' LOOP
    EXECUTE format('ALTER POLICY own ON foreman.%I WITH CHECK (%s)', name, own);
  END LOOP;
  EXECUTE format('ALTER POLICY own ON foreman.heads USING (%s)', own);
  EXECUTE format('ALTER POLICY own ON foreman.events USING (%s)', own);
END $$;

DROP INDEX foreman.tasks_by_hold;
CREATE INDEX tasks_by_hold ON foreman.tasks (organization, hold, held_until NULLS FIRST, id)
WHERE hold IS NOT NULL;
`
