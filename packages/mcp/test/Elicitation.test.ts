import { assert, describe, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/client"
import { Effect } from "effect"
import { once } from "node:events"
import * as Elicitation from "../src/Elicitation.ts"
import { person, question, type Reply } from "./people.ts"
import * as TestHttp from "./TestHttp.ts"
import { caller, identity } from "./TestMcp.ts"

const capabilities = { elicitation: { form: {} } }

const nobody = "00000000-0000-7000-8000-000000000003"

/** The rest of a request that waits. */
const pending = {
  id: 7,
  task_id: null,
  run_id: null,
  options: [],
  status: "pending",
  reason: null,
  response: null,
  responded_by: null,
  timeout_at: null,
  created_at: "2026-01-01T00:00:00.000000Z",
  resolved_at: null
}

const accept = (answer: string) => (): Reply => ({ action: "accept", content: { answer } })

describe.each(TestHttp.clients)("asking a person through %s", (_, revision, makeClient) => {
  const open = async (
    reply: Parameters<typeof person>[1],
    options: Elicitation.Options = {},
    makeOptions: Parameters<typeof makeClient>[0] = { capabilities }
  ) => {
    const server = await TestHttp.start({ elicitation: options })
    const client = makeClient(makeOptions)
    const asked = makeOptions.capabilities === undefined ? [] : person(client, reply)
    await server.connect(client)
    const call = caller(client)
    return { ...server, asked, call, input: await question(call) }
  }

  it("records their answer, of a request that was kept before they were asked", async () => {
    let kept: unknown
    const { asked, call, get, input } = await open(async () => {
      kept = await get("/api/v1/human-requests/1")
      return accept("green")()
    })
    const { data } = await call("ask_human", input)
    assert.deepInclude(kept, { status: "pending", question: "Which colour?" })
    assert.deepInclude(data, {
      id: 1,
      status: "resolved",
      response: "green",
      responded_by: "operator via test"
    })
    assert.deepStrictEqual(data, await get("/api/v1/human-requests/1"))
    assert.lengthOf(asked, 1)
    assert.include(asked[0]?.message, "Which colour?")
    assert.deepNestedInclude(asked[0]?.requestedSchema, {
      "properties.answer.enum": ["red", "green"]
    })
  })

  it("takes an answer in their own words where there are no options", async () => {
    const { call, input } = await open(accept("a light blue"))
    const { data } = await call("ask_human", { ...input, options: [], wait: true })
    assert.deepInclude(data, { status: "resolved", response: "a light blue" })
  })

  it.each(["decline", "cancel"] as const)("keeps the request when they %s", async (action) => {
    const { asked, call, input } = await open(() => ({ action }))
    const { data } = await call("ask_human", { ...input, wait: true })
    assert.deepInclude(data, { id: 1, status: "pending", response: null })
    assert.lengthOf(asked, 1)
  })

  it("keeps the request when the answer is none of its options", async () => {
    const { call, input } = await open(accept("blue"))
    const { data } = await call("ask_human", input)
    assert.deepInclude(data, { id: 1, status: "pending" })
  })

  it("keeps the request where the client cannot ask", async () => {
    const { call, input } = await open(accept("green"), {}, {})
    const { data } = await call("ask_human", input)
    assert.deepInclude(data, { id: 1, status: "pending" })
  })

  it("lets the first answer stand when somebody else was faster", async () => {
    const { call, input, url } = await open(async (_, signal) => {
      const answered = await fetch(`${url}/api/v1/human-requests/1/respond`, {
        method: "POST",
        body: JSON.stringify({ response: "red" }),
        headers: {
          authorization: `Bearer ${TestHttp.token}`,
          "content-type": "application/json"
        }
      })
      assert.strictEqual(answered.status, 200)
      // A form that nobody fills in any more is taken back, where servers can.
      if (revision !== "2026-07-28" && !signal.aborted) {
        await once(signal, "abort")
      }
      return accept("green")()
    })
    const { data } = await call("ask_human", input)
    assert.deepInclude(data, { status: "resolved", response: "red", responded_by: "operator" })
  })

  it("asks nobody through the client of a run", async () => {
    const asking = { team_id: nobody, agent_id: nobody, kind: "question", question: "Which?" }
    const server = await TestHttp.start({}, (name) =>
      name === "ask_human" ? Effect.succeed({ ...pending, ...asking }) : undefined
    )
    const client = makeClient({ capabilities })
    const asked = person(client, accept("green"))
    await server.connect(client, TestHttp.runToken)
    const { data } = await caller(client)("ask_human", asking)
    assert.deepInclude(data, { id: 7, status: "pending" })
    assert.lengthOf(asked, 0)
  })
})

describe("asking a person", () => {
  it("waits no longer than it was told to", async () => {
    const { connect } = await TestHttp.start({ elicitation: { waitMillis: 30 } })
    const client = new Client(identity, { capabilities })
    person(
      client,
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true })
        })
    )
    await connect(client)
    const call = caller(client)
    const { data } = await call("ask_human", await question(call))
    assert.deepInclude(data, { id: 1, status: "pending" })
  })

  it("waits for nobody any longer when the client goes away, and keeps the request", async () => {
    const { promise: isAsked, resolve: askedNow } = Promise.withResolvers<void>()
    const { promise: isOver, resolve: over } = Promise.withResolvers<void>()
    const { connect, get } = await TestHttp.start({}, (name, input) =>
      name === "get_human_request" && Object(input).wait === true
        ? Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(over)))
        : undefined
    )
    const client = new Client(identity, { capabilities })
    person(client, () => {
      askedNow()
      return Promise.withResolvers<Reply>().promise
    })
    await connect(client)
    const call = caller(client)
    const lost = call("ask_human", await question(call))
    lost.catch(() => undefined)
    await isAsked
    await client.close()
    await isOver
    const kept = await get("/api/v1/human-requests/1")
    assert.deepInclude(kept, { status: "pending" })
  })

  it("believes no state that it has not signed, and asks again where the answer is missing", async () => {
    const { connect, post } = await TestHttp.start()
    const client = new Client(identity)
    await connect(client)
    const input = await question(caller(client))
    const ask = async (more: object) => {
      const { headers, message } = TestHttp.modern("tools/call", {
        name: "ask_human",
        arguments: input,
        ...more
      })
      Object.assign(message.params._meta, {
        "io.modelcontextprotocol/clientCapabilities": capabilities
      })
      return (await post(message, headers)).json()
    }
    const { result: first } = await ask({})
    assert.strictEqual(first.resultType, "input_required")
    assert.strictEqual(first.inputRequests.answer.method, "elicitation/create")
    const requestState = String(first.requestState)
    const { result: again } = await ask({ requestState })
    assert.strictEqual(again.resultType, "input_required")
    const inputResponses = { answer: { action: "accept", content: { answer: "red" } } }
    const tampered = `${requestState.slice(0, -4)}AAAA`
    const refused = await ask({ requestState: tampered, inputResponses })
    assert.deepInclude(refused.error, { code: -32_602 })
    const { result: last } = await ask({ requestState, inputResponses })
    assert.deepInclude(last.structuredContent, { id: 1, status: "resolved", response: "red" })
    const { result: repeated } = await ask({ requestState, inputResponses })
    assert.deepStrictEqual(repeated.structuredContent, last.structuredContent)
  })

  it("shows forms to who says no more than that it elicits, and not to who opens addresses only", () => {
    assert.isTrue(Elicitation.takesForms({ elicitation: {} }))
    assert.isTrue(Elicitation.takesForms(capabilities))
    assert.isFalse(Elicitation.takesForms({ elicitation: { url: {} } }))
    assert.isFalse(Elicitation.takesForms({}))
    assert.isFalse(Elicitation.takesForms(undefined))
  })
})
