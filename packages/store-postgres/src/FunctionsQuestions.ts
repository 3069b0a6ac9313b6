/**
 * The functions of the closed lists of questions and set changes.
 *
 * Each question is a function in SQL that PostgreSQL puts into the statement that asks, so alone it
 * costs what its statement costs. The one that walks the graph does it level by level: no task is
 * looked at twice, which one recursive statement cannot promise.
 *
 * @since 0.1.0
 */
import { Tables } from "@foreman/core"

// rules -----------------------------------------------------------------------

/**
 * What a question answers, and with which parameters of which types, in the order of its function.
 *
 * @category models
 * @since 0.1.0
 */
export const signatures = {
  heads: { parameters: { after: "text", limit: "bigint" }, isOfAll: true },
  idle_agents: { parameters: { after: "text", limit: "bigint" }, isOfAll: false },
  old_receipts: { parameters: { before: "bigint", limit: "bigint" }, isOfAll: false },
  organizations: {
    parameters: { after_name: "text", after_id: "text", limit: "bigint" },
    isOfAll: true
  },
  overlapping_leases: { parameters: { spans: "text", limit: "bigint" }, isOfAll: false },
  path: { parameters: { from: "bigint", to: "bigint" }, isOfAll: false },
  ready: { parameters: { limit: "bigint" }, isOfAll: false },
  ready_for_agent: {
    parameters: { team_id: "text", agent_id: "text", unassigned: "boolean", limit: "bigint" },
    isOfAll: false
  },
  startable: { parameters: { limit: "bigint" }, isOfAll: false },
  working_agents: { parameters: { team_id: "text" }, isOfAll: false }
} as const

const isReady =
  "t.hold IS NULL AND (t.is_rework OR (t.status = 'todo' AND t.open_dependencies = 0))"

const shown = "t.id, t.team_id, t.assignee_id, t.is_rework, t.priority, t.rank"

const queued = `RETURNS TABLE (
  id bigint, team_id text, assignee_id text, is_rework boolean, priority bigint, rank bigint
) LANGUAGE sql STABLE`

const taskNames = Object.keys(Tables.tables["tasks"]?.columns ?? {})
  .map((name) => `t.${name}`)
  .join(", ")

const taskColumns = Object.entries(Tables.tables["tasks"]?.columns ?? {})
  .map(
    ([name, type]) => `"${name}" ${type.startsWith("integer") ? "bigint" : type.replace("?", "")}`
  )
  .join(", ")

/** Assigned to that agent, or to nobody, which no comparison with a value finds. */
const readyOf = (assignee: string) => `(
    SELECT ${shown} FROM foreman.tasks t
    WHERE t.organization = $1 AND t.team_id = $2 AND t.assignee_id ${assignee} AND ${isReady}
    ORDER BY t.is_rework DESC, t.priority, t.rank DESC, t.id LIMIT $5
  )`

/**
 * All questions but the one that walks.
 *
 * @category models
 * @since 0.1.0
 */
