import { Effect, Layer, Stream } from "effect"
import { createHash } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Access, type Artifact, ArtifactStore, Foreman } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import * as ArtifactContent from "../src/ArtifactContent.ts"
import { start, type TestServer, token } from "./TestServer.ts"

const log = "0123456789".repeat(30_000)
const hostile = "<script>fetch('/api/v1/teams')</script>"

/** A Foreman in memory in which one run has ended and left something of each kind. */
const whole = TestForeman.layer({
  access: { mode: "token", operatorToken: token },
  behaviour: () => Effect.succeed({ output: log, answer: "Done" }),
  left: () => ({
    'é "quoted".svg': "<svg onload='alert(1)'/>",
    "page.html": hostile,
    "data.json": "{}",
    "tool.bin": Uint8Array.from([0, 1, 2, 255]),
    "empty.txt": "",
    "broken.txt": "broken"
  }),
  reactors: {}
})

interface Found {
  readonly server: TestServer
  readonly named: (name: string) => Artifact.Artifact
  readonly organization: string
  readonly store: ArtifactStore.ArtifactStore
}

let found: Found

beforeAll(async () => {
  let listed: ReadonlyArray<Artifact.Artifact> = []
  let organization = ""
  let store: ArtifactStore.ArtifactStore | undefined
  const seeded = Layer.effect(
    Foreman,
    Effect.gen(function* () {
      const foreman = yield* Foreman
      store = yield* ArtifactStore.ArtifactStore
      const given = yield* TestForeman.givenTeam()
      organization = given.organization.id
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* TestForeman.untilTask(taskId, ({ status }) => status === "in_review")
      const { items } = yield* TestForeman.asOperator(foreman.client.listArtifacts({ taskId }))
      listed = items
      return foreman
    }).pipe(Effect.orDie)
  ).pipe(Layer.provide(whole))
  const server = await start({}, seeded)
  const named = (name: string) => {
    const one = listed.find((artifact) => artifact.name === name)
    if (one === undefined || store === undefined) throw new Error(`${name} is not there`)
    return one
  }
  named("output.log")
  if (store === undefined) throw new Error("There is no store")
  found = { server, named, organization, store }
})

afterAll(() => found.server.close())

const path = (name: string) => `/api/v1/artifacts/${found.named(name).id}/content`

const get = (name: string, headers?: Record<string, string>, method = "GET") =>
  found.server.request(method, path(name), undefined, headers)

