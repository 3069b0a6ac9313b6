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
    expect(OpenStore.isMissing(failure)).toBe(true)
  })

  it("is refused at once, and its artifacts too, where no folder can be made for it", async () => {
    const place = { databaseUrl: undefined, databasePath: "/proc/foreman/x.db" }
    const opened = OpenStore.open(place)
    const kept = Effect.flatMap(
      OpenStore.artifactsOf(place, { FOREMAN_ARTIFACT_ROOT: "/proc/foreman/a" }),
      (artifacts) => artifacts.has("acme", "0".repeat(64))
    )
    const failures = await Promise.all([
      Effect.runPromise(Effect.flip(Effect.scoped(opened))),
      Effect.runPromise(Effect.flip(Effect.scoped(kept)))
    ])
    expect(failures.map(({ _tag, retryable }) => [_tag, retryable])).toEqual([
      ["StoreError", false],
      ["ArtifactStoreError", false]
    ])
    const [store, artifacts] = failures.map((failure) => OpenStore.sentenceOf(failure))
    expect(store).toContain("the folder /proc/foreman cannot be used: /proc keeps no files")
    expect(artifacts).toContain("the folder /proc/foreman/a cannot be used: /proc keeps no files")
  })

  it("is missed in a sentence", async () => {
    const looked = OpenStore.look({ databaseUrl: url, databasePath: "" })
    const failure = await Effect.runPromise(Effect.flip(Effect.scoped(looked)))
    expect(OpenStore.sentenceOf(failure)).toBe(
      "PostgreSQL cannot be reached at 127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1): is it running?"
    )
    expect(OpenStore.sentenceOf("odd")).toBe("odd")
    // Who does not answer may have one.
    for (const error of [failure, "odd"]) expect(OpenStore.isMissing(error)).toBe(false)
  })
})
