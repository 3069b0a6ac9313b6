import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import * as OpenStore from "../src/OpenStore.ts"

const url = "postgres://foreman:secret@127.0.0.1:1/foreman?password=secret"

describe("the store that a program is told of", () => {
  it("is named without what is secret", () => {
    expect(OpenStore.titleOf({ databaseUrl: url, databasePath: "" })).toBe(
      "postgres://127.0.0.1:1/foreman"
    )
    expect(OpenStore.titleOf({ databaseUrl: undefined, databasePath: "x.db" })).toBe("x.db")
  })

  it("is not made by who only looks, and named", async () => {
    const looked = OpenStore.look({ databaseUrl: undefined, databasePath: "/nowhere/x.db" })
    const failure = await Effect.runPromise(Effect.flip(Effect.scoped(looked)))
    expect(OpenStore.sentenceOf(failure)).toContain("there is no file /nowhere/x.db")
  })

  it("is missed in a sentence", async () => {
    const looked = OpenStore.look({ databaseUrl: url, databasePath: "" })
    const failure = await Effect.runPromise(Effect.flip(Effect.scoped(looked)))
    expect(OpenStore.sentenceOf(failure)).toBe(
      "PostgreSQL cannot be reached at 127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1): is it running?"
    )
    expect(OpenStore.sentenceOf("odd")).toBe("odd")
  })
})
