import { assert, describe, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import type { Client as FirstLineClient } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport as FirstLineStdio } from "@modelcontextprotocol/sdk/client/stdio.js"
import { spawn } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { onTestFinished } from "vitest"
import { contract, toolCount } from "./contract.ts"
import { person, question } from "./people.ts"
import { clients } from "./TestHttp.ts"
import { caller } from "./TestMcp.ts"
import * as TestProgram from "./TestProgram.ts"
import { walk } from "./walk.ts"

const { folder, olderNode, start } = TestProgram

/** Starts the program for a client, until the test is over. */
const connect = async (client: Client | FirstLineClient, cwd: string) => {
  const options = { command: process.execPath, args: [TestProgram.program], cwd }
  onTestFinished(() => client.close())
  // As: the lines of the SDK spell the same interface apart.
  await (client instanceof Client
    ? client.connect(new StdioClientTransport(options))
    : client.connect(new FirstLineStdio(options) as never))
}

const nodes = [
  ["the machine's own, older Node", olderNode],
  ["a recent Node", process.execPath]
] as const

describe.each(nodes)("foreman-mcp on %s", (_, node) => {
  it.skipIf(node === undefined)("keeps in its file what it was told, across starts", async () => {
    const cwd = folder()
    const options = { cwd, ...(node === undefined ? {} : { node }) }
    const first = start(options)
    assert.deepInclude(await first.initialize(), {
      serverInfo: { name: "foreman", version: "0.1.0" }
    })
    assert.lengthOf((await first.ask("tools/list")).result.tools, toolCount)
    const org = await first.call("create_org", { name: "Acme", slug: "acme" })
    assert.deepInclude(await first.end(), { code: 0, signal: null, log: "" })

    const second = start(options)
    await second.initialize()
    assert.deepStrictEqual((await second.call("list_orgs")).items, [org])
    const again = await second.call("create_org", { name: "Acme", slug: "acme" })
    assert.strictEqual(again.code, "SlugTaken")
    assert.strictEqual((await second.end()).code, 0)
  })

  it.skipIf(node === undefined)(
    "writes nothing but the protocol, and answers before it ends",
    async () => {
      const { ask, call, closed, initialize, input } = start({
        cwd: folder(),
        ...(node === undefined ? {} : { node })
      })
      await initialize()
      await call("ping")
      input.write("this is no message\n")
      void ask("tools/list")
      void ask("tools/call", { name: "create_org", arguments: { name: "Acme", slug: "acme" } })
      input.end()
      const { code, lines, log } = await closed
      assert.strictEqual(code, 0)
      const messages = lines.map((line) => JSON.parse(line))
      for (const { jsonrpc } of messages) assert.strictEqual(jsonrpc, "2.0")
      assert.sameMembers(
        messages.map(({ id }) => id),
        [1, 2, 3, 4]
      )
      assert.deepInclude(messages.find(({ id }) => id === 4).result.structuredContent, {
        slug: "acme"
      })
      assert.include(log, "A line is not a JSON-RPC message")
    }
  )
})

