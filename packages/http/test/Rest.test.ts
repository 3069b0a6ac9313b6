import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { start, type TestServer } from "./TestServer.ts"

let server: TestServer
let orgId: string
let teamId: string
let agentId: string

const uuid = "01900000-0000-7000-8000-000000000000"
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

const get = (path: string) => server.request("GET", `/api/v1${path}`)
const post = (path: string, body: unknown) => server.request("POST", `/api/v1${path}`, body)

beforeAll(async () => {
  server = await start()
  orgId = (await post("/orgs", { name: "Acme", slug: "acme" })).body.id
  teamId = (await post(`/orgs/${orgId}/teams`, { name: "Web", slug: "web" })).body.id
  agentId = (await post(`/teams/${teamId}/agents`, { name: "ada" })).body.id
})

afterAll(() => server.close())

const refused = async (
  answer: ReturnType<typeof get>,
  status: number,
  code: string,
  detail?: string
) => {
  const { body, status: actual } = await answer
  assert.deepStrictEqual([actual, body.code], [status, code])
  if (detail !== undefined) assert.strictEqual(body.detail, detail)
}

/** A refused input: a list with the place of every wrong field. */
const invalid = async (answer: ReturnType<typeof get>, ...places: ReadonlyArray<string>) => {
  const { body, status } = await answer
  assert.deepStrictEqual([status, body.code], [422, "InvalidInput"])
  assert.deepStrictEqual(
    body.detail.map(({ loc }: { loc: ReadonlyArray<string> }) => loc.join(".")),
    places
  )
}

describe("organizations", () => {
  it("are created, and listed by name", async () => {
    const { body, status } = await post("/orgs", { name: "Aaa", slug: "aaa", colour: "red" })
    assert.strictEqual(status, 201)
    assert.hasAllKeys(body, ["id", "name", "slug", "is_paused", "created_at"])
    assert.match(body.created_at, instant)
    const listed = await get("/orgs")
    assert.strictEqual(listed.status, 200)
    assert.deepStrictEqual(
      listed.body.map(({ name }: { name: string }) => name),
      ["Aaa", "Acme"]
    )
  })

  it("are refused with a wrong name or slug, or a slug that is taken", async () => {
    await invalid(post("/orgs", { name: "", slug: "A b" }), "body.name", "body.slug")
    await invalid(
      post("/orgs", { name: "x".repeat(101), slug: "x".repeat(101) }),
      "body.name",
      "body.slug"
    )
    await invalid(post("/orgs", {}), "body.name", "body.slug")
    await refused(post("/orgs", { name: "Acme", slug: "acme" }), 409, "SlugTaken")
  })
})

describe("teams", () => {
  it("are created with their manager, listed and shown with what belongs to them", async () => {
    const { body, status } = await post(`/orgs/${orgId}/teams`, { name: "Core", slug: "core" })
    assert.strictEqual(status, 201)
    assert.containsAllKeys(body, ["id", "org_id", "name", "slug", "created_at"])
    const listed = await get(`/orgs/${orgId}/teams`)
    assert.deepStrictEqual(
      listed.body.map(({ name }: { name: string }) => name),
      ["Core", "Web"]
    )
    const shown = await get(`/teams/${body.id}`)
    assert.deepInclude(shown.body, body)
    assert.deepInclude(shown.body.agents[0], { name: "manager", role: "manager", status: "idle" })
    assert.deepStrictEqual(shown.body.repositories, [])
  })

  it("are refused where they have no place, and are none where nobody has any", async () => {
    const wanted = { name: "Web", slug: "web" }
    await refused(post(`/orgs/${orgId}/teams`, wanted), 409, "SlugTaken")
    await refused(post(`/orgs/${uuid}/teams`, wanted), 404, "OrganizationNotFound")
    await refused(get(`/teams/${uuid}`), 404, "TeamNotFound", "Team not found")
    await invalid(get("/orgs/nobody/teams"), "path.org_id")
    const { body, status } = await get(`/orgs/${uuid}/teams`)
    assert.deepStrictEqual([status, body], [200, []])
  })
})

describe("agents", () => {
  it("are created with what the contract gives them, and listed by name", async () => {
    const { body, status } = await post(`/teams/${teamId}/agents`, { name: "grace" })
    assert.strictEqual(status, 201)
    assert.hasAllKeys(body, [
      "id",
      "team_id",
      "name",
      "role",
      "model",
      "config",
      "status",
      "created_at"
    ])
    assert.deepInclude(body, {
      team_id: teamId,
      name: "grace",
      role: "engineer",
      model: "claude-sonnet-4-20250514",
      config: {},
      status: "idle"
    })
    const { body: agents } = await get(`/teams/${teamId}/agents`)
    assert.deepStrictEqual(
      agents.map(({ name }: { name: string }) => name),
      ["ada", "grace", "manager"]
    )
  })

  it("are refused with an unknown role, a taken name or in an unknown team", async () => {
    await invalid(post(`/teams/${teamId}/agents`, { name: "x", role: "boss" }), "body.role")
    await refused(post(`/teams/${teamId}/agents`, { name: "ada" }), 409, "NameTaken")
    await refused(post(`/teams/${uuid}/agents`, { name: "x" }), 404, "TeamNotFound")
  })
})

