/**
 * Migration 5: projects and their modules, and what tasks have of them.
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
CREATE TABLE projects (
  organization TEXT NOT NULL,
  id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  repository_id TEXT,
  repo_root TEXT NOT NULL,
  policy TEXT NOT NULL,
  manager TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX projects_by_name ON projects (organization, name, id);
CREATE INDEX projects_by_team ON projects (organization, team_id, name, id);

CREATE TABLE modules (
  organization TEXT NOT NULL,
  id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  completion_criteria TEXT NOT NULL,
  paths TEXT NOT NULL,
  board_state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX modules_by_project ON modules (organization, project_id, name, id);

ALTER TABLE tasks ADD COLUMN type TEXT NOT NULL DEFAULT 'write';
ALTER TABLE tasks ADD COLUMN project_id TEXT NOT NULL DEFAULT 'demo';
ALTER TABLE tasks ADD COLUMN module_id TEXT NOT NULL DEFAULT 'module-default';
ALTER TABLE tasks ADD COLUMN acceptance TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tasks ADD COLUMN board TEXT NOT NULL DEFAULT 'ready';
ALTER TABLE tasks ADD COLUMN held_until INTEGER;
ALTER TABLE tasks ADD COLUMN approval_id TEXT;
ALTER TABLE tasks ADD COLUMN approval_status TEXT;
UPDATE tasks SET
  priority = CASE priority WHEN 0 THEN -100 WHEN 1 THEN -50 WHEN 2 THEN -10 ELSE -1 END,
  board = CASE
    WHEN status = 'cancelled' THEN 'canceled'
    WHEN live_run_id IS NOT NULL THEN 'in_progress'
    WHEN status = 'todo' OR is_rework THEN 'ready'
    WHEN status <> 'in_progress' THEN 'completed'
    WHEN coalesce(last_outcome, 'succeeded') = 'succeeded' THEN 'in_progress'
    ELSE 'failed' END;
CREATE INDEX tasks_by_board ON tasks (organization, project_id, board, priority, id);
CREATE INDEX tasks_by_hold ON tasks (organization, hold, held_until, id);
`
