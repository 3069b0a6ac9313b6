import { assert, describe, it } from "@effect/vitest"
import { DriverMemory } from "@foreman/core"
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import * as FirstLineHttp from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import * as Embedded from "../src/internal/Embedded.ts"
import * as TestHttp from "./TestHttp.ts"
import { caller } from "./TestMcp.ts"

/** Gives each request that creates a task the id of its title. */
const naming: typeof globalThis.fetch = (url, init) => {
  const headers = new Headers(init?.headers)
  const title = /"title":"(\w+)"/.exec(String(init?.body))?.[1]
  if (title !== undefined) headers.set("x-request-id", `req-${title}`)
  return globalThis.fetch(url, { ...init, headers })
}

/** The correlation ids of all events of a list. */
const correlations = (events: unknown): ReadonlyArray<unknown> =>
  // As: the events of a task, as REST shows them.
  (events as ReadonlyArray<{ metadata: Record<string, unknown> }>).map(
    ({ metadata }) => metadata["correlation_id"]
  )

describe.each(TestHttp.clients)("calls over HTTP by %s", (_, __, makeClient) => {
  it("are found by the ids of their requests, also when those overlap", async () => {
    const { get, url } = await TestHttp.start()
    const client = makeClient()
    const options = {
      fetch: naming,
      requestInit: { headers: { authorization: `Bearer ${TestHttp.token}` } }
    }
    const address = new URL(`${url}/mcp`)
    onTestFinished(() => client.close())
    if (client instanceof Client) {
      await client.connect(new StreamableHTTPClientTransport(address, options))
    } else {
      // As: the first line spells the same interface apart.
      const transport = new FirstLineHttp.StreamableHTTPClientTransport(address, options)
      await client.connect(transport as never)
    }
    const call = caller(client)
    const org = (await call("create_org", { name: "Acme", slug: "acme" })).data
    const team = (await call("create_team", { org_id: org.id, name: "Web", slug: "web" })).data
    const titles = ["a", "b", "c", "d"]
    const tasks = await Promise.all(
      titles.map((title) => call("create_task", { team_id: team.id, title }))
    )
    for (const [index, { data }] of tasks.entries()) {
      const events = await get(`/api/v1/tasks/${data.id}/events`)
      assert.deepStrictEqual(correlations(events), [`req-${titles[index]}`])
    }
  })
})

describe("calls over stdio", () => {
  it("are found by an id of their own", async () => {
    const folder = mkdtempSync(join(tmpdir(), "foreman-mcp-"))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const backend = await Embedded.open({
      store: DriverMemory.layer,
      token: undefined,
      tokenPath: join(folder, "token"),
      logLevel: "None"
    })
    onTestFinished(() => backend.close())
    const call = async (name: string, input: Readonly<Record<string, unknown>>) => {
      const { structuredContent } = await backend.call(name, input, {
        signal: new AbortController().signal
      })
      // As: a tool answers an object with these, where it has them.
      return structuredContent as { id: string; items: unknown }
    }
    const org = await call("create_org", { name: "Acme", slug: "acme" })
    const team = await call("create_team", { org_id: org.id, name: "Web", slug: "web" })
    const task = await call("create_task", { team_id: team.id, title: "One" })
    const { items } = await call("get_task_events", { task_id: task.id })
    assert.match(String(correlations(items)[0]), /^[0-9a-f-]{36}-3$/)
  })
})
