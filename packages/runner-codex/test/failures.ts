/**
 * The scenes in which the model fails.
 */
import { assert } from "@effect/vitest"

import { ModelScript } from "@foreman/testkit"
import { ended, type Scene } from "./scene.ts"

/** The instant to which the quota of the scene is used up. */
const resetsAt = Date.parse("2030-01-02T03:04:05Z") / 1_000

export const failures: ReadonlyArray<Scene> = [
  {
    name: "ends as unauthorized when the model does not know the key",
    cassette: "status-401",
    script: [ModelScript.repeat(ModelScript.fail(401))],
    check: (played) => {
      assert.deepStrictEqual(ended(played), ["failed", "unauthorized"])
      assert.include(played.result.answer, "codex login")
    }
  },
  {
    name: "ends as a model's failure when the model fails",
    cassette: "status-500",
    script: [ModelScript.repeat(ModelScript.fail(500))],
    check: (played) => assert.deepStrictEqual(ended(played), ["failed", "model_error"])
  },
  {
    name: "ends as unreachable when nobody listens at the model's port",
    cassette: "refused",
    script: [],
    isRefused: true,
    check: (played) => {
      assert.deepStrictEqual(ended(played), ["failed", "unreachable"])
      assert.include(played.result.answer, "cannot be reached")
    }
  },
  {
    name: "ends as out of quota when the model says too many requests",
    cassette: "status-429",
    script: [ModelScript.repeat(ModelScript.fail(429))],
    check: (played) => assert.deepStrictEqual(ended(played), ["failed", "quota"])
  },
  {
    name: "ends as out of quota with the instant at which that is over",
    cassette: "status-429-reset",
    script: [
      ModelScript.repeat(
        ModelScript.fail(429, {
          kind: "usage_limit_reached",
          code: "usage_limit_reached",
          headers: {
            "x-codex-primary-used-percent": "100",
            "x-codex-primary-window-minutes": "300",
            "x-codex-primary-reset-at": String(resetsAt)
          }
        })
      )
    ],
    check: (played) => {
      assert.deepStrictEqual(ended(played), ["failed", "quota:2030-01-02T03:04:05.000Z"])
      assert.include(played.result.answer, "until 2030-01-02")
    }
  },
  {
    name: "ends as out of quota when the model says to come back much later",
    cassette: "status-429-later",
    script: [ModelScript.repeat(ModelScript.fail(429, { retryAfter: "90 seconds" }))],
    config: { silence_seconds: 1 },
    check: (played) => assert.deepStrictEqual(ended(played), ["failed", "quota"])
  },
  {
    name: "ends as silent when the model never answers",
    cassette: "silent",
    script: [ModelScript.repeat(ModelScript.hang())],
    config: { silence_seconds: 0.6 },
    check: (played) => {
      assert.deepStrictEqual(ended(played), ["failed", "silent"])
      assert.strictEqual(played.result.answer, "The model does not answer.")
    }
  }
]
