import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { start, type TestServer } from "./TestServer.ts"

let server: TestServer
let teamId: string
let agentId: string

const get = (path: string) => server.request("GET", `/api/v1${path}`)
const post = (path: string, body: unknown) => server.request("POST", `/api/v1${path}`, body)

beforeAll(async () => {
  server = await start()
  const orgId = (await post("/orgs", { name: "Acme", slug: "acme" })).body.id
  teamId = (await post(`/orgs/${orgId}/teams`, { name: "Web", slug: "web" })).body.id
  agentId = (await post(`/teams/${teamId}/agents`, { name: "ada" })).body.id
})

afterAll(() => server.close())

const ask = (changes: object = {}) =>
  post("/human-requests", {
    team_id: teamId,
    agent_id: agentId,
    kind: "question",
    question: "Which colour?",
    ...changes
  })

describe("human requests", () => {
  it("are asked with what the contract gives them", async () => {
    const { body, status } = await ask({ options: ["red"], timeout_minutes: 5 })
    assert.strictEqual(status, 201)
    const promised =
      "id team_id agent_id task_id kind question options status response responded_by timeout_at " +
      "created_at resolved_at"
    // Beside the contract: which run asked, and why nobody answered.
    assert.hasAllKeys(body, [...promised.split(" "), "run_id", "reason"])
    assert.deepInclude(body, { status: "pending", options: ["red"], task_id: null, response: null })
    assert.match(body.timeout_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    assert.deepStrictEqual((await get(`/human-requests/${body.id}`)).body, body)
  })

  it("are answered once, and say so to whoever comes later", async () => {
    const { id } = (await ask()).body
    const path = `/human-requests/${id}/respond`
    const { body, status } = await post(path, { response: "blue" })
    assert.deepStrictEqual([status, body.status, body.response], [200, "resolved", "blue"])
    assert.deepStrictEqual((await post(path, { response: "blue" })).body, body)
    const late = await post(path, { response: "red" })
    assert.strictEqual(late.status, 409)
    assert.deepStrictEqual(late.body, {
      detail: `Human request ${id} is already resolved`,
      code: "HumanRequestIsOver",
      request_id: id,
      status: "resolved"
    })
    const waited = await get(`/human-requests/${id}?wait=true`)
    assert.deepStrictEqual(waited.body, body)
  })

  it("are waited for, and told as soon as they are answered", async () => {
    const { id } = (await ask()).body
    const waiting = get(`/human-requests/${id}?wait=true`)
    await post(`/human-requests/${id}/respond`, { response: "green" })
    assert.deepInclude((await waiting).body, { status: "resolved", response: "green" })
  })

  it("stand in the lists of their team, newest first, by status, agent and task", async () => {
    const { id } = (await ask()).body
    const { body: pending } = await get(`/teams/${teamId}/pending-requests`)
    assert.strictEqual(pending[0].id, id)
    assert.isTrue(pending.every(({ status }: { status: string }) => status === "pending"))
    const list = `/teams/${teamId}/human-requests`
    const { body: all } = await get(list)
    assert.isAbove(all.length, pending.length)
    assert.deepStrictEqual((await get(`${list}?status=pending`)).body, pending)
    const mine = await get(`${list}?status=pending&agent_id=${agentId}&limit=1`)
    assert.deepStrictEqual(mine.body, [pending[0]])
    assert.match(String(mine.headers["link"]), /rel="next"/)
    assert.deepStrictEqual((await get(`${list}?task_id=1`)).body, [])
  })

  it("are refused where they are nothing, or for nobody", async () => {
    for (const [changes, place] of [
      [{ question: " " }, "body.question"],
      [{ kind: "banana" }, "body.kind"],
      [{ options: ["a", "a"] }, "body.options"]
    ] as const) {
      const { body, status } = await ask(changes)
      assert.deepStrictEqual([status, body.detail[0].loc.join(".")], [422, place])
    }
    const unknown = await get("/human-requests/999999")
    assert.deepStrictEqual([unknown.status, unknown.body.detail], [404, "Human request not found"])
  })
})
