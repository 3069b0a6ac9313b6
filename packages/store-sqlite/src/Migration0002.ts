/**
 * Migration 2: the tables that steps write, as core lists them.
 *
 * Large rows stand in tables with a rowid, small ones without. There are no foreign keys: core asks
 * for what a change relies on in the same batch, and projections are made again in any order.
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
CREATE TABLE organizations (
  organization TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX organizations_by_name ON organizations (name, organization);

CREATE TABLE teams (
  organization TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  settings TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX teams_by_name ON teams (organization, name, id);
CREATE UNIQUE INDEX teams_slug ON teams (organization, slug);

CREATE TABLE agents (
  organization TEXT NOT NULL,
  id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  model TEXT NOT NULL,
  config TEXT NOT NULL,
  runner TEXT,
  is_paused INTEGER NOT NULL CHECK (is_paused IN (0, 1)),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX agents_by_team ON agents (organization, team_id, name, id);
CREATE UNIQUE INDEX agents_name ON agents (organization, team_id, name);

CREATE TABLE repositories (
  organization TEXT NOT NULL,
  id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  name TEXT NOT NULL,
  local_path TEXT NOT NULL,
  default_branch TEXT NOT NULL,
  config TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX repositories_by_team ON repositories (organization, team_id, name, id);
CREATE UNIQUE INDEX repositories_name ON repositories (organization, team_id, name);

CREATE TABLE tasks (
  organization TEXT NOT NULL,
  id INTEGER NOT NULL,
  team_id TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  status TEXT NOT NULL,
  priority INTEGER NOT NULL,
  dri_id TEXT,
  assignee_id TEXT,
  repo_ids TEXT NOT NULL,
  tags TEXT NOT NULL,
  branch TEXT NOT NULL,
  metadata TEXT NOT NULL,
  depends_on TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  rejections INTEGER NOT NULL,
  live_run_id TEXT,
  last_run_id TEXT,
  last_agent_id TEXT,
  last_outcome TEXT,
  open_dependencies INTEGER NOT NULL,
  is_rework INTEGER NOT NULL CHECK (is_rework IN (0, 1)),
  hold TEXT,
  head_commit TEXT,
  base_commit TEXT,
  rank INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  completed_at INTEGER,
  PRIMARY KEY (organization, id),
  CONSTRAINT tasks_open_dependencies CHECK (open_dependencies >= 0)
) STRICT;
CREATE INDEX tasks_by_team ON tasks (organization, team_id, id);
CREATE INDEX tasks_by_status ON tasks (organization, team_id, status, id);
CREATE INDEX tasks_by_assignee ON tasks (organization, team_id, assignee_id, id);
-- The ready queue holds only what is ready, so its top costs the same however many tasks there are.
CREATE INDEX tasks_ready ON tasks (organization, is_rework DESC, priority, rank DESC, id)
WHERE hold IS NULL AND (is_rework = 1 OR (status = 'todo' AND open_dependencies = 0));
CREATE INDEX tasks_ready_by_assignee
ON tasks (organization, team_id, assignee_id, is_rework DESC, priority, rank DESC, id)
WHERE hold IS NULL AND (is_rework = 1 OR (status = 'todo' AND open_dependencies = 0));

CREATE TABLE task_dependencies (
  organization TEXT NOT NULL,
  task_id INTEGER NOT NULL,
  depends_on_id INTEGER NOT NULL,
  PRIMARY KEY (organization, task_id, depends_on_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_dependencies_by_target
ON task_dependencies (organization, depends_on_id, task_id);

CREATE TABLE messages (
  organization TEXT NOT NULL,
  id INTEGER NOT NULL,
  team_id TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  sender_type TEXT NOT NULL,
  recipient_id TEXT NOT NULL,
  recipient_type TEXT NOT NULL,
  task_id INTEGER,
  content TEXT NOT NULL,
  is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
  delivered_at INTEGER,
  seen_at INTEGER,
  processed_at INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX messages_by_recipient ON messages (organization, recipient_id, id);
CREATE INDEX messages_open ON messages (organization, recipient_id, is_open, id);

CREATE TABLE runs (
  organization TEXT NOT NULL,
  id TEXT NOT NULL,
  task_id INTEGER NOT NULL,
  agent_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  status TEXT NOT NULL,
  is_live INTEGER NOT NULL CHECK (is_live IN (0, 1)),
  runner TEXT NOT NULL,
  holder TEXT NOT NULL,
  repository_id TEXT,
  branch TEXT NOT NULL,
  workspace TEXT,
  base_commit TEXT,
  head_commit TEXT,
  exit_code INTEGER,
  cause TEXT,
  answer TEXT,
  output_id TEXT,
  queued_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX runs_by_task ON runs (organization, task_id, attempt, id);
CREATE INDEX runs_live ON runs (organization, is_live, id);
CREATE UNIQUE INDEX runs_attempt ON runs (organization, task_id, attempt);
CREATE UNIQUE INDEX runs_one_live_per_task ON runs (organization, task_id) WHERE is_live = 1;
CREATE UNIQUE INDEX runs_one_live_per_agent ON runs (organization, agent_id) WHERE is_live = 1;

CREATE TABLE reviews (
  organization TEXT NOT NULL,
  id INTEGER NOT NULL,
  task_id INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  reviewer_id TEXT,
  reviewer_type TEXT NOT NULL,
  is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
  verdict TEXT,
  summary TEXT,
  head_commit TEXT,
  created_at INTEGER NOT NULL,
  resolved_at INTEGER,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX reviews_by_task ON reviews (organization, task_id, attempt, id);
CREATE INDEX reviews_open ON reviews (organization, is_open, id);
CREATE UNIQUE INDEX reviews_attempt ON reviews (organization, task_id, attempt);

CREATE TABLE merge_jobs (
  organization TEXT NOT NULL,
  id INTEGER NOT NULL,
  task_id INTEGER NOT NULL,
  repo_id TEXT NOT NULL,
  status TEXT NOT NULL,
  strategy TEXT NOT NULL,
  is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
  is_running INTEGER NOT NULL CHECK (is_running IN (0, 1)),
  branch TEXT NOT NULL,
  target_branch TEXT NOT NULL,
  base_commit TEXT NOT NULL,
  head_commit TEXT NOT NULL,
  merge_commit TEXT,
  landed_on TEXT,
  error TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  completed_at INTEGER,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX merge_jobs_by_task ON merge_jobs (organization, task_id, id);
CREATE INDEX merge_jobs_open ON merge_jobs (organization, is_open, id);
CREATE UNIQUE INDEX merge_jobs_one_open_per_task
ON merge_jobs (organization, task_id) WHERE is_open = 1;
CREATE UNIQUE INDEX merge_jobs_one_running_per_branch
ON merge_jobs (organization, repo_id, target_branch) WHERE is_running = 1;

CREATE TABLE artifacts (
  organization TEXT NOT NULL,
  id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  task_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  digest TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX artifacts_by_run ON artifacts (organization, run_id, id);

CREATE TABLE directory (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  organization TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_by_organization ON directory (organization, kind, id);

CREATE TABLE singletons (
  organization TEXT NOT NULL,
  name TEXT NOT NULL,
  holder TEXT NOT NULL,
  token INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (organization, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
  organization TEXT NOT NULL,
  hash TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  is_revoked INTEGER NOT NULL CHECK (is_revoked IN (0, 1)),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (organization, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_subject ON tokens (organization, subject, hash);
`
