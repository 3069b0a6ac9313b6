/**
 * A task as the page reads it.
 */
import type { Task } from "../src/internal/page/model.ts"

export const task = (facts: Partial<Task> = {}): Task => ({
  id: 7,
  team_id: "team",
  title: "Fix the login",
  description: "",
  status: "todo",
  priority: "medium",
  assignee_id: null,
  last_agent_id: null,
  depends_on: [],
  tags: ["web"],
  branch: "task-7-fix-the-login",
  attempts: 0,
  is_rework: false,
  hold: null,
  held_until: null,
  approval_id: null,
  live_run_id: null,
  last_run_id: null,
  last_outcome: null,
  head_commit: null,
  updated_at: "2026-11-20T08:30:00.000000Z",
  ...facts
})
