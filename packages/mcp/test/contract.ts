/**
 * The tools of the platform's contract: names, parameters (`?` where one may be left out) and the
 * defaults that are published.
 */
export const contract: Readonly<Record<string, readonly [parameters: string, defaults?: object]>> =
  {
    ping: [""],
    list_orgs: [""],
    create_org: ["name slug"],
    list_teams: ["org_id"],
    create_team: ["org_id name slug"],
    get_team: ["team_id"],
    list_agents: ["team_id"],
    create_agent: [
      "team_id name role? model?",
      { role: "engineer", model: "claude-sonnet-4-20250514" }
    ],
    list_repos: ["team_id"],
    register_repo: ["team_id name local_path default_branch?", { default_branch: "main" }],
    create_task: [
      "team_id title description? priority? assignee_id? depends_on? tags?",
      { description: "", priority: "medium", depends_on: [], tags: [] }
    ],
    list_tasks: ["team_id status? assignee_id?"],
    get_task: ["task_id"],
    update_task: ["task_id title? description? priority? tags?"],
    change_task_status: ["task_id status actor_id?"],
    assign_task: ["task_id assignee_id"],
    get_task_events: ["task_id"],
    send_message: ["team_id sender_id sender_type recipient_id recipient_type content task_id?"],
    get_inbox: ["agent_id unprocessed_only?", { unprocessed_only: true }],
    request_review: ["task_id reviewer_id? reviewer_type?", { reviewer_type: "user" }],
    approve_task: ["task_id summary? reviewer_id?"],
    reject_task: ["task_id summary? reviewer_id?"],
    get_merge_status: ["task_id"],
    ask_human: [
      "team_id agent_id kind question task_id? options? timeout_minutes? wait?",
      { options: [], wait: false }
    ],
    get_human_request: ["request_id wait?", { wait: false }],
    get_pending_requests: ["team_id agent_id? task_id?"],
    respond_to_request: ["request_id response responded_by?"]
  }

/** The tools that answer one page of a list. */
export const lists = [
  "list_orgs",
  "list_teams",
  "list_agents",
  "list_repos",
  "list_tasks",
  "get_task_events",
  "get_inbox",
  "get_pending_requests"
]

/** The tools that only look. */
export const queries = [
  "ping",
  "get_team",
  "get_task",
  "get_merge_status",
  "get_human_request",
  ...lists
]

/** The tools beyond the contract: of what the platform has no words for. */
export const beyond = [
  "add_artifact",
  "change_module_state",
  "create_module",
  "create_project",
  "dry_run",
  "explain_task",
  "get_approval",
  "get_artifact",
  "get_module",
  "get_project",
  "list_approvals",
  "list_artifacts",
  "list_modules",
  "list_projects",
  "pause_agent",
  "resume_agent",
  "stop_task_run",
  "update_module",
  "update_project"
]

/** How many tools there are, for who narrows nothing. */
export const toolCount = Object.keys(contract).length + beyond.length
