import { assert, describe, it } from "@effect/vitest"
import type { Invoke } from "@foreman/core"
import { Effect, Logger } from "effect"
import * as ToolCall from "../src/ToolCall.ts"

const signal = new AbortController().signal
const nobody = "00000000-0000-7000-8000-000000000000"

const open = (invoke: Invoke.Invoke<never, never>) => {
  const said: Array<unknown> = []
  const logger = Logger.layer([Logger.make(({ message }) => said.push(message))])
  const run: typeof Effect.runPromise = (effect, options) =>
    Effect.runPromise(Effect.provide(effect, logger), options)
  return { call: ToolCall.make({ invoke, run }), said }
}

describe("a call of a tool", () => {
  it("asks for the operation with the arguments and the key apart", async () => {
    const { call } = open((name, input, options) => Effect.succeed({ name, input, options }))
    const input = { name: "Acme", slug: "acme", idempotency_key: "once" }
    const { structuredContent } = await call("create_org", input, { signal })
    assert.deepStrictEqual<unknown>(structuredContent, {
      name: "create_org",
      input: { name: "Acme", slug: "acme" },
      options: { idempotencyKey: "once" }
    })
  })

  it("takes answers to questions only, whatever its caller says", async () => {
    const { call } = open((_, input) => Effect.succeed({ input }))
    const answer = { request_id: 7, response: "approve" }
    const asked = { ...answer, questions_only: true }
    for (const more of [{}, { idempotency_key: "once" }]) {
      const result = await call("respond_to_request", { ...answer, ...more }, { signal })
      assert.deepStrictEqual<unknown>(result.structuredContent, { input: asked })
    }
    const rehearsal = { tool: "respond_to_request", arguments: answer }
    const { structuredContent } = await call("dry_run", rehearsal, { signal })
    assert.deepStrictEqual<unknown>(structuredContent, { input: asked })
    const said = { ...answer, questions_only: false }
    const { isError } = await call("respond_to_request", said, { signal })
    assert.isTrue(isError)
  })

  it("asks for a dry run of another tool, with that tool's own arguments and key", async () => {
    const { call } = open((name, input, options) => Effect.succeed({ name, input, options }))
    const wish = { name: "Acme", slug: "acme", idempotency_key: "once" }
    const input = { tool: "create_org", arguments: wish }
    const { structuredContent } = await call("dry_run", input, { signal })
    assert.deepStrictEqual<unknown>(structuredContent, {
      name: "create_org",
      input: { name: "Acme", slug: "acme" },
      options: { idempotencyKey: "once", dryRun: true }
    })
  })

  it.each([
    ["a tool that only looks", { tool: "list_orgs" }],
    ["itself", { tool: "dry_run", arguments: { tool: "create_org" } }],
    ["no tool", { arguments: {} }],
    ["bad arguments", { tool: "create_org", arguments: { name: 7 } }],
    ["more than it takes", { tool: "create_org", arguments: {}, dry_run: false }]
  ])("rehearses nothing for %s", async (_, input) => {
    const { call } = open(() => assert.fail("It was asked"))
    const { content, isError } = await call("dry_run", input, { signal })
    assert.isTrue(isError)
    assert.include(JSON.stringify(content), "InvalidInput")
  })

  it("asks for nothing when its arguments are bad", async () => {
    const { call } = open(() => assert.fail("It was asked"))
    const { isError } = await call("get_task", { task_id: "x" }, { signal })
    assert.isTrue(isError)
  })

  it("is interrupted where it stands when its signal aborts", async () => {
    const [started, interrupted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { call } = open(() =>
      Effect.sync(started.resolve).pipe(
        Effect.andThen(Effect.never),
        Effect.onInterrupt(() => Effect.sync(interrupted.resolve))
      )
    )
    const controller = new AbortController()
    const ended = call("ping", {}, controller).catch(() => "rejected")
    await started.promise
    controller.abort()
    await interrupted.promise
    assert.strictEqual(await ended, "rejected")
  })

  it("does not begin when its signal has aborted already", async () => {
    const { call } = open(() => assert.fail("It was asked"))
    const aborted = AbortSignal.abort("enough")
    assert.strictEqual(await call("ping", {}, { signal: aborted }).catch(String), "enough")
  })

  it("tells its own failures to the log and not to the agent", async () => {
    const { call, said } = open(() => Effect.die(new Error("secret")))
    const answer = await call("get_team", { team_id: nobody }, { signal })
    assert.deepStrictEqual<unknown>(answer, {
      isError: true,
      content: [
        {
          type: "text",
          text: JSON.stringify({
            code: "InternalError",
            detail: "Foreman failed; its log says why"
          })
        }
      ]
    })
    assert.include(String(said[0]), "get_team")
  })
})
