import { afterAll, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { AgentRequest, AgentRunnerMemory } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { post, tokenOf } from "../src/internal/page/api.ts"
import { follow } from "../src/internal/page/feed.ts"
import { type Approval, askedBeside, type Task } from "../src/internal/page/model.ts"
import { isDueHere } from "../src/internal/page/waiting.ts"
import { keep, type Keeper, type World } from "../src/internal/page/world.ts"
import { start, type TestServer, token } from "./TestServer.ts"

let server: TestServer
let teamId: string

/** An agent that asks whether it may push. */
const asking: AgentRunnerMemory.Behaviour = ({ permission }) => {
  const request: AgentRequest.AgentRequest = {
    _tag: "Command",
    command: "git push origin main",
    cwd: "/work",
    leavesSandbox: true,
    reason: null
  }
  const verdict = permission?.(request) ?? Effect.die("nobody to ask")
  return Effect.map(verdict, ({ _tag }) => ({ output: _tag }))
}

beforeAll(async () => {
  const access = { mode: "token", operatorToken: token } as const
  const layer = TestForeman.layer({ reactors: {}, behaviour: asking, access })
  server = await start({}, Layer.fresh(layer))
  // What a browser gives the page: its address before every path, and where it keeps the token.
  const { fetch } = globalThis
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init))
  vi.stubGlobal("sessionStorage", { getItem: () => token })
  const { id: orgId } = await post<{ id: string }>("/api/v1/orgs", { name: "Acme", slug: "acme" })
  const path = `/api/v1/orgs/${orgId}/teams`
  teamId = (await post<{ id: string }>(path, { name: "Web", slug: "web" })).id
  const settings = { approval_policy: "strict" }
  await server.request("PATCH", `/api/v1/settings/teams/${teamId}`, settings)
  await post(`/api/v1/teams/${teamId}/agents`, { name: "ada", config: { runner: "memory" } })
})

afterAll(async () => {
  vi.unstubAllGlobals()
  await server.close()
})

/** What a page knows, and a way to wait until it knows something. */
const page = (): Keeper & { until: <A>(look: (world: World) => A | undefined) => Promise<A> } => {
  let changed = Promise.withResolvers<undefined>()
  const keeper = keep(() => {
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  })
  const until = async <A>(look: (world: World) => A | undefined): Promise<A> => {
    for (;;) {
      const found = look(keeper.world)
      if (found !== undefined) return found
      await changed.promise
    }
  }
  return { ...keeper, until }
}

/** The same, following the feed until its test is over. */
const livePage = async (signal: AbortSignal) => {
  const made = page()
  const { promise: opened, resolve } = Promise.withResolvers<undefined>()
  void follow(
    {
      onOpen: () => resolve(undefined),
      onEvent: made.note,
      onBreak: () => undefined,
      onRefused: () => undefined
    },
    signal
  )
  await opened
  await made.load()
  return made
}

const waitingFor = (task: number, kind: Approval["kind"]) => (world: World) =>
  [...world.approvals.values()].find((one) => one.task_id === task && one.kind === kind)

const goneFrom =
  ({ id }: Approval) =>
  (world: World) =>
    world.approvals.has(id) ? undefined : true

const plan = (title: string) => post<Task>(`/api/v1/teams/${teamId}/tasks`, { title })

describe("what the page knows of approvals", () => {
  it("follows the feed: what waits is there once, and goes when it is decided", async () => {
    const closing = new AbortController()
    const { until, world } = await livePage(closing.signal)
    assert.strictEqual(tokenOf(), token)
    const { id } = await plan("git push origin main")
    const dispatch = await until(waitingFor(id, "dispatch"))
    const task = await until(({ tasks }) =>
      tasks.get(id)?.hold === null ? undefined : tasks.get(id)
    )
    assert.deepInclude(task, { hold: "approval", approval_id: dispatch.id })
    assert.isFalse(isDueHere(task, world))
    await post(`/api/v1/approvals/${dispatch.id}/approve`, {})
    await until(goneFrom(dispatch))
    // It runs, and its agent asks: as an approval and as a human request, which are one card.
    const command = await until(waitingFor(id, "command"))
    await until(({ requests }) => requests.get(command.request_id ?? 0))
    assert.isEmpty(askedBeside(world.requests.values(), world.approvals.values()))
    await post(`/api/v1/approvals/${command.id}/reject`, { rejection_reason: "No" })
    await until(goneFrom(command))
    await until(({ requests }) => (requests.size === 0 ? true : undefined))
    closing.abort()
  })

  it("is read anew when the page is opened, and when a decision was refused", async () => {
    const { id } = await plan("git push --tags")
    const closing = new AbortController()
    const early = await livePage(closing.signal)
    const approval = await early.until(waitingFor(id, "dispatch"))
    closing.abort()
    const other = page()
    await other.load()
    assert.isTrue(other.world.approvals.has(approval.id))
    await post(`/api/v1/approvals/${approval.id}/reject`, { rejection_reason: "No" })
    // Neither follows the feed now: one is told to look at it again, the other reads everything.
    early.refresh(approval)
    await early.until(goneFrom(approval))
    assert.strictEqual(early.world.tasks.get(id)?.hold, "approval_rejected")
    await other.load()
    assert.isFalse(other.world.approvals.has(approval.id))
  })
})
