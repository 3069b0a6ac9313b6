import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { start, type TestServer } from "./TestServer.ts"

let server: TestServer
let teamId: string

const get = (path: string, headers = {}) =>
  server.request("GET", `/api/v1${path}`, undefined, headers)
const post = (path: string, body: unknown, headers = {}) =>
  server.request("POST", `/api/v1${path}`, body, headers)

beforeAll(async () => {
  server = await start()
  const { body: org } = await post("/orgs", { name: "Acme", slug: "acme" })
  teamId = (await post(`/orgs/${org.id}/teams`, { name: "Web", slug: "web" })).body.id
})

afterAll(() => server.close())

const tasks = () => `/teams/${teamId}/tasks`
const dry = { "foreman-dry-run": "true" }

describe("a request for a dry run", () => {
  it("is answered with what would be written, by header and by query alike", async () => {
    const wish = { title: "Fix login" }
    for (const answer of [
      await post(tasks(), wish, { "Foreman-Dry-Run": "true" }),
      await post(`${tasks()}?dry_run=true`, wish),
      await post(`${tasks()}?dry_run=true`, wish, { "foreman-dry-run": "false" })
    ]) {
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.headers["foreman-dry-run"], "true")
      assert.deepInclude(answer.body, { dry_run: true, more: false })
      assert.strictEqual(answer.body.events[0].type, "task.created")
      assert.strictEqual(answer.body.answer.title, "Fix login")
    }
    assert.deepStrictEqual((await get(tasks())).body, [])
  })

  it("is refused as the command is, in the same envelope", async () => {
    const taken = await post("/orgs", { name: "Acme", slug: "acme" }, dry)
    assert.deepStrictEqual([taken.status, taken.body.code], [409, "SlugTaken"])
    const wrong = await post("/orgs", { name: "" }, dry)
    assert.strictEqual(wrong.status, 422)
    const unknown = await server.request(
      "POST",
      `/api/v1${tasks()}`,
      { title: "T" },
      {
        ...dry,
        authorization: "Bearer fmn_op_another"
      }
    )
    assert.strictEqual(unknown.status, 401)
  })

  it("is refused when it says neither true nor false, and nothing is done", async () => {
    for (const [path, headers, place] of [
      [tasks(), { "foreman-dry-run": "yes" }, ["header", "foreman-dry-run"]],
      [tasks(), { "foreman-dry-run": "" }, ["header", "foreman-dry-run"]],
      [`${tasks()}?dry_run=1`, {}, ["query", "dry_run"]],
      [`${tasks()}?dry_run=true&dry_run=no`, {}, ["query", "dry_run"]]
    ] as const) {
      const { body, status } = await post(path, { title: "T" }, headers)
      assert.strictEqual(status, 422)
      assert.deepStrictEqual(body.detail[0].loc, place)
    }
    assert.deepStrictEqual((await get(tasks())).body, [])
  })

  it("keeps nothing under its key, and shows nothing more once the command has been done", async () => {
    const key = { "idempotency-key": "once" }
    const wish = { title: "Once" }
    const first = await post(tasks(), wish, { ...key, ...dry })
    assert.lengthOf(first.body.events, 1)
    const made = await post(tasks(), wish, key)
    assert.strictEqual(made.status, 201)
    const again = await post(tasks(), wish, { ...key, ...dry })
    assert.deepStrictEqual(again.body, {
      dry_run: true,
      events: [],
      more: false,
      answer: made.body
    })
  })

  it("makes no difference to a request that only reads", async () => {
    const plain = await get(tasks())
    for (const [path, headers] of [
      [tasks(), dry],
      [`${tasks()}?dry_run=true`, {}],
      [tasks(), { "foreman-dry-run": "yes" }]
    ] as const) {
      const { body, headers: answered, status } = await get(path, headers)
      assert.deepStrictEqual([status, body], [200, plain.body])
      assert.notProperty(answered, "foreman-dry-run")
    }
  })
})
