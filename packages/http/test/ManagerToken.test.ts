/**
 * The token that agents are given, on every surface of a real server: it plans as the local team's
 * manager, and decides nothing.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { AgentRunnerMemory, Manager } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { Effect, Layer } from "effect"
import { follow } from "./Follower.ts"
import { start, type TestServer, token } from "./TestServer.ts"

const managerToken = "fmn_agt_the_token_of_the_manager"
const mine = { authorization: `Bearer ${managerToken}` }
let server: TestServer

beforeAll(async () => {
  const behaviour = () => Effect.succeed({ output: "Done.\n", answer: "Done." })
  const foreman = TestForeman.layer({
    access: { mode: "token", operatorToken: token, managerToken },
    runners: [AgentRunnerMemory.make("local", behaviour)],
    reactors: {}
  }).pipe(Layer.provide(Layer.succeed(Manager.ManagerConfig, { waitMillis: 20_000 })))
  server = await start({ connect: { mcpPath: "/p", token: managerToken } }, foreman)
})

afterAll(() => server.close())

const ask = (method: string, path: string, body?: unknown) =>
  server.request(method, path, body, mine)
const asOperator = (method: string, path: string, body?: unknown) =>
  server.request(method, path, body)

/** A task of the agent's own that waits for a person. */
const held = async () => {
  const wish = { kind: "create_task", summary: "git push origin main" }
  const { body, text } = await ask("POST", "/api/manager/commands", wish)
  assert.strictEqual(body.kind, "approval_needed", text)
  return { approvalId: String(body.approval_id), taskId: String(body.task_id) }
}

/** The local team, as the agent finds it. */
const local = async () => {
  const { body: orgs } = await ask("GET", "/api/v1/orgs")
  const { body: teams } = await ask("GET", `/api/v1/orgs/${orgs[0].id}/teams`)
  const { body: agents } = await ask("GET", `/api/v1/teams/${teams[0].id}/agents`)
  const manager = agents.find(({ name }: { name: string }) => name === "manager")
  return { orgs, orgId: orgs[0].id, teamId: teams[0].id, managerId: String(manager.id) }
}