describe("repositories", () => {
  it("are registered and listed by name", async () => {
    const { body, status } = await post(`/teams/${teamId}/repos`, {
      name: "r",
      local_path: "/srv/r"
    })
    assert.strictEqual(status, 201)
    assert.hasAllKeys(body, [
      "id",
      "team_id",
      "name",
      "local_path",
      "default_branch",
      "config",
      "created_at"
    ])
    assert.deepInclude(body, { local_path: "/srv/r", default_branch: "main", config: {} })
    assert.deepStrictEqual((await get(`/teams/${teamId}/repos`)).body, [body])
  })

  it("are refused without a path, with a taken name or in an unknown team", async () => {
    await invalid(post(`/teams/${teamId}/repos`, { name: "x", local_path: "" }), "body.local_path")
    const again = { name: "r", local_path: "/srv/other" }
    await refused(post(`/teams/${teamId}/repos`, again), 409, "NameTaken")
    await refused(post(`/teams/${uuid}/repos`, again), 404, "TeamNotFound")
  })

  it("are refused with a reference for a branch, and told its short name", async () => {
    const wanted = { name: "s", local_path: "/srv/s", default_branch: "refs/heads/main" }
    const { body } = await post(`/teams/${teamId}/repos`, wanted)
    assert.deepInclude(body.detail[0], {
      loc: ["body", "default_branch"],
      msg: "Expected the short name of a branch: main"
    })
    for (const name of ["refs/remotes/origin/main", "refs/tags/v1"]) {
      const wish = { ...wanted, default_branch: name }
      await invalid(post(`/teams/${teamId}/repos`, wish), "body.default_branch")
    }
    const { status } = await post(`/teams/${teamId}/repos`, { ...wanted, default_branch: "refs" })
    assert.strictEqual(status, 201)
  })
})

describe("messages", () => {
  it("are sent and stand in their recipient's inbox, newest first", async () => {
    const { body: other } = await post(`/teams/${teamId}/agents`, { name: "edsger" })
    const message = (content: string) => ({
      sender_id: agentId,
      sender_type: "agent",
      recipient_id: other.id,
      recipient_type: "agent",
      content
    })
    const { body, status } = await post(`/teams/${teamId}/messages`, message("Hello"))
    assert.strictEqual(status, 201)
    assert.containsAllKeys(body, ["id", "delivered_at", "seen_at", "processed_at", "created_at"])
    await post(`/teams/${teamId}/messages`, message("Again"))
    const inbox = await get(`/agents/${other.id}/inbox?unprocessed_only=true&limit=50`)
    assert.deepStrictEqual(
      inbox.body.map(({ content }: { content: string }) => content),
      ["Again", "Hello"]
    )
    await invalid(post(`/teams/${teamId}/messages`, message("")), "body.content")
    await refused(
      post(`/teams/${teamId}/messages`, { ...message("x"), task_id: 999_999 }),
      404,
      "TaskNotFound"
    )
    await refused(post(`/teams/${uuid}/messages`, message("x")), 404, "TeamNotFound")
    await invalid(get(`/agents/${other.id}/inbox?limit=201`), "query.limit")
    await invalid(get(`/agents/${other.id}/inbox?unprocessed_only=maybe`), "query.unprocessed_only")
  })
})

describe("every operation", () => {
  it("takes ids in either case, in the path and in the body", async () => {
    const capitals = teamId.toUpperCase()
    assert.notStrictEqual(capitals, teamId)
    assert.strictEqual((await get(`/teams/${capitals}`)).body.id, teamId)
    const wanted = { title: "Capitals", assignee_id: agentId.toUpperCase() }
    const { body, status } = await post(`/teams/${capitals}/tasks`, wanted)
    assert.strictEqual(status, 201)
    assert.deepInclude(body, { team_id: teamId, assignee_id: agentId })
  })

  it("takes an idempotency key: the same answer again, and nothing is done twice", async () => {
    const send = (title: string, key: string) =>
      server.request("POST", `/api/v1/teams/${teamId}/tasks`, { title }, { "idempotency-key": key })
    const first = await send("Once", "k-1")
    assert.deepStrictEqual((await send("Once", "k-1")).body, first.body)
    await refused(send("Other", "k-1"), 409, "IdempotencyKeyReused")
    await invalid(send("Once", "x".repeat(256)), "header.idempotency-key")
  })

  it("leaves the id of its request in the events that come of it", async () => {
    const path = `/api/v1/teams/${teamId}/tasks`
    const { body } = await server.request("POST", path, { title: "x" }, { "x-request-id": "mine" })
    const [event] = (await get(`/tasks/${body.id}/events`)).body
    assert.strictEqual(event.metadata.correlation_id, "mine")
  })

  it("does not let a body overrule the path", async () => {
    const { body } = await post(`/teams/${teamId}/tasks`, { title: "Mine", team_id: uuid })
    assert.strictEqual(body.team_id, teamId)
  })

  it("gives back a wrong value where it is short", async () => {
    const { body } = await post("/orgs", { name: "", slug: "A".repeat(300) })
    assert.strictEqual(body.detail[0].input, "")
    assert.notProperty(body.detail[1], "input")
    assert.strictEqual((await post("/orgs", {})).body.detail[0].type, "missing")
  })
})
