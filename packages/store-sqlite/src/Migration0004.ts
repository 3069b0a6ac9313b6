/**
 * Migration 4: the questions of agents to people.
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
CREATE TABLE human_requests (
  organization TEXT NOT NULL,
  id INTEGER NOT NULL,
  team_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  task_id INTEGER,
  run_id TEXT,
  kind TEXT NOT NULL,
  question TEXT NOT NULL,
  options TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  is_pending INTEGER NOT NULL CHECK (is_pending IN (0, 1)),
  response TEXT,
  responded_by TEXT,
  timeout_at INTEGER,
  created_at INTEGER NOT NULL,
  resolved_at INTEGER,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX human_requests_by_team ON human_requests (organization, team_id, id);
CREATE INDEX human_requests_by_status ON human_requests (organization, team_id, status, id);
CREATE INDEX human_requests_by_agent ON human_requests (organization, team_id, agent_id, id);
CREATE INDEX human_requests_by_task ON human_requests (organization, team_id, task_id, id);
CREATE INDEX human_requests_by_run ON human_requests (organization, run_id, is_pending, id);
CREATE INDEX human_requests_pending ON human_requests (organization, is_pending, id);
`
