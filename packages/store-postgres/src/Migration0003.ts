/**
 * Migration 3: what keeps the place of followers and reactors, and what agents asked people.
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
CREATE TABLE foreman.cursors (
  organization text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  token bigint NOT NULL,
  CONSTRAINT cursors_key PRIMARY KEY (organization, name)
);

CREATE TABLE foreman.feed_marks (
  organization text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  CONSTRAINT feed_marks_key PRIMARY KEY (organization, id)
);
CREATE INDEX feed_marks_by_time ON foreman.feed_marks (organization, at, id);

CREATE TABLE foreman.human_requests (
  organization text COLLATE "C" NOT NULL,
  id bigint NOT NULL,
  team_id text COLLATE "C" NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  task_id bigint,
  run_id text COLLATE "C",
  kind text COLLATE "C" NOT NULL,
  question text COLLATE "C" NOT NULL,
  options text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  reason text COLLATE "C",
  is_pending boolean NOT NULL,
  response text COLLATE "C",
  responded_by text COLLATE "C",
  timeout_at bigint,
  created_at bigint NOT NULL,
  resolved_at bigint,
  CONSTRAINT human_requests_key PRIMARY KEY (organization, id)
);
CREATE INDEX human_requests_by_team ON foreman.human_requests (organization, team_id, id);
CREATE INDEX human_requests_by_status
ON foreman.human_requests (organization, team_id, status, id);
CREATE INDEX human_requests_by_agent
ON foreman.human_requests (organization, team_id, agent_id, id);
CREATE INDEX human_requests_by_task
ON foreman.human_requests (organization, team_id, task_id NULLS FIRST, id);
CREATE INDEX human_requests_by_run
ON foreman.human_requests (organization, run_id NULLS FIRST, is_pending, id);
CREATE INDEX human_requests_pending ON foreman.human_requests (organization, is_pending, id);
`
