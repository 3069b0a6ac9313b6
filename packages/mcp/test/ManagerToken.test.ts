/**
 * The tools of the token that agents are given.
 */
import { assert, describe, it } from "@effect/vitest"
import { clients, managerToken, start, token } from "./TestHttp.ts"
import { person, question } from "./people.ts"
import { caller } from "./TestMcp.ts"
import { toolList } from "../src/ToolList.ts"

describe.each(clients)("the manager's token, with %s", (_, __, make) => {
  it("has the tools of a manager, and what it does is the agent's", async () => {
    const { connect } = await start()
    const client = make()
    await connect(client, managerToken)
    const { tools } = await client.listTools()
    const names = tools.map(({ name }) => name)
    assert.deepStrictEqual(names.toSorted(), [...toolList().roles.manager].toSorted())
    for (const name of ["create_org", "create_agent", "respond_to_request"]) {
      assert.notInclude(names, name)
    }
    const call = caller(client)
    const { data: orgs } = await call("list_orgs")
    const { data: teams } = await call("list_teams", { org_id: orgs.items[0].id })
    const [{ id: teamId }] = teams.items
    const { data: agents } = await call("list_agents", { team_id: teamId })
    const manager = agents.items.find(({ name }: { name: string }) => name === "manager")
    const { data: task } = await call("create_task", { team_id: teamId, title: "Plan it" })
    const { data: events } = await call("get_task_events", { task_id: task.id })
    assert.deepInclude(events.items[0].metadata, { actor_id: manager.id, actor_type: "agent" })
  })

  it("puts no question to whoever sits at the client", async () => {
    const { connect } = await start()
    const [client, operators] = [make({ capabilities: { elicitation: { form: {} } } }), make()]
    const asked = person(client, () => ({ action: "accept", content: { answer: "red" } }))
    await connect(client, managerToken)
    await connect(operators, token)
    const call = caller(client)
    const { data: orgs } = await call("list_orgs")
    const { data: teams } = await call("list_teams", { org_id: orgs.items[0].id })
    const { data: agents } = await call("list_agents", { team_id: teams.items[0].id })
    const input = {
      ...(await question(caller(operators))),
      team_id: teams.items[0].id,
      agent_id: agents.items[0].id
    }
    const { data: request } = await call("ask_human", input)
    assert.strictEqual(request.status, "pending")
    assert.deepStrictEqual(asked, [])
  })
})
