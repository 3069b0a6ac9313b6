import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Access, ArtifactStoreMemory, Foreman } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { follow } from "./Follower.ts"
import { foremanWith, start, type TestServer, token } from "./TestServer.ts"

let server: TestServer
let orgId: string
let teamId: string

const create = async (title: string, to: TestServer = server, team = teamId) =>
  (await to.request("POST", `/api/v1/teams/${team}/tasks`, { title })).body.id

beforeAll(async () => {
  server = await start({ limits: { heartbeatMillis: 50 } })
  const org = await server.request("POST", "/api/v1/orgs", { name: "Acme", slug: "acme" })
  orgId = org.body.id
  const team = await server.request("POST", `/api/v1/orgs/${orgId}/teams`, {
    name: "Web",
    slug: "web"
  })
  teamId = team.body.id
})

afterAll(() => server.close())

describe("the feed", () => {
  it("brings what happens from now on, each event as it is stored", async () => {
    await create("Before")
    const follower = await follow(server.port)
    assert.strictEqual(follower.status, 200)
    assert.match(String(follower.headers["content-type"]), /^text\/event-stream/)
    assert.strictEqual(follower.headers["x-content-type-options"], "nosniff")
    const task = await create("After")
    const [event] = await follower.take(1)
    follower.close()
    assert.hasAllKeys(event?.data, [
      "id",
      "org_id",
      "stream_id",
      "type",
      "data",
      "metadata",
      "created_at"
    ])
    assert.deepInclude(event?.data, {
      org_id: orgId,
      stream_id: `task:${task}`,
      type: "task.created"
    })
    assert.deepInclude(event?.data.data, { task_id: task, title: "After" })
    assert.notMatch(follower.text(), /^event:/m)
  })

  it("brings everything from the start for 0, in order and without a gap", async () => {
    const follower = await follow(server.port, `/api/v1/events?org_id=${orgId}&last_event_id=0`)
    const events = await follower.take(4)
    follower.close()
    const positions = events.map(({ data }) => data.id)
    assert.deepStrictEqual(
      positions,
      positions.map((_, index) => index + 1)
    )
    assert.strictEqual(events[0]?.data.type, "organization.created")
  })

  it("begins with a cursor: who is cut off before the first event misses nothing", async () => {
    const first = await follow(server.port)
    await first.until(/^id: \S+$/m)
    const [, cursor = ""] = /^id: (\S+)$/m.exec(first.text()) ?? []
    first.close()
    const task = await create("In between")
    const second = await follow(server.port, "/api/v1/events", { "last-event-id": cursor })
    const [event] = await second.take(1)
    second.close()
    assert.strictEqual(event?.data.stream_id, `task:${task}`)
  })

  it("goes on behind the last id, which counts more than that of the address", async () => {
    const first = await follow(server.port)
    for (const title of ["One", "Two", "Three"]) await create(title)
    const seen = await first.take(3)
    first.close()
    const { id = "" } = seen[0] ?? {}
    const second = await follow(server.port, "/api/v1/events?last_event_id=0", {
      "last-event-id": id
    })
    const rest = await second.take(2)
    second.close()
    assert.deepStrictEqual(rest, seen.slice(1))
  })

  it("brings one organization's events alone, or those of all that the caller sees", async () => {
    const other = await server.request("POST", "/api/v1/orgs", { name: "Other", slug: "other" })
    const [one, all] = await Promise.all([
      follow(server.port, `/api/v1/events?org_id=${orgId}`),
      follow(server.port)
    ])
    await server.request("POST", `/api/v1/orgs/${other.body.id}/teams`, { name: "T", slug: "t" })
    await create("Mine")
    const seen = await all.take(3)
    await one.take(1)
    one.close()
    all.close()
    assert.deepStrictEqual(
      new Set(seen.map(({ data }) => data.org_id)),
      new Set([orgId, other.body.id])
    )
    assert.deepStrictEqual(new Set(one.events().map(({ data }) => data.org_id)), new Set([orgId]))
  })

  it("shows that it is alive while nothing happens", async () => {
    const follower = await follow(server.port)
    await follower.until(/\n\n:\n\n:\n\n/)
    follower.close()
  })

  it("refuses a cursor that is none, an organization that is none and who shows no token", async () => {
    const ask = (query: string, headers = {}) =>
      server.request("GET", `/api/v1/events${query}`, undefined, headers)
    for (const query of [
      "?last_event_id=nonsense",
      "?last_event_id=1",
      "?last_event_id=0&last_event_id=0"
    ]) {
      const { body, status } = await ask(query)
      assert.deepStrictEqual([status, body.code], [422, "InvalidInput"], query)
      assert.deepStrictEqual(body.detail[0].loc, ["query", "last_event_id"])
    }
    const unknown = await ask("?org_id=01900000-0000-7000-8000-000000000000")
    assert.deepStrictEqual([unknown.status, unknown.body.code], [404, "OrganizationNotFound"])
    const anonymous = await ask("", { authorization: "" })
    assert.deepStrictEqual([anonymous.status, anonymous.body.code], [401, "NotAuthenticated"])
  })

  it("answers HEAD without following", async () => {
    const { headers, status, text } = await server.request("HEAD", "/api/v1/events")
    assert.deepStrictEqual([status, text], [200, ""])
    assert.match(String(headers["content-type"]), /^text\/event-stream/)
  })

  it("brings every event to each of many callers exactly once, while many write", async () => {
    const followers = await Promise.all(Array.from({ length: 20 }, () => follow(server.port)))
    const ids = await Promise.all(Array.from({ length: 30 }, (_, n) => create(`Task ${n}`)))
    for (const follower of followers) {
      const seen = await follower.take(30)
      follower.close()
      assert.deepStrictEqual(new Set(seen.map(({ data }) => data.data.task_id)), new Set(ids))
      const positions = seen.map(({ data }) => data.id)
      assert.deepStrictEqual(
        positions,
        positions.toSorted((a, b) => a - b)
      )
      assert.lengthOf(seen, 30)
    }
  })
})

