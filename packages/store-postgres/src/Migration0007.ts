/**
 * Migration 7: approvals, in the order in which people look at them.
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
CREATE TABLE foreman.approvals (
  organization text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  task_id bigint NOT NULL,
  team_id text COLLATE "C" NOT NULL,
  project_id text COLLATE "C" NOT NULL,
  run_id text COLLATE "C",
  agent_id text COLLATE "C",
  request_id bigint,
  kind text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  action text COLLATE "C" NOT NULL,
  summary text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  risk text COLLATE "C" NOT NULL,
  severity bigint NOT NULL,
  priority bigint NOT NULL,
  rule text COLLATE "C" NOT NULL,
  policy text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  is_pending boolean NOT NULL,
  is_pending_dispatch boolean NOT NULL,
  quorum bigint NOT NULL,
  decisions text COLLATE "C" NOT NULL,
  rejection_reason text COLLATE "C",
  expiry_reason text COLLATE "C",
  requested_by text COLLATE "C" NOT NULL,
  authors text COLLATE "C" NOT NULL,
  expires_at bigint,
  created_at bigint NOT NULL,
  decided_at bigint,
  CONSTRAINT approvals_key PRIMARY KEY (organization, id)
);
CREATE INDEX approvals_queue
ON foreman.approvals (organization, status, severity, priority, created_at, id);
CREATE INDEX approvals_by_project
ON foreman.approvals (organization, project_id, status, severity, priority, created_at, id);
CREATE INDEX approvals_by_task ON foreman.approvals (organization, task_id, created_at, id);
CREATE INDEX approvals_by_run
ON foreman.approvals (organization, run_id NULLS FIRST, is_pending, id);
CREATE INDEX approvals_by_request ON foreman.approvals (organization, request_id NULLS FIRST, id);
CREATE UNIQUE INDEX approvals_one_pending_dispatch
ON foreman.approvals (organization, task_id) WHERE is_pending_dispatch;
CREATE UNIQUE INDEX approvals_one_pending_action
ON foreman.approvals (organization, task_id, kind, digest) WHERE is_pending;

ALTER TABLE foreman.approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE foreman.approvals FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON foreman.approvals USING (
  organization = (SELECT current_setting('foreman.organization', true)));
`
