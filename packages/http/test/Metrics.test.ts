import { assert, describe, it } from "@effect/vitest"
import { type Actor, Identifier } from "@foreman/core"
import { Effect } from "effect"
import { onTestFinished } from "vitest"
import * as Metrics from "../src/Metrics.ts"
import { foremanWith, start, token } from "./TestServer.ts"

const withMetrics = async (foreman?: Parameters<typeof start>[1]) => {
  const ended = Promise.withResolvers<void>()
  const mount = Promise.withResolvers<Effect.Success<typeof Metrics.make>>()
  const scoped = Effect.gen(function* () {
    mount.resolve(yield* Metrics.make)
    yield* Effect.promise(() => ended.promise)
  })
  void Effect.runPromise(Effect.scoped(scoped))
  const server = await start({ mounts: [await mount.promise] }, foreman)
  onTestFinished(async () => {
    ended.resolve()
    await server.close()
  })
  return server
}

const counted = (text: string, method: string, route: string, status: number): number => {
  const labels = `{method="${method}",route="${route}",status="${status}"}`
  const line = text
    .split("\n")
    .find((one) => one.startsWith(`foreman_http_requests_total${labels}`))
  return Number(line?.split(" ").at(-1) ?? 0)
}

describe("GET /metrics", () => {
  it("counts requests by route and status, whatever their path", async () => {
    const { request } = await withMetrics()
    const before = (await request("GET", "/metrics")).text
    await request("GET", "/api/v1/tasks/1")
    await request("GET", "/api/v1/tasks/2")
    await request("GET", "/nowhere/secret-path")
    await request("GET", "/api/v1/orgs", undefined, { host: "evil.test" })
    const { headers, text } = await request("GET", "/metrics")
    assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/)
    const more = (method: string, route: string, status: number) =>
      counted(text, method, route, status) - counted(before, method, route, status)
    assert.strictEqual(more("GET", "/api/v1/tasks/:task_id", 404), 2)
    assert.strictEqual(more("GET", "none", 404), 1)
    assert.strictEqual(more("GET", "none", 403), 1)
    assert.strictEqual(more("GET", "/metrics", 200), 1)
    assert.notInclude(text, "secret-path")
    assert.match(text, /^process_resident_memory_bytes \d{7,}$/m)
    assert.match(text, /^nodejs_eventloop_delay_seconds\{quantile="0.99"\} [\d.e-]+$/m)
  })

  it("is for the operator alone", async () => {
    const organizationId = Identifier.OrganizationId.make("00000000-0000-7000-8000-000000000002")
    const ofOne: Actor.Actor = { type: "agent", id: "a", role: "engineer", organizationId }
    const access = { authenticate: () => Effect.succeed(ofOne) }
    const { request } = await withMetrics(foremanWith({ access }))
    const { body, status } = await request("GET", "/metrics")
    assert.deepStrictEqual([status, body.code], [403, "PermissionDenied"])
    const open = await withMetrics()
    const nobody = await open.request("GET", "/metrics", undefined, { authorization: "" })
    assert.strictEqual(nobody.status, 401)
    assert.notInclude(nobody.text, "foreman_")
  })

  it("counts who follows the feed, and no longer", async () => {
    const { port, request } = await withMetrics()
    const followers = async () =>
      Number(/^foreman_feed_subscribers (\d+)$/m.exec((await request("GET", "/metrics")).text)?.[1])
    const leave = new AbortController()
    const before = (await followers()) || 0
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/events`, {
      headers: { authorization: `Bearer ${token}` },
      signal: leave.signal
    })
    assert.strictEqual(await followers(), before + 1)
    leave.abort()
    await response.text().catch(() => undefined)
    const isBack = async () => {
      while ((await followers()) !== before) await Effect.runPromise(Effect.yieldNow)
    }
    await isBack()
  })
})