describe("the bytes of an artifact", () => {
  it("come whole, with what a browser has to know of them", async () => {
    const { headers, status, text } = await get("output.log")
    expect([status, text === log]).toEqual([200, true])
    const digest = createHash("sha256").update(log).digest("hex")
    expect(headers).toMatchObject({
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache",
      "content-disposition": 'inline; filename="output.log"',
      "content-length": "300000",
      "content-security-policy": ArtifactContent.contentSecurityPolicy,
      "content-type": "text/plain; charset=utf-8",
      "cross-origin-resource-policy": "same-origin",
      etag: `"${digest}"`,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff"
    })
    expect(headers["content-security-policy"]).toMatch(/^sandbox; default-src 'none'/)
    expect(headers["transfer-encoding"]).toBeUndefined()
  })

  it("are saved and never shown where they could run", async () => {
    const page = await get("page.html")
    expect(page.text).toBe(hostile)
    expect(page.headers["content-disposition"]).toBe('attachment; filename="page.html"')
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8")
    const image = await get("é _quoted_.svg")
    expect(image.headers["content-type"]).toBe("image/svg+xml")
    expect(image.headers["content-disposition"]).toBe(
      "attachment; filename=\"_ _quoted_.svg\"; filename*=UTF-8''%C3%A9%20_quoted_.svg"
    )
    const tool = await get("tool.bin")
    expect(tool.headers["content-type"]).toBe("application/octet-stream")
    expect(tool.headers["content-disposition"]).toMatch(/^attachment/)
    expect((await get("data.json")).headers["content-disposition"]).toMatch(/^inline/)
  })

  it("are told of without being sent", async () => {
    const { headers, status, text } = await get("output.log", {}, "HEAD")
    expect([status, text, headers["content-length"]]).toEqual([200, "", "300000"])
    const empty = await get("empty.txt")
    expect([empty.status, empty.text, empty.headers["content-length"]]).toEqual([200, "", "0"])
  })

  it("are not sent again to who has them", async () => {
    const { etag } = (await get("output.log", {}, "HEAD")).headers
    for (const known of [String(etag), `W/${String(etag)}`, `"x", ${String(etag)}`, "*"]) {
      const { headers, status, text } = await get("output.log", { "if-none-match": known })
      expect([status, text, headers["etag"]]).toEqual([304, "", etag])
    }
    expect((await get("output.log", { "if-none-match": '"x"' })).status).toBe(200)
  })

  const parts: ReadonlyArray<readonly [string, string, string]> = [
    ["bytes=0-3", "0123", "bytes 0-3/300000"],
    ["bytes=299995-", "56789", "bytes 299995-299999/300000"],
    ["bytes=-2", "89", "bytes 299998-299999/300000"],
    ["bytes=299998-400000", "89", "bytes 299998-299999/300000"]
  ]
  for (const [range, text, place] of parts) {
    it(`come in part for ${range}`, async () => {
      const answer = await get("output.log", { range })
      expect([answer.status, answer.text]).toEqual([206, text])
      expect(answer.headers["content-range"]).toBe(place)
      expect(answer.headers["content-length"]).toBe(String(text.length))
    })
  }

  it("come whole for what is no part, or of what has changed since", async () => {
    for (const range of ["bytes=5-2", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5"]) {
      expect((await get("output.log", { range })).status, range).toBe(200)
    }
    const stale = { range: "bytes=0-3", "if-range": '"other"' }
    expect((await get("output.log", stale)).status).toBe(200)
    const tag = String((await get("output.log", {}, "HEAD")).headers["etag"])
    const fresh = await get("output.log", { range: "bytes=0-3", "if-range": tag })
    expect(fresh.status).toBe(206)
  })

  it("are refused for a part that is not there", async () => {
    for (const range of ["bytes=300000-", "bytes=-0"]) {
      const { body, headers, status } = await get("output.log", { range })
      expect([status, body.code, headers["content-range"]]).toEqual([
        416,
        "RangeNotSatisfiable",
        "bytes */300000"
      ])
    }
    expect((await get("empty.txt", { range: "bytes=0-0" })).status).toBe(416)
  })
})

describe("a request for bytes", () => {
  it("is refused to who shows no token, and for what is not there", async () => {
    const anonymous = await get("output.log", { authorization: "Bearer nobody" })
    expect(anonymous.status).toBe(401)
    const ids = ["00000000-0000-7000-8000-00000000dead", "x", "..%2f..%2fetc%2fpasswd"]
    for (const id of ids) {
      const { body, status } = await found.server.request("GET", `/api/v1/artifacts/${id}/content`)
      expect([status, body.code], id).toEqual([404, "ArtifactNotFound"])
    }
    const other = await found.server.request("POST", path("output.log"), {})
    expect([other.status, other.headers["allow"]]).toEqual([405, "GET, HEAD, OPTIONS"])
  })

  it("is told that the bytes are gone", async () => {
    const { digest, id } = found.named("data.json")
    await Effect.runPromise(found.store.remove(found.organization, digest))
    const { body, status } = await get("data.json")
    expect(status).toBe(410)
    expect(body).toMatchObject({ code: "ArtifactGone", artifact_id: id, reason: "missing" })
  })

  it("is cut off, and never ended as if it were whole, when the store fails in the middle", async () => {
    const failing = Layer.effect(
      Foreman,
      Effect.map(Foreman, (foreman) =>
        Foreman.of({
          ...foreman,
          access: { authenticate: () => Effect.succeed(actor) } satisfies Access.Access["Service"],
          artifacts: {
            open: (artifactId) =>
              Effect.succeed({
                artifact: { ...found.named("output.log"), id: artifactId },
                bytes: () =>
                  Stream.concat(
                    Stream.make(new Uint8Array(1_000)),
                    Stream.fail(
                      new ArtifactStore.ArtifactStoreError({
                        operation: "read",
                        cause: new Error("the disk is gone"),
                        retryable: false
                      })
                    )
                  )
              })
          }
        })
      )
    ).pipe(Layer.provide(whole))
    const server = await start({}, failing)
    try {
      const { id } = found.named("output.log")
      const answer = await server.raw(
        `GET /api/v1/artifacts/${id}/content HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`
      )
      expect(answer).toMatch(/^HTTP\/1.1 200 [^]*content-length: 300000\r\n/i)
      expect(answer.split("\r\n\r\n")[1]).toHaveLength(1_000)
    } finally {
      await server.close()
    }
  })
})

const actor = { type: "operator", id: "operator", role: "operator", organizationId: null } as const