describe("a follower", () => {
  it("is one of so many at most", async () => {
    const small = await start({ limits: { feedClients: 1 } })
    const first = await follow(small.port)
    const { body, status } = await small.request("GET", "/api/v1/events")
    assert.deepStrictEqual([status, body.code], [503, "TooManyFollowers"])
    first.close()
    // The place is free as soon as the server has noticed.
    let again = 503
    while (again === 503) again = (await small.request("HEAD", "/api/v1/events")).status
    const next = await follow(small.port)
    assert.strictEqual(next.status, 200)
    next.close()
    await small.close()
  })

  it("is cut off when its token is no longer good", async () => {
    let isGood = true
    const access = {
      authenticate: () =>
        isGood ? Effect.succeed(operator) : Effect.fail(new Access.NotAuthenticated())
    }
    const brief = await start({ limits: { heartbeatMillis: 20 } }, foremanWith({ access }))
    const follower = await follow(brief.port)
    await follower.until(/:\n\n/)
    isGood = false
    await follower.ended
    await brief.close()
  })

  it("that does not read is cut off, and no more than the limit waits for it", async () => {
    let taken = 0
    const ended = Promise.withResolvers<void>()
    const events = {
      begin: () => Effect.succeed("0"),
      follow: () =>
        Stream.fromIterable(long()).pipe(
          Stream.tap(() => Effect.sync(() => (taken += 1))),
          Stream.ensuring(Effect.sync(() => ended.resolve()))
        )
    }
    const limits = { feedBytes: 65_536, feedStallMillis: 100 }
    const strict = await start({ limits }, foremanWith({ events }))
    const socket = await strict.socket()
    socket.pause()
    socket.write(
      `GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`
    )
    await ended.promise
    // What the system's own buffers took is no more than a few megabytes.
    assert.isBelow(taken, 10_000)
    socket.destroy()
    await strict.close()
  })

  it("is told when the server ends, at once, and goes on with the next server", async () => {
    const folder = mkdtempSync(join(tmpdir(), "foreman-feed-"))
    const layer = Foreman.layer({ mode: "token", operatorToken: token }).pipe(
      Layer.provide([
        Layer.orDie(SqliteStore.layer({ filename: join(folder, "foreman.db") })),
        ArtifactStoreMemory.layer
      ])
    )
    // Who waits for its followers waits for this long.
    const first = await start({ limits: { shutdownMillis: 25_000 } }, layer)
    const org = await first.request("POST", "/api/v1/orgs", { name: "Acme", slug: "acme" })
    const path = `/api/v1/orgs/${org.body.id}/teams`
    const team = (await first.request("POST", path, { name: "Web", slug: "web" })).body.id
    const before = await follow(first.port)
    await create("Before", first, team)
    const [seen] = await before.take(1)
    const since = performance.now()
    await Promise.all([first.close(), before.ended])
    assert.isBelow(performance.now() - since, 10_000)

    const second = await start({}, layer)
    const task = await create("After", second, team)
    const after = await follow(second.port, "/api/v1/events", { "last-event-id": seen?.id ?? "" })
    const events = await after.take(1)
    after.close()
    await second.close()
    rmSync(folder, { recursive: true })
    assert.deepStrictEqual(
      events.map(({ data }) => data.data.task_id),
      [task]
    )
    assert.strictEqual(events[0]?.data.id, seen?.data.id + 1)
  })
})

const operator = {
  type: "operator",
  id: "operator",
  role: "operator",
  organizationId: null
} as const

function* long() {
  for (let id = 1; ; id++) {
    const event = {
      id,
      orgId: "acme",
      streamId: "task:1",
      type: "task.created",
      data: { text: "x".repeat(1000) },
      metadata: {},
      createdAt: "2026-11-20T08:30:00.000000+00:00"
    }
    yield { cursor: String(id), event }
  }
}
