/**
 * Migration 6: approvals, in the order in which people look at them.
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
CREATE TABLE approvals (
  organization TEXT NOT NULL,
  id TEXT NOT NULL,
  task_id INTEGER NOT NULL,
  team_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  run_id TEXT,
  agent_id TEXT,
  request_id INTEGER,
  kind TEXT NOT NULL,
  digest TEXT NOT NULL,
  action TEXT NOT NULL,
  summary TEXT NOT NULL,
  reason TEXT NOT NULL,
  risk TEXT NOT NULL,
  severity INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  rule TEXT NOT NULL,
  policy TEXT NOT NULL,
  status TEXT NOT NULL,
  is_pending INTEGER NOT NULL CHECK (is_pending IN (0, 1)),
  is_pending_dispatch INTEGER NOT NULL CHECK (is_pending_dispatch IN (0, 1)),
  quorum INTEGER NOT NULL,
  decisions TEXT NOT NULL,
  rejection_reason TEXT,
  expiry_reason TEXT,
  requested_by TEXT NOT NULL,
  authors TEXT NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  decided_at INTEGER,
  PRIMARY KEY (organization, id)
) STRICT;
CREATE INDEX approvals_queue
ON approvals (organization, status, severity, priority, created_at, id);
CREATE INDEX approvals_by_project
ON approvals (organization, project_id, status, severity, priority, created_at, id);
CREATE INDEX approvals_by_task ON approvals (organization, task_id, created_at, id);
CREATE INDEX approvals_by_run ON approvals (organization, run_id, is_pending, id);
CREATE INDEX approvals_by_request ON approvals (organization, request_id, id);
CREATE UNIQUE INDEX approvals_one_pending_dispatch
ON approvals (organization, task_id) WHERE is_pending_dispatch = 1;
CREATE UNIQUE INDEX approvals_one_pending_action
ON approvals (organization, task_id, kind, digest) WHERE is_pending = 1;
`