export const questions: string = `
CREATE OR REPLACE FUNCTION foreman.ask_heads(text, text, bigint)
RETURNS TABLE (organization text, "position" bigint) LANGUAGE sql STABLE AS $$
  SELECT h.organization, h.position FROM foreman.heads h
  WHERE h.organization > $2 AND h.position > 0 ORDER BY h.organization LIMIT $3
$$;
CREATE OR REPLACE FUNCTION foreman.ask_idle_agents(text, text, bigint)
RETURNS SETOF foreman.agents LANGUAGE sql STABLE AS $$
  SELECT a.* FROM foreman.agents a
  WHERE a.organization = $1 AND a.id > $2 AND a.runner IS NOT NULL
    AND NOT a.is_paused AND NOT EXISTS (
      SELECT FROM foreman.runs r
      WHERE r.organization = $1 AND r.agent_id = a.id AND r.is_live)
  ORDER BY a.id LIMIT $3
$$;
CREATE OR REPLACE FUNCTION foreman.ask_old_receipts(text, bigint, bigint)
RETURNS TABLE (key text) LANGUAGE sql STABLE AS $$
  SELECT r.key FROM foreman.receipts r
  WHERE r.organization = $1 AND r.at < $2 ORDER BY r.at LIMIT $3
$$;
CREATE OR REPLACE FUNCTION foreman.ask_organizations(text, text, text, bigint)
RETURNS SETOF foreman.organizations LANGUAGE sql STABLE AS $$
  SELECT o.* FROM foreman.organizations o
  WHERE (o.name, o.organization) > ($2, $3)
  ORDER BY o.name, o.organization LIMIT $4
$$;
CREATE OR REPLACE FUNCTION foreman.ask_overlapping_leases(text, text, bigint)
RETURNS SETOF foreman.lease_spans LANGUAGE sql STABLE AS $$
  -- No span lies in another one, so of those before a wanted one only the last can be above it.
  SELECT s.* FROM foreman.lease_spans s WHERE s.organization = $1 AND s.span IN (
    SELECT above.span FROM jsonb_array_elements_text($2::jsonb) w(span), LATERAL (
      SELECT o.span FROM foreman.lease_spans o WHERE o.organization = $1 AND o.span <= w.span
      ORDER BY o.span DESC LIMIT 1
    ) above WHERE starts_with(w.span, above.span)
    UNION
    SELECT o.span FROM jsonb_array_elements_text($2::jsonb) w(span), foreman.lease_spans o
    WHERE o.organization = $1 AND o.span > w.span AND o.span < left(w.span, -1) || '0'
  ) ORDER BY s.span LIMIT $3
$$;
CREATE OR REPLACE FUNCTION foreman.ask_ready(text, bigint) ${queued} AS $$
  SELECT ${shown} FROM foreman.tasks t WHERE t.organization = $1 AND ${isReady}
  ORDER BY t.is_rework DESC, t.priority, t.rank DESC, t.id LIMIT $2
$$;
CREATE OR REPLACE FUNCTION foreman.ask_ready_for_agent(text, text, text, boolean, bigint)
${queued} AS $$
  SELECT ${shown} FROM (
    SELECT * FROM ${readyOf("= $3")} mine
    UNION ALL
    SELECT * FROM ${readyOf("IS NULL AND $4")} free
  ) t ORDER BY t.is_rework DESC, t.priority, t.rank DESC, t.id LIMIT $5
$$;
CREATE OR REPLACE FUNCTION foreman.ask_startable(text, bigint)
RETURNS TABLE (${taskColumns}, version bigint, team_repositories text, team_settings text,
  project_policy text) LANGUAGE sql STABLE AS $$
  SELECT ${taskNames}, (
      SELECT coalesce(max(e.version), 0) FROM foreman.events e
      WHERE e.organization = $1 AND e.stream = 'task:' || t.id
    ), (
      SELECT '[' || coalesce(string_agg(to_json(r.id)::text, ',' ORDER BY r.name, r.id), '') || ']' FROM (
        SELECT o.id, o.name FROM foreman.repositories o
        WHERE o.organization = $1 AND o.team_id = t.team_id ORDER BY o.name, o.id LIMIT 2
      ) r
    ), (
      SELECT w.settings FROM foreman.teams w WHERE w.organization = $1 AND w.id = t.team_id
    ), (
      SELECT p.policy FROM foreman.projects p
      WHERE p.organization = $1 AND p.id = t.project_id AND p.team_id = t.team_id
    )
  FROM foreman.tasks t WHERE t.organization = $1 AND ${isReady}
  ORDER BY t.is_rework DESC, t.priority, t.rank DESC, t.id LIMIT $2
$$;
CREATE OR REPLACE FUNCTION foreman.ask_working_agents(text, text)
RETURNS TABLE (id text) LANGUAGE sql STABLE AS $$
  SELECT a.id FROM foreman.agents a
  WHERE a.organization = $1 AND a.team_id = $2 AND EXISTS (
    SELECT FROM foreman.runs r WHERE r.organization = $1 AND r.agent_id = a.id AND r.is_live)
  ORDER BY a.id
$$;`

/**
 * The walk from one task to another along what it depends on: breadth first, so a shortest path.
 *
 * @category models
 * @since 0.1.0
 */
