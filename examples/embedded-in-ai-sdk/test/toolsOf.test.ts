import { createForeman, type PromisedForeman } from "@foreman/core"
import { ToolList } from "@foreman/mcp"
import { asSchema } from "ai"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { toolsOf } from "../src/toolsOf.ts"

let foreman: PromisedForeman
let teamId: string
let manager: Parameters<PromisedForeman["as"]>[0]

beforeEach(async () => {
  foreman = await createForeman()
  const { id: organizationId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const team = await foreman.createTeam({ orgId: organizationId, name: "Web", slug: "web" })
  teamId = team.id
  const [agent] = (await foreman.getTeam({ teamId })).agents
  manager = { type: "agent", id: agent?.id ?? "", role: "manager", organizationId }
})
afterEach(() => foreman.close())

/** Calls a tool as the SDK does. */
const call = async (toolCallId: string, input: object) => {
  const { create_task } = toolsOf(foreman, manager)
  const options = { toolCallId, messages: [], context: {} }
  // As: what a model sends is whatever it likes.
  return create_task?.execute?.(input as never, options)
}

/** MCP has a tool more, which tries the others out. */
const isOperation = (name: string) => name !== "dry_run"

describe("toolsOf", () => {
  it("has the tools of a role, and none that its actor may not use", () => {
    const { roles } = ToolList.toolList()
    expect(Object.keys(toolsOf(foreman, manager, { role: "manager" })).toSorted()).toEqual(
      roles.manager.filter(isOperation).toSorted()
    )
    expect(toolsOf(foreman, manager)).toHaveProperty("create_task")
    expect(toolsOf(foreman, manager)).not.toHaveProperty("create_org")
    const reviewer = { ...manager, role: "reviewer" } as const
    expect(toolsOf(foreman, reviewer)).not.toHaveProperty("create_task")
    expect(toolsOf(foreman, reviewer)).toHaveProperty("approve_task")
  })

  it("says of each tool what MCP says", async () => {
    const operator = { type: "operator", id: "operator", role: "operator" } as const
    const tools = Object.entries(toolsOf(foreman, { ...operator, organizationId: null }))
    const said = tools.map(async ([name, { description, inputSchema, title }]) => {
      const schema = await asSchema<unknown>(inputSchema).jsonSchema
      return { name, title, description, inputSchema: schema }
    })
    const own = ToolList.toolList().tools.filter(({ name }) => isOperation(name))
    const listed = own.map(({ description, inputSchema, name, title }) => {
      const { idempotency_key: _, ...properties } = { ...inputSchema.properties }
      return { name, title, description, inputSchema: { ...inputSchema, properties } }
    })
    const byName = (one: { name: string }, other: { name: string }) =>
      one.name < other.name ? -1 : 1
    expect((await Promise.all(said)).toSorted(byName)).toEqual(listed.toSorted(byName))
  })

  it("acts in the name of its actor", async () => {
    const output = await call("call_1", { team_id: teamId, title: "Write" })
    expect(output).toMatchObject({ answer: { title: "Write", status: "todo", depends_on: [] } })
    const [{ id: taskId } = { id: 0 }] = (await foreman.listTasks({ teamId })).items
    const [created] = (await foreman.getTaskEvents({ taskId })).items
    expect(JSON.stringify(created?.metadata)).toContain(manager.id)
  })

  it("does once what a call says twice", async () => {
    const first = await call("call_1", { team_id: teamId, title: "Write" })
    expect(await call("call_1", { team_id: teamId, title: "Write" })).toEqual(first)
    await call("call_2", { team_id: teamId, title: "Write" })
    expect((await foreman.listTasks({ teamId })).items).toHaveLength(2)
  })

  it("gives the model a refusal as data, with its facts", async () => {
    const missing = await call("call_1", { team_id: teamId, title: "Write", depends_on: [999] })
    expect(missing).toMatchObject({
      refusal: { code: "DependencyMissing", status: expect.any(Number), facts: {} }
    })
    const wrong = await call("call_2", { team_id: teamId, name: "Write" })
    expect(wrong).toMatchObject({ refusal: { code: "InvalidInput" } })
    const { create_task } = toolsOf(foreman, manager)
    // As: the model's output depends on the tool's output alone.
    const shown = await create_task?.toModelOutput?.({ output: missing } as never)
    expect(shown).toMatchObject({
      type: "error-json",
      value: { code: "DependencyMissing", detail: expect.stringContaining("999") }
    })
  })

  it("asks nothing when its call was given up", async () => {
    const { create_task } = toolsOf(foreman, manager)
    const abortSignal = AbortSignal.abort(new Error("given up"))
    const options = { toolCallId: "call_1", messages: [], context: {}, abortSignal }
    const input = { team_id: teamId, title: "Write" }
    await expect(create_task?.execute?.(input, options)).rejects.toThrow("given up")
    expect((await foreman.listTasks({ teamId })).items).toEqual([])
  })
})