describe("foreman-mcp", () => {
  it.each(clients)("answers each tool to %s", async (_, revision, makeClient) => {
    const client = makeClient()
    await connect(client, folder())
    if (client instanceof Client) {
      assert.strictEqual(client.getNegotiatedProtocolVersion(), revision)
    }
    const call = caller(client)
    assert.includeMembers(Object.keys(contract), await walk(call))
    const refused = await call("create_org", { name: "Acme", slug: "acme" })
    assert.deepInclude(refused.data, { code: "SlugTaken", slug: "acme" })
  })

  it.each(clients)("puts a question to the person at %s", async (_1, _2, makeClient) => {
    const client = makeClient({ capabilities: { elicitation: { form: {} } } })
    const asked = person(client, () => ({ action: "accept", content: { answer: "green" } }))
    await connect(client, folder())
    const call = caller(client)
    const { data } = await call("ask_human", await question(call))
    assert.lengthOf(asked, 1)
    assert.deepInclude(data, { response: "green", responded_by: "operator via test" })
  })

  it("shares its file with another process of its kind", async () => {
    const cwd = folder()
    const [one, other] = [start({ cwd }), start({ cwd })]
    await Promise.all([one.initialize(), other.initialize()])
    const created = await Promise.all(
      [one, other, one, other].map(({ call }, at) =>
        call("create_org", { name: `Org ${at}`, slug: `org-${at}` })
      )
    )
    const known = await Promise.all([one.call("list_orgs"), other.call("list_orgs")])
    assert.deepStrictEqual(known[0].items, created)
    assert.deepStrictEqual(known[1], known[0])
    const [same, taken] = await Promise.all(
      [one, other].map(({ call }) => call("create_org", { name: "Same", slug: "same" }))
    )
    assert.sameMembers([same.code ?? same.slug, taken.code ?? taken.slug], ["same", "SlugTaken"])
    const ends = await Promise.all([one.end(), other.end()])
    for (const { code } of ends) assert.strictEqual(code, 0)
  })

  it("puts its file where it is told to", async () => {
    const cwd = folder()
    const FOREMAN_DB_PATH = join(cwd, "else/where.db")
    const { call, end, initialize } = start({ cwd, environment: { FOREMAN_DB_PATH } })
    await initialize()
    await call("ping")
    await end()
    assert.isTrue(existsSync(FOREMAN_DB_PATH))
    assert.isFalse(existsSync(join(cwd, ".foreman")))
  })

  it("answers that its file does not open, and lives on", async () => {
    const cwd = folder()
    writeFileSync(join(cwd, "file"), "no folder")
    const FOREMAN_DB_PATH = join(cwd, "file/foreman.db")
    const { ask, call, end, initialize } = start({ cwd, environment: { FOREMAN_DB_PATH } })
    await initialize()
    for (const _ of [1, 2]) {
      const refusal = await call("ping")
      assert.deepInclude(refusal, { code: "StoreUnavailable", retryable: true })
      assert.include(refusal.detail, FOREMAN_DB_PATH)
    }
    assert.lengthOf((await ask("tools/list")).result.tools, toolCount)
    assert.strictEqual((await end()).code, 0)
  })

  it("answers that the server it is to ask does not, and keeps no file", async () => {
    const [cwd, FOREMAN_API_URL] = [folder(), "http://127.0.0.1:2"]
    const { call, end, initialize } = start({ cwd, environment: { FOREMAN_API_URL } })
    await initialize()
    const refusal = await call("list_orgs")
    assert.deepInclude(refusal, { code: "ServerUnreachable", url: FOREMAN_API_URL })
    assert.include(refusal.detail, "ECONNREFUSED")
    assert.deepInclude(await end(), { code: 0, log: "" })
    assert.deepStrictEqual(readdirSync(cwd), [])
  })

  it("serves the small set of a role", async () => {
    const { ask, call, end, initialize } = start({
      cwd: folder(),
      flags: ["--role", "engineer"]
    })
    await initialize()
    assert.lengthOf((await ask("tools/list")).result.tools, 8)
    const { error } = await ask("tools/call", { name: "create_org", arguments: {} })
    assert.deepInclude(error, { code: -32602, message: "Unknown tool: create_org" })
    assert.strictEqual((await call("get_task", { task_id: 1 })).code, "TaskNotFound")
    await end()
  })

  it("ends well at SIGTERM, and at SIGINT", async () => {
    const [one, other] = [start({ cwd: folder() }), start({ cwd: folder() })]
    await Promise.all([one.initialize(), other.initialize()])
    await one.call("create_org", { name: "Acme", slug: "acme" })
    one.child.kill("SIGTERM")
    other.child.kill("SIGINT")
    for (const end of await Promise.all([one.closed, other.closed])) {
      assert.deepInclude(end, { code: 0, signal: null, log: "" })
    }
  })

  it("ends when what started it is killed, though its stream goes on", async () => {
    const feeder = spawn("cat", { stdio: ["pipe", "pipe", "ignore"] })
    onTestFinished(() => void feeder.kill("SIGKILL"))
    const { call, child, closed, initialize } = start({ cwd: folder(), feeder })
    await initialize()
    await call("ping")
    child.kill("SIGKILL")
    // Its stdout closes only when all that hold it are gone.
    assert.strictEqual((await closed).signal, "SIGKILL")
    assert.isNull(feeder.exitCode)
  })

  it.each([
    [["--role", "king"], {}, "--role is manager, engineer, reviewer, not king"],
    [[], { FOREMAN_DBPATH: "x" }, "FOREMAN_DBPATH is not a setting of Foreman"]
  ])("refuses to start with %j and %j, in a sentence", async (flags, environment, sentence) => {
    const { closed } = start({ cwd: folder(), flags, environment })
    const { code, lines, log } = await closed
    assert.deepStrictEqual([code, lines, log], [2, [], `foreman-mcp: ${sentence}\n`])
  })

  it.skipIf(olderNode === undefined)("says so when it finds no Node that it can use", async () => {
    const cwd = folder()
    const program = join(cwd, "bin/foreman-mcp.js")
    mkdirSync(join(cwd, "bin"))
    writeFileSync(join(cwd, "package.json"), `{"type": "module"}`)
    copyFileSync(TestProgram.program, program)
    copyFileSync(join(dirname(TestProgram.program), "start.js"), join(cwd, "bin/start.js"))
    const { closed } = start({
      cwd,
      program,
      ...(olderNode === undefined ? {} : { node: olderNode })
    })
    const { code, lines, log } = await closed
    assert.deepStrictEqual([code, lines], [1, []])
    assert.match(log, /^foreman-mcp needs Node 22\.19 or newer; this is 2[01]\./)
  })
})
