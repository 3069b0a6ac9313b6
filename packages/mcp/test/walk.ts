/**
 * A task's way through all of the tools.
 */
import { assert } from "@effect/vitest"
import type { Answer } from "./TestMcp.ts"

const nobody = "00000000-0000-7000-8000-000000000000"

/** Calls every tool at least once in a Foreman that is empty, and says which it called. */
export const walk = async (
  call: (name: string, input: object) => Promise<Answer>
): Promise<Array<string>> => {
  const used = new Set<string>()
  /** The client itself checks the structured content against the output schema. */
  const ask = async (name: string, input: object = {}) => {
    used.add(name)
    const { data, isError, text } = await call(name, input)
    assert.isFalse(isError, `${name}: ${text}`)
    assert.strictEqual(text, JSON.stringify(data, null, 2))
    return data
  }

  assert.deepInclude(await ask("ping"), { status: "healthy", server: "ok" })
  const org = await ask("create_org", { name: "Acme", slug: "acme" })
  assert.deepInclude(await ask("list_orgs"), { next_cursor: null })
  const team = await ask("create_team", { org_id: org.id, name: "Web", slug: "web" })
  assert.lengthOf((await ask("list_teams", { org_id: org.id })).items, 1)
  const agent = await ask("create_agent", { team_id: team.id, name: "Ada" })
  assert.deepInclude(agent, { role: "engineer", model: "claude-sonnet-4-20250514" })
  assert.lengthOf((await ask("list_agents", { team_id: team.id })).items, 2)
  const repo = { team_id: team.id, name: "web", local_path: "/srv/web" }
  assert.deepInclude(await ask("register_repo", repo), { default_branch: "main" })
  assert.lengthOf((await ask("list_repos", { team_id: team.id })).items, 1)
  assert.lengthOf((await ask("get_team", { team_id: team.id })).agents, 2)

  const task = await ask("create_task", { team_id: team.id, title: "Fix the login" })
  const task_id = task.id
  assert.deepInclude(task, { status: "todo", priority: "medium", depends_on: [] })
  assert.deepStrictEqual(await ask("get_task", { task_id }), task)
  assert.lengthOf((await ask("list_tasks", { team_id: team.id, status: "todo" })).items, 1)
  const renamed = await ask("update_task", { task_id, title: "Fix the logout" })
  assert.deepInclude(renamed, { title: "Fix the logout", status: "todo" })
  const assigned = await ask("assign_task", { task_id, assignee_id: agent.id })
  assert.strictEqual(assigned.assignee_id, agent.id)
  await ask("change_task_status", { task_id, status: "in_progress" })
  await ask("change_task_status", { task_id, status: "in_review" })

  assert.deepInclude(await ask("request_review", { task_id }), { attempt: 1, verdict: null })
  const rejected = await ask("reject_task", { task_id, summary: "Tests are missing" })
  assert.deepInclude(rejected, { verdict: "reject", summary: "Tests are missing" })
  await ask("request_review", { task_id })
  assert.deepInclude(await ask("approve_task", { task_id }), { attempt: 2, verdict: "approve" })
  assert.deepInclude(await ask("get_merge_status", { task_id }), { review_verdict: "approve" })
  assert.isAbove((await ask("get_task_events", { task_id })).items.length, 5)

  const message = {
    team_id: team.id,
    sender_id: nobody,
    sender_type: "user",
    recipient_id: agent.id,
    recipient_type: "agent",
    content: "Please look again"
  }
  await ask("send_message", message)
  assert.lengthOf((await ask("get_inbox", { agent_id: agent.id })).items, 1)

  const asker = { team_id: team.id, agent_id: agent.id }
  const wish = { ...asker, kind: "approval", question: "May I?", task_id }
  const request = await ask("ask_human", wish)
  assert.deepInclude(request, { status: "pending", options: ["approve", "reject"] })
  assert.deepStrictEqual((await ask("get_pending_requests", asker)).items, [request])
  const response = { request_id: request.id, response: "approve" }
  assert.deepInclude(await ask("respond_to_request", response), { status: "resolved" })
  const answered = await ask("get_human_request", { request_id: request.id, wait: true })
  assert.deepInclude(answered, { response: "approve", responded_by: "operator" })
  return [...used]
}
