/**
 * The people at clients, and what agents ask them.
 */
import { Client } from "@modelcontextprotocol/client"
import type { Client as FirstLineClient } from "@modelcontextprotocol/sdk/client/index.js"
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js"
import type { caller } from "./TestMcp.ts"

/** What a client is asked to show. */
export interface Form {
  readonly message: string
  readonly requestedSchema: { readonly properties: object }
}

export type Reply =
  | { readonly action: "accept"; readonly content: Record<string, string> }
  | { readonly action: "decline" | "cancel" }

/** What the person at a client does when they are asked. */
export const person = (
  client: Client | FirstLineClient,
  reply: (form: Form, signal: AbortSignal) => Reply | Promise<Reply>
) => {
  const asked: Array<Form> = []
  const handle = async (params: unknown, signal: AbortSignal) => {
    // As: the client has checked the request against the schema of the protocol.
    const form = params as Form
    asked.push(form)
    return { ...(await reply(form, signal)) }
  }
  if (client instanceof Client) {
    client.setRequestHandler("elicitation/create", ({ params }, { mcpReq }) =>
      handle(params, mcpReq.signal)
    )
  } else {
    client.setRequestHandler(ElicitRequestSchema, ({ params }, { signal }) =>
      handle(params, signal)
    )
  }
  return asked
}

/** A question of an agent, ready to be asked. */
export const question = async (call: ReturnType<typeof caller>) => {
  const { data: org } = await call("create_org", { name: "Acme", slug: "acme" })
  const { data: team } = await call("create_team", { org_id: org.id, name: "Web", slug: "web" })
  const { data: agent } = await call("create_agent", { team_id: team.id, name: "Ada" })
  return {
    team_id: team.id,
    agent_id: agent.id,
    kind: "question",
    question: "Which colour?",
    options: ["red", "green"]
  }
}
