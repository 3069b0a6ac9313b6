/**
 * Migration 2: the tables that steps write, as core lists them.
 *
 * Text is ordered by code point. There are no foreign keys: core asks for what a change relies on in
 * the same batch, and projections are made again in any order.
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
CREATE TABLE foreman.organizations (
  organization text COLLATE "C" NOT NULL CONSTRAINT organizations_key PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  slug text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX organizations_by_name ON foreman.organizations (name, organization);

CREATE TABLE foreman.teams (
  organization text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  slug text COLLATE "C" NOT NULL,
  settings text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT teams_key PRIMARY KEY (organization, id)
);
CREATE INDEX teams_by_name ON foreman.teams (organization, name, id);
CREATE UNIQUE INDEX teams_slug ON foreman.teams (organization, slug);

CREATE TABLE foreman.agents (
  organization text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  team_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL,
  model text COLLATE "C" NOT NULL,
  config text COLLATE "C" NOT NULL,
  runner text COLLATE "C",
  is_paused boolean NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT agents_key PRIMARY KEY (organization, id)
);
CREATE INDEX agents_by_team ON foreman.agents (organization, team_id, name, id);
CREATE UNIQUE INDEX agents_name ON foreman.agents (organization, team_id, name);

CREATE TABLE foreman.repositories (
  organization text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  team_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  local_path text COLLATE "C" NOT NULL,
  default_branch text COLLATE "C" NOT NULL,
  config text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT repositories_key PRIMARY KEY (organization, id)
);
CREATE INDEX repositories_by_team ON foreman.repositories (organization, team_id, name, id);
CREATE UNIQUE INDEX repositories_name ON foreman.repositories (organization, team_id, name);

CREATE TABLE foreman.tasks (
  organization text COLLATE "C" NOT NULL,
  id bigint NOT NULL,
  team_id text COLLATE "C" NOT NULL,
  title text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  priority bigint NOT NULL,
  dri_id text COLLATE "C",
  assignee_id text COLLATE "C",
  repo_ids text COLLATE "C" NOT NULL,
  tags text COLLATE "C" NOT NULL,
  branch text COLLATE "C" NOT NULL,
  metadata text COLLATE "C" NOT NULL,
  depends_on text COLLATE "C" NOT NULL,
  attempts bigint NOT NULL,
  rejections bigint NOT NULL,
  live_run_id text COLLATE "C",
  last_run_id text COLLATE "C",
  last_agent_id text COLLATE "C",
  last_outcome text COLLATE "C",
  open_dependencies bigint NOT NULL,
  is_rework boolean NOT NULL,
  hold text COLLATE "C",
  head_commit text COLLATE "C",
  base_commit text COLLATE "C",
  rank bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  completed_at bigint,
  CONSTRAINT tasks_key PRIMARY KEY (organization, id),
  CONSTRAINT tasks_open_dependencies CHECK (open_dependencies >= 0)
);
CREATE INDEX tasks_by_team ON foreman.tasks (organization, team_id, id);
CREATE INDEX tasks_by_status ON foreman.tasks (organization, team_id, status, id);
CREATE INDEX tasks_by_assignee
ON foreman.tasks (organization, team_id, assignee_id NULLS FIRST, id);
-- The ready queue holds only what is ready, so its top costs the same however many tasks there are.
CREATE INDEX tasks_ready ON foreman.tasks (organization, is_rework DESC, priority, rank DESC, id)
WHERE hold IS NULL AND (is_rework OR (status = 'todo' AND open_dependencies = 0));
CREATE INDEX tasks_ready_by_assignee
ON foreman.tasks (organization, team_id, assignee_id, is_rework DESC, priority, rank DESC, id)
WHERE assignee_id IS NOT NULL
  AND hold IS NULL AND (is_rework OR (status = 'todo' AND open_dependencies = 0));
-- A condition IS NULL says nothing about order, so who looks for nobody's tasks has an index of them.
CREATE INDEX tasks_ready_unassigned
ON foreman.tasks (organization, team_id, is_rework DESC, priority, rank DESC, id)
WHERE assignee_id IS NULL
  AND hold IS NULL AND (is_rework OR (status = 'todo' AND open_dependencies = 0));

CREATE TABLE foreman.task_dependencies (
  organization text COLLATE "C" NOT NULL,
  task_id bigint NOT NULL,
  depends_on_id bigint NOT NULL,
  CONSTRAINT task_dependencies_key PRIMARY KEY (organization, task_id, depends_on_id)
);
CREATE INDEX task_dependencies_by_target
ON foreman.task_dependencies (organization, depends_on_id, task_id);

CREATE TABLE foreman.messages (
  organization text COLLATE "C" NOT NULL,
  id bigint NOT NULL,
  team_id text COLLATE "C" NOT NULL,
  sender_id text COLLATE "C" NOT NULL,
  sender_type text COLLATE "C" NOT NULL,
  recipient_id text COLLATE "C" NOT NULL,
  recipient_type text COLLATE "C" NOT NULL,
  task_id bigint,
  content text COLLATE "C" NOT NULL,
  is_open boolean NOT NULL,
  delivered_at bigint,
  seen_at bigint,
  processed_at bigint,
  created_at bigint NOT NULL,
  CONSTRAINT messages_key PRIMARY KEY (organization, id)
);
CREATE INDEX messages_by_recipient ON foreman.messages (organization, recipient_id, id);
CREATE INDEX messages_open ON foreman.messages (organization, recipient_id, is_open, id);

CREATE TABLE foreman.runs (
  organization text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  task_id bigint NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  attempt bigint NOT NULL,
  status text COLLATE "C" NOT NULL,
  is_live boolean NOT NULL,
  runner text COLLATE "C" NOT NULL,
  holder text COLLATE "C" NOT NULL,
  repository_id text COLLATE "C",
  branch text COLLATE "C" NOT NULL,
  workspace text COLLATE "C",
  base_commit text COLLATE "C",
  head_commit text COLLATE "C",
  exit_code bigint,
  cause text COLLATE "C",
  answer text COLLATE "C",
  output_id text COLLATE "C",
  queued_at bigint NOT NULL,
  started_at bigint,
  ended_at bigint,
  CONSTRAINT runs_key PRIMARY KEY (organization, id)
);
CREATE INDEX runs_by_task ON foreman.runs (organization, task_id, attempt, id);
CREATE INDEX runs_live ON foreman.runs (organization, is_live, id);
CREATE UNIQUE INDEX runs_attempt ON foreman.runs (organization, task_id, attempt);
CREATE UNIQUE INDEX runs_one_live_per_task ON foreman.runs (organization, task_id) WHERE is_live;
CREATE UNIQUE INDEX runs_one_live_per_agent ON foreman.runs (organization, agent_id) WHERE is_live;

CREATE TABLE foreman.reviews (
  organization text COLLATE "C" NOT NULL,
  id bigint NOT NULL,
  task_id bigint NOT NULL,
  attempt bigint NOT NULL,
  reviewer_id text COLLATE "C",
  reviewer_type text COLLATE "C" NOT NULL,
  is_open boolean NOT NULL,
  verdict text COLLATE "C",
  summary text COLLATE "C",
  head_commit text COLLATE "C",
  created_at bigint NOT NULL,
  resolved_at bigint,
  CONSTRAINT reviews_key PRIMARY KEY (organization, id)
);
CREATE INDEX reviews_by_task ON foreman.reviews (organization, task_id, attempt, id);
CREATE INDEX reviews_open ON foreman.reviews (organization, is_open, id);
CREATE UNIQUE INDEX reviews_attempt ON foreman.reviews (organization, task_id, attempt);

CREATE TABLE foreman.merge_jobs (
  organization text COLLATE "C" NOT NULL,
  id bigint NOT NULL,
  task_id bigint NOT NULL,
  repo_id text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  strategy text COLLATE "C" NOT NULL,
  is_open boolean NOT NULL,
  is_running boolean NOT NULL,
  branch text COLLATE "C" NOT NULL,
  target_branch text COLLATE "C" NOT NULL,
  base_commit text COLLATE "C" NOT NULL,
  head_commit text COLLATE "C" NOT NULL,
  merge_commit text COLLATE "C",
  landed_on text COLLATE "C",
  error text COLLATE "C",
  created_at bigint NOT NULL,
  started_at bigint,
  completed_at bigint,
  CONSTRAINT merge_jobs_key PRIMARY KEY (organization, id)
);
CREATE INDEX merge_jobs_by_task ON foreman.merge_jobs (organization, task_id, id);
CREATE INDEX merge_jobs_open ON foreman.merge_jobs (organization, is_open, id);
CREATE UNIQUE INDEX merge_jobs_one_open_per_task
ON foreman.merge_jobs (organization, task_id) WHERE is_open;
CREATE UNIQUE INDEX merge_jobs_one_running_per_branch
ON foreman.merge_jobs (organization, repo_id, target_branch) WHERE is_running;

CREATE TABLE foreman.artifacts (
  organization text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  task_id bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  content_type text COLLATE "C" NOT NULL,
  size bigint NOT NULL,
  digest text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT artifacts_key PRIMARY KEY (organization, id)
);
CREATE INDEX artifacts_by_run ON foreman.artifacts (organization, run_id, id);

CREATE TABLE foreman.directory (
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  organization text COLLATE "C" NOT NULL,
  CONSTRAINT directory_key PRIMARY KEY (kind, id)
);
CREATE INDEX directory_by_organization ON foreman.directory (organization, kind, id);

CREATE TABLE foreman.singletons (
  organization text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  holder text COLLATE "C" NOT NULL,
  token bigint NOT NULL,
  until bigint NOT NULL,
  CONSTRAINT singletons_key PRIMARY KEY (organization, name)
);

CREATE TABLE foreman.tokens (
  organization text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  is_revoked boolean NOT NULL,
  expires_at bigint NOT NULL,
  CONSTRAINT tokens_key PRIMARY KEY (organization, hash)
);
CREATE INDEX tokens_by_subject ON foreman.tokens (organization, subject, hash);
`
