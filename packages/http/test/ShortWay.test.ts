import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { onTestFinished } from "vitest"
import { foremanWith, start, type TestServer } from "./TestServer.ts"

let server: TestServer
let orgId: string
let teamId: string

const uuid = "01900000-0000-7000-8000-000000000000"

beforeAll(async () => {
  server = await start()
  const post = async (path: string, body: unknown) =>
    (await server.request("POST", `/api/v1${path}`, body)).body.id
  orgId = await post("/orgs", { name: "Acme", slug: "acme" })
  teamId = await post(`/orgs/${orgId}/teams`, { name: "Web", slug: "web" })
  for (const title of ["One", "Two", "Über “drei”"]) {
    await post(`/teams/${teamId}/tasks`, { title, description: "…" })
  }
})

afterAll(() => server.close())

type Headers = Readonly<Record<string, string>>

/** A request that says that its body is empty goes the long way. */
const bothWays = async (path: string, headers: Headers = {}) => {
  const given = { "x-request-id": "one", ...headers }
  const [short, long] = await Promise.all([
    server.request("GET", path, undefined, given),
    server.request("GET", path, undefined, { ...given, "content-length": "0" })
  ])
  const seen = ({ headers, status, text }: typeof short) => {
    const told = Object.entries(headers).filter(([name]) => name !== "date")
    const sorted = told.toSorted(([a], [b]) => (a < b ? -1 : 1))
    return { status, text, headers: Object.fromEntries(sorted) }
  }
  return { short: seen(short), long: seen(long) }
}

const paths = () => [
  "/health",
  "/api/v1/orgs",
  "/api/v1/orgs?limit=1",
  "/api/v1/orgs?limit=none",
  `/api/v1/orgs/${orgId}/teams`,
  "/api/v1/orgs/nobody/teams",
  `/api/v1/teams/${teamId}`,
  `/api/v1/teams/${teamId.toUpperCase()}`,
  `/api/v1/teams/${uuid}`,
  `/api/v1/teams/${teamId}/tasks`,
  `/api/v1/teams/${teamId}/tasks?limit=2`,
  `/api/v1/teams/${teamId}/tasks?limit=2&offset=1&status=todo`,
  `/api/v1/teams/${teamId}/tasks?status=todo&status=done`,
  `/api/v1/teams/${teamId}/tasks?__proto__=1&constructor=2`,
  `/api/v1/teams/${teamId}/tasks?%E2%82%AC=%zz`,
  `/api/v1/teams/${teamId}/tasks?`,
  "/api/v1/tasks/1",
  "/api/v1/tasks/1?unknown=1",
  "/api/v1/tasks/1?task_id=2",
  "/api/v1/tasks/999",
  "/api/v1/tasks/none",
  "/api/v1/tasks/%31",
  "/api/v1/tasks/1;2",
  "/api/v1/tasks/1/",
  "/api/v1/tasks//",
  "/api/v1//tasks/1",
  "/API/v1/tasks/1",
  `/api/v1/tasks/${"1".repeat(201)}`,
  "/api/v1/tasks/1/events",
  "/api/v1/nothing",
  "/"
]

describe("the short way of a request that reads", () => {
  it("answers what the long way answers, to the last header", async () => {
    for (const path of paths()) {
      const { long, short } = await bothWays(path)
      assert.deepStrictEqual(short, long, path)
    }
  })

  it("lets nobody in whom the long way keeps out", async () => {
    const path = "/api/v1/tasks/1"
    const kept: ReadonlyArray<Headers> = [
      { authorization: "Bearer wrong" },
      { authorization: "" },
      { authorization: "", "x-api-key": "" },
      { host: "evil.test" },
      { origin: "http://evil.test" },
      { "sec-fetch-site": "cross-site", origin: "null" },
      { "idempotency-key": "no spaces" },
      { "idempotency-key": "" },
      { upgrade: "websocket", connection: "upgrade" },
      { "x-request-id": "not\tproper" }
    ]
    for (const headers of kept) {
      const { long, short } = await bothWays(path, headers)
      const isProper = headers["x-request-id"] === undefined
      const without = ({ headers: { "x-request-id": id, ...rest }, ...seen }: typeof short) => ({
        ...seen,
        rest,
        hasId: id !== undefined
      })
      assert.deepStrictEqual(
        isProper ? short : without(short),
        isProper ? long : without(long),
        JSON.stringify(headers)
      )
    }
  })

  it("answers many requests on one connection, in their order", async () => {
    const head = `Host: localhost\r\nAuthorization: Bearer fmn_op_the_token_of_the_operator\r\n`
    const requests = [1, 2, 3].map((id) => `GET /api/v1/tasks/${id} HTTP/1.1\r\n${head}\r\n`)
    const last = `GET /api/v1/tasks/9 HTTP/1.1\r\n${head}Connection: close\r\n\r\n`
    const text = await server.raw([...requests, last].join(""))
    assert.deepStrictEqual(
      [...text.matchAll(/"id":(\d)|"TaskNotFound"/g)].map(([found]) => found),
      ['"id":1', '"id":2', '"id":3', '"TaskNotFound"']
    )
  })

  it("ends what is made for a caller who hangs up", async () => {
    const ended = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const invoke = () =>
      Effect.callback<never>(() => {
        begun.resolve()
        return Effect.sync(() => ended.resolve())
      })
    const slow = await start({}, foremanWith({ invoke }))
    onTestFinished(() => slow.close())
    const socket = await slow.socket()
    socket.write(
      "GET /api/v1/tasks/1 HTTP/1.1\r\nHost: localhost\r\n" +
        "Authorization: Bearer fmn_op_the_token_of_the_operator\r\n\r\n"
    )
    await begun.promise
    socket.destroy()
    await ended.promise
  })

  it("tells of a defect no more than that there was one", async () => {
    const invoke = () => Effect.die(new Error("secret words"))
    const broken = await start({}, foremanWith({ invoke }))
    onTestFinished(() => broken.close())
    const { body, status, text } = await broken.request("GET", "/api/v1/tasks/1", undefined, {
      "x-request-id": "one"
    })
    assert.deepStrictEqual([status, body.code, body.request_id], [500, "InternalError", "one"])
    assert.notInclude(text, "secret")
  })
})
