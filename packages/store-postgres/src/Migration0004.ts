/**
 * Migration 4: each organization's rows are seen and written by its own transactions alone, and the
 * planner is told what the tables will be like.
 *
 * The database itself sees to the first, for the owner of the tables too. A transaction says whose it
 * is with `foreman.organization`; one that says nothing sees nothing. The role of reactors is known by
 * the form of its name, so a copy of the database restores where the role is not there yet.
 *
 * Of a table that was never looked at the planner thinks that an organization has a row or two of it,
 * so any index that begins with the organization is as good as the right one; and a connection keeps
 * its plans. So each table is once filled as if nearly all of it were one organization's, looked at,
 * and emptied.
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
  name text; columns text; cells text;
BEGIN
  ALTER TABLE foreman.events DISABLE TRIGGER events_immutable;
  FOR name IN SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'foreman'::regnamespace AND c.relkind = 'r' AND c.relname <> 'migrations'
  LOOP
    SELECT string_agg(quote_ident(a.attname), ', '), string_agg(CASE
        WHEN a.attname = 'organization' AND name NOT IN ('heads', 'organizations')
          THEN quote_literal('none')
        WHEN a.atttypid = 'boolean'::regtype THEN 'n % 2 = 0'
        WHEN a.atttypid = 'bytea'::regtype THEN 'int4send(n)'
        WHEN a.atttypid = 'bigint'::regtype THEN 'n'
        WHEN a.attname = 'stream' THEN '(n % 100)::text'
        WHEN a.attname IN ('hash', 'id', 'key', 'name', 'organization', 'slug')
          OR (right(a.attname, 3) = '_id' AND a.attname <> 'team_id') THEN 'n::text'
        ELSE '(n % 10)::text' END, ', ')
    INTO columns, cells FROM pg_attribute a
    WHERE a.attrelid = format('foreman.%I', name)::regclass AND a.attnum > 0;
    EXECUTE format('INSERT INTO foreman.%I (%s) SELECT %s FROM generate_series(1, 1000) n',
      name, columns, cells);
    EXECUTE format('ANALYZE foreman.%I', name);
    -- In a transaction within this one, or the size of the empty table would be known too, and that
    -- there are no rows would be taken for granted.
    BEGIN
      EXECUTE format('TRUNCATE foreman.%I', name);
    EXCEPTION WHEN division_by_zero THEN
      RAISE;
    END;
  END LOOP;
  ALTER TABLE foreman.events ENABLE TRIGGER events_immutable;
END $$;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'agents', 'artifacts', 'cursors', 'directory', 'events', 'feed_marks', 'heads', 'human_requests',
    'merge_jobs', 'messages', 'organizations', 'receipts', 'repositories', 'reviews', 'runs',
    'singletons', 'task_dependencies', 'tasks', 'teams', 'tokens'
  ] LOOP
    EXECUTE format('ALTER TABLE foreman.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE foreman.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own ON foreman.%I USING (
      organization = (SELECT current_setting(''foreman.organization'', true)))', name);
  END LOOP;
  -- The directory leads from an id to its organization, so who does not know that yet looks there.
  CREATE POLICY everybody ON foreman.directory FOR SELECT USING (true);
  -- Reactors and followers ask which organizations there are and where they stand; nothing else. A
  -- policy is tried after those whose names come later, so this one costs an organization nothing.
  FOREACH name IN ARRAY ARRAY['heads', 'organizations'] LOOP
    EXECUTE format('CREATE POLICY across ON foreman.%I FOR SELECT USING (
      (SELECT current_user::text) = (
        SELECT ''foreman_'' || d.oid || ''_reactor'' FROM pg_catalog.pg_database d
        WHERE d.datname = current_database()))', name);
  END LOOP;
END $$;
`
