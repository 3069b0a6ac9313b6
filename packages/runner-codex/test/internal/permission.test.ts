import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { AgentRequest } from "@foreman/core"
import * as Permission from "../../src/internal/permission.ts"

/** What is asked of the policy when Codex asks to change files, and what Codex is told. */
const changing = Effect.fnUntraced(function* (paths: ReadonlyArray<string>, grantRoot?: string) {
  const asked: Array<AgentRequest.AgentRequest> = []
  const facts: Permission.Facts = {
    workspace: "/place",
    ask: (request) => {
      asked.push(request)
      return Effect.succeed({ _tag: "Allow" })
    },
    pathsOf: () => paths
  }
  const params = {
    threadId: "t",
    turnId: "u",
    itemId: "i",
    ...(grantRoot === undefined ? {} : { grantRoot })
  }
  const reply = yield* Permission.answer(facts, "item/fileChange/requestApproval", params)
  return { asked: asked.length, reply }
})

describe("a change of files that Codex asks for", () => {
  it.effect("is put to the policy with its files, or with the folder that it is about", () =>
    Effect.gen(function* () {
      const accepted = { asked: 1, reply: { result: { decision: "accept" } } }
      assert.deepStrictEqual(yield* changing(["a.txt"]), accepted)
      assert.deepStrictEqual(yield* changing([], "/place/src"), accepted)
    })
  )

  it.effect("is declined when nobody knows which files: nobody can agree to that", () =>
    Effect.gen(function* () {
      const declined = { asked: 0, reply: { result: { decision: "decline" } } }
      assert.deepStrictEqual(yield* changing([]), declined)
    })
  )
})