export const path: string = `
CREATE OR REPLACE FUNCTION foreman.ask_path(org text, "from" bigint, "to" bigint)
RETURNS TABLE (id bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
  seen bigint[] := ARRAY["from"]; via bigint[] := ARRAY[NULL::bigint];
  level bigint[] := ARRAY["from"]; reached bigint[]; came bigint[]; way bigint[] := '{}';
  this bigint := "to";
BEGIN
  WHILE NOT "to" = ANY(seen) LOOP
    SELECT array_agg(d.depends_on_id), array_agg(d.task_id) INTO reached, came FROM (
      SELECT e.depends_on_id, min(e.task_id) AS task_id FROM foreman.task_dependencies e
      WHERE e.organization = org AND e.task_id = ANY(level) GROUP BY e.depends_on_id
    ) d WHERE d.depends_on_id <> ALL(seen);
    IF reached IS NULL THEN RETURN; END IF;
    seen := seen || reached; via := via || came; level := reached;
  END LOOP;
  WHILE this IS NOT NULL LOOP
    way := this || way;
    this := via[array_position(seen, this)];
  END LOOP;
  RETURN QUERY SELECT unnest(way);
END $$;`

/**
 * A question as a step asks it.
 *
 * @category models
 * @since 0.1.0
 */
export const ask: string = `
CREATE OR REPLACE FUNCTION foreman.ask(org text, question text, p jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_rows jsonb;
BEGIN
  CASE question
${Object.entries(signatures)
  .map(([name, { parameters }]) => {
    const given = Object.entries(parameters).map(([key, type]) =>
      key.startsWith("after") ? `coalesce(p->>'${key}', '')` : `(p->>'${key}')::${type}`
    )
    return `  WHEN '${name}' THEN
    SELECT jsonb_agg(to_jsonb(q)) INTO found_rows
    FROM (SELECT * FROM foreman.ask_${name}(${["org", ...given].join(", ")})) q;`
  })
  .join("\n")}
  END CASE;
  RETURN coalesce(found_rows, '[]');
END $$;`

/**
 * The set changes.
 *
 * @category models
 * @since 0.1.0
 */
export const changes: string = `
CREATE OR REPLACE FUNCTION foreman.change(org text, change text, p jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  task bigint := (p->>'task')::bigint; next_rank bigint;
BEGIN
  CASE change
  WHEN 'count_dependencies' THEN
    UPDATE foreman.tasks t SET open_dependencies = (
      SELECT count(*) FROM foreman.task_dependencies d
      JOIN foreman.tasks o ON o.organization = org AND o.id = d.depends_on_id
      WHERE d.organization = org AND d.task_id = task AND o.status <> 'done')
    WHERE t.organization = org AND t.id = task;
  WHEN 'expire_receipts' THEN
    DELETE FROM foreman.receipts r WHERE r.organization = org AND r.key = ANY(ARRAY(
      SELECT o.key FROM foreman.receipts o
      WHERE o.organization = org AND o.at < (p->>'before')::bigint
      ORDER BY o.at LIMIT (p->>'limit')::bigint));
  WHEN 'forget_run' THEN
    DELETE FROM foreman.heartbeats h WHERE h.organization = org AND h.run_id = p->>'run';
  WHEN 'renew_runs' THEN
    UPDATE foreman.heartbeats h SET until = (p->>'until')::bigint
    WHERE h.organization = org
      AND h.run_id = ANY(ARRAY(SELECT jsonb_array_elements_text((p->>'runs')::jsonb)));
  WHEN 'rank_task' THEN
    SELECT coalesce(max(w.rank) + 1, 0) INTO next_rank FROM foreman.task_dependencies d
    JOIN foreman.tasks w ON w.organization = org AND w.id = d.task_id
    WHERE d.organization = org AND d.depends_on_id = task AND w.status NOT IN ('done', 'cancelled');
    -- A row whose rank is right is not written again.
    UPDATE foreman.tasks t SET rank = next_rank
    WHERE t.organization = org AND t.id = task AND t.rank <> next_rank;
  WHEN 'unblock' THEN
    UPDATE foreman.tasks t SET open_dependencies = t.open_dependencies - 1
    FROM foreman.task_dependencies d
    WHERE d.organization = org AND d.depends_on_id = task
      AND t.organization = org AND t.id = d.task_id;
  END CASE;
  RETURN true;
END $$;`
