/**
 * The plan of the demo: seven tasks with a diamond of dependencies in it, told to Foreman over MCP as
 * any agent would.
 */
import type { Client } from "@modelcontextprotocol/client"

/** A task to be: its title, and the places in the plan of those it waits for. */
export interface Planned {
  readonly title: string
  readonly after: ReadonlyArray<number>
}

export const plan: ReadonlyArray<Planned> = [
  { title: "Sketch the layout", after: [] },
  { title: "Write the header", after: [0] },
  { title: "Write the footer", after: [0] },
  { title: "Join header and footer", after: [1, 2] },
  { title: "Add a contact form", after: [3] },
  { title: "Add a price list", after: [3] },
  { title: "Announce the launch", after: [4, 5] }
]

/** Calls a tool and answers its data; a refusal is thrown with its own words. */
export const call = async <A>(
  mcp: Client,
  name: string,
  input: Readonly<Record<string, unknown>>
): Promise<A> => {
  const { content, isError, structuredContent } = await mcp.callTool({ name, arguments: input })
  if (isError === true) throw new Error(`${name}: ${JSON.stringify(content)}`)
  // As: the tool's output schema says so.
  return structuredContent as A
}

/** Plans every task, and answers their ids in the order of the plan. */
export const tell = async (mcp: Client, teamId: string): Promise<ReadonlyArray<number>> => {
  const ids: Array<number> = []
  for (const { after, title } of plan) {
    const task = await call<{ readonly id: number }>(mcp, "create_task", {
      team_id: teamId,
      title,
      description: `Add a section to the site: ${title.toLowerCase()}.`,
      depends_on: after.map((place) => ids[place])
    })
    ids.push(task.id)
  }
  return ids
}
