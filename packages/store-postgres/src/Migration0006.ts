/**
 * Migration 6: projects and their modules, and what tasks have of them.
 *
 * Tasks that were here before belong to the default project. Their priority becomes the urgency that
 * its word stands for.
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
CREATE TABLE foreman.projects (
  organization text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  team_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  repository_id text COLLATE "C",
  repo_root text COLLATE "C" NOT NULL,
  policy text COLLATE "C" NOT NULL,
  manager text COLLATE "C",
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  CONSTRAINT projects_key PRIMARY KEY (organization, id)
);
CREATE INDEX projects_by_name ON foreman.projects (organization, name, id);
CREATE INDEX projects_by_team ON foreman.projects (organization, team_id, name, id);

CREATE TABLE foreman.modules (
  organization text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  project_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  completion_criteria text COLLATE "C" NOT NULL,
  paths text COLLATE "C" NOT NULL,
  board_state text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  CONSTRAINT modules_key PRIMARY KEY (organization, id)
);
CREATE INDEX modules_by_project ON foreman.modules (organization, project_id, name, id);

ALTER TABLE foreman.tasks ADD COLUMN type text COLLATE "C" NOT NULL DEFAULT 'write';
ALTER TABLE foreman.tasks ADD COLUMN project_id text COLLATE "C" NOT NULL DEFAULT 'demo';
ALTER TABLE foreman.tasks ADD COLUMN module_id text COLLATE "C" NOT NULL DEFAULT 'module-default';
ALTER TABLE foreman.tasks ADD COLUMN acceptance text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE foreman.tasks ADD COLUMN scopes text COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE foreman.tasks ADD COLUMN board text COLLATE "C" NOT NULL DEFAULT 'ready';
ALTER TABLE foreman.tasks ADD COLUMN held_until bigint;
ALTER TABLE foreman.tasks ADD COLUMN approval_id text COLLATE "C";
ALTER TABLE foreman.tasks ADD COLUMN approval_status text COLLATE "C";
-- Whoever migrates belongs to no organization, and would see no row of any.
ALTER TABLE foreman.tasks NO FORCE ROW LEVEL SECURITY;
UPDATE foreman.tasks SET
  priority = CASE priority WHEN 0 THEN -100 WHEN 1 THEN -50 WHEN 2 THEN -10 ELSE -1 END,
  board = CASE
    WHEN status = 'cancelled' THEN 'canceled'
    WHEN live_run_id IS NOT NULL THEN 'in_progress'
    WHEN status = 'todo' OR is_rework THEN 'ready'
    WHEN status <> 'in_progress' THEN 'completed'
    WHEN coalesce(last_outcome, 'succeeded') = 'succeeded' THEN 'in_progress'
    ELSE 'failed' END;
ALTER TABLE foreman.tasks FORCE ROW LEVEL SECURITY;
CREATE INDEX tasks_by_board ON foreman.tasks (organization, project_id, board, priority, id);
CREATE INDEX tasks_by_hold
ON foreman.tasks (organization, hold NULLS FIRST, held_until NULLS FIRST, id);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['modules', 'projects'] LOOP
    EXECUTE format('ALTER TABLE foreman.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE foreman.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own ON foreman.%I USING (
      organization = (SELECT current_setting(''foreman.organization'', true)))', name);
  END LOOP;
END $$;
`