describe("the manager's token", () => {
  it("finds its team on a server that was never used, before anybody else has made it", async () => {
    const { orgs, managerId, teamId } = await local()
    assert.deepStrictEqual([orgs.length, orgs[0].slug], [1, "local"])
    const task = await ask("POST", `/api/v1/teams/${teamId}/tasks`, { title: "Plan it" })
    assert.strictEqual(task.status, 201, task.text)
    const { body: events } = await ask("GET", `/api/v1/tasks/${task.body.id}/events`)
    assert.deepInclude(events[0].metadata, { actor_id: managerId, actor_type: "agent" })
  })

  it("plans over the manager API as the agent, and is told what comes of it over SSE", async () => {
    const { managerId, orgId } = await local()
    await asOperator("POST", "/api/v1/orgs", { name: "Other", slug: "other" })
    const follower = await follow(server.port, "/api/v1/events?last_event_id=0", mine)
    const wish = { kind: "create_task", summary: "Mend it", task_type: "read" }
    const { body, text } = await ask("POST", "/api/manager/commands", wish)
    assert.strictEqual(body.kind, "completion", text)
    await follower.until(new RegExp(`"run\\.succeeded".*"task_id":${body.task_id}\\b`))
    follower.close()
    const events = follower.events().map(({ data }) => data)
    for (const { org_id } of events) assert.strictEqual(org_id, orgId)
    const created = events.find(
      ({ data, type }) => type === "task.created" && String(data.task_id) === body.task_id
    )
    assert.deepInclude(created.metadata, { actor_id: managerId, actor_type: "agent" })
  })

  it("repeats what was done with the operator's under the same key", async () => {
    const wish = { kind: "create_task", summary: "Once", task_type: "read" }
    const key = { "idempotency-key": "one-of-both" }
    const path = "/api/manager/commands"
    const first = await server.request("POST", path, wish, { ...mine, ...key })
    const again = await server.request("POST", path, wish, key)
    assert.strictEqual(again.body.task_id, first.body.task_id)
  })

  it("decides no approval, on no path, and is told who does", async () => {
    const { approvalId, taskId } = await held()
    for (const [prefix, words] of [
      ["/api/v1", "detail"],
      ["/api/manager", "error"]
    ] as const) {
      for (const [action, body] of [
        ["approve", {}],
        ["reject", { rejection_reason: "No" }],
        ["retry-dispatch", {}]
      ] as const) {
        const path = `${prefix}/approvals/${approvalId}/${action}`
        const refused = await ask("POST", path, body)
        assert.deepStrictEqual([path, refused.status], [path, 403])
        assert.deepInclude(refused.body, {
          code: "PermissionDenied",
          permission: "approval:decide"
        })
        assert.match(refused.body[words], /^A person decides this, never an agent: on the server's/)
      }
    }
    assert.strictEqual((await ask("GET", `/api/v1/approvals/${approvalId}`)).body.status, "pending")
    const path = `/api/manager/approvals/${approvalId}/approve`
    const approved = await asOperator("POST", path)
    assert.deepInclude(approved.body, { approval_state: "approved", task_id: taskId })
  })

  it("asks a person, and answers nothing in their place", async () => {
    const { managerId, teamId } = await local()
    const question = { team_id: teamId, agent_id: managerId, kind: "question", question: "Well?" }
    const asked = await ask("POST", "/api/v1/human-requests", question)
    assert.strictEqual(asked.status, 201, asked.text)
    const path = `/api/v1/human-requests/${asked.body.id}/respond`
    const refused = await ask("POST", path, { response: "Yes" })
    assert.strictEqual(refused.status, 403)
    assert.match(refused.body.detail, /^A person answers this, never an agent/)
    assert.strictEqual((await asOperator("POST", path, { response: "Yes" })).status, 200)
  })

  it("sets nothing up: no organization, team, agent or repository, no policy", async () => {
    const { orgId, teamId } = await local()
    const command = "/api/manager/commands"
    for (const [method, path, body] of [
      ["POST", "/api/v1/orgs", { name: "Own", slug: "own" }],
      ["POST", `/api/v1/orgs/${orgId}/teams`, { name: "Own", slug: "own" }],
      ["POST", `/api/v1/teams/${teamId}/agents`, { name: "own", config: { runner: "local" } }],
      ["PATCH", `/api/v1/settings/teams/${teamId}`, { approval_policy: "off" }],
      ["POST", "/api/v1/projects", { name: "Own", policy: "off" }],
      ["POST", command, { kind: "create_project", name: "Own", repo_root: "/etc" }],
      ["GET", "/page/connect.json", undefined]
    ] as const) {
      const refused = await ask(method, path, body)
      assert.deepStrictEqual([path, refused.status], [path, 403], refused.text)
      assert.strictEqual(refused.body.code, "PermissionDenied")
    }
    const made = await ask("POST", command, { kind: "create_project", name: "Plain" })
    assert.strictEqual(made.body.kind, "project_created", made.text)
  })

  it("sees nothing of another organization", async () => {
    const org = (await asOperator("POST", "/api/v1/orgs", { name: "Acme", slug: "acme" })).body
    const team = (
      await asOperator("POST", `/api/v1/orgs/${org.id}/teams`, { name: "Web", slug: "web" })
    ).body
    const task = (await asOperator("POST", `/api/v1/teams/${team.id}/tasks`, { title: "Secret" }))
      .body
    const { body: orgs } = await ask("GET", "/api/v1/orgs")
    assert.deepStrictEqual(
      orgs.map(({ slug }: { slug: string }) => slug),
      ["local"]
    )
    for (const path of [
      `/api/v1/tasks/${task.id}`,
      `/api/v1/teams/${team.id}`,
      `/api/manager/tasks/${task.id}`
    ]) {
      assert.strictEqual((await ask("GET", path)).status, 404, path)
    }
    const foreign = await ask("POST", `/api/v1/teams/${team.id}/tasks`, { title: "Mine" })
    assert.strictEqual(foreign.status, 404)
  })

  it("is what the page shows people who connect an agent, in the place of their own", async () => {
    const { body } = await asOperator("GET", "/page/connect.json")
    assert.strictEqual(body.token, managerToken)
  })
})
