import { assert, describe, it } from "@effect/vitest"
import { NotifierSettings, Settings } from "@foreman/core"
import { Result } from "effect"

const openClaw = {
  FOREMAN_OPENCLAW_URL: "http://127.0.0.1:18789/hooks/agent",
  FOREMAN_OPENCLAW_TOKEN: "hook-token"
}

describe("the settings of notifiers", () => {
  it("name nobody unless they are set", () => {
    assert.deepStrictEqual(Result.getOrThrow(NotifierSettings.read({})), {
      openClaw: undefined,
      webhook: undefined,
      secret: undefined
    })
  })

  it("name OpenClaw and a webhook, and one secret for both", () => {
    const read = NotifierSettings.read({
      ...openClaw,
      FOREMAN_OPENCLAW_AGENT: "main",
      FOREMAN_WEBHOOK_URL: "https://example.com/x?y=z",
      FOREMAN_WEBHOOK_SECRET: "whsec_MDEyMzQ1Njc4OWFi"
    })
    assert.deepStrictEqual(Result.getOrThrow(read), {
      openClaw: {
        url: "http://127.0.0.1:18789/hooks/agent",
        token: "hook-token",
        agentId: "main",
        sessionKey: undefined
      },
      webhook: { url: "https://example.com/x?y=z" },
      secret: "whsec_MDEyMzQ1Njc4OWFi"
    })
  })

  const wrong: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
    ["FOREMAN_OPENCLAW_URL", { ...openClaw, FOREMAN_OPENCLAW_URL: "127.0.0.1:18789" }],
    ["FOREMAN_OPENCLAW_URL", { ...openClaw, FOREMAN_OPENCLAW_URL: "http://127.0.0.1:18789" }],
    ["FOREMAN_OPENCLAW_URL", { ...openClaw, FOREMAN_OPENCLAW_URL: "file:///hooks/agent" }],
    ["FOREMAN_OPENCLAW_TOKEN", { FOREMAN_OPENCLAW_URL: openClaw.FOREMAN_OPENCLAW_URL }],
    ["FOREMAN_OPENCLAW_TOKEN", { ...openClaw, FOREMAN_OPENCLAW_TOKEN: "two\nlines" }],
    ["FOREMAN_OPENCLAW_TOKEN", { FOREMAN_OPENCLAW_TOKEN: "x" }],
    ["FOREMAN_OPENCLAW_SESSION", { FOREMAN_OPENCLAW_SESSION: "hook:x" }],
    ["FOREMAN_WEBHOOK_URL", { FOREMAN_WEBHOOK_URL: "ftp://example.com" }],
    ["FOREMAN_WEBHOOK_URL", { FOREMAN_WEBHOOK_URL: "https://ann:hunter2@example.com" }],
    ["FOREMAN_WEBHOOK_SECRET", { FOREMAN_WEBHOOK_SECRET: "of nothing" }],
    [
      "FOREMAN_WEBHOOK_SECRET",
      { FOREMAN_WEBHOOK_URL: "https://example.com", FOREMAN_WEBHOOK_SECRET: "whsec_short" }
    ]
  ]
  for (const [name, environment] of wrong) {
    it(`refuse ${JSON.stringify(environment)} in the name of ${name}`, () => {
      const read = Settings.read(environment)
      assert(Result.isFailure(read))
      assert.strictEqual(read.failure.name, name)
      assert.notInclude(read.failure.message, "hunter2")
    })
  }
})
