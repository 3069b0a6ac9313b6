import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import * as OpenStore from "../../src/stores/OpenStore.ts"

const url = "postgres://foreman:secret@127.0.0.1:1/foreman?password=secret"

describe("the store that a script is told of", () => {
  it.each([
    ["dir/x.db", {}, { databaseUrl: undefined, databasePath: "dir/x.db" }],
    ["sqlite:/x.db", {}, { databaseUrl: undefined, databasePath: "/x.db" }],
    ["other.db", { DATABASE_URL: url }, { databaseUrl: undefined, databasePath: "other.db" }],
    [url, { FOREMAN_DB_PATH: "x.db" }, { databaseUrl: url }],
    [undefined, { DATABASE_URL: url }, { databaseUrl: url }],
    [undefined, { FOREMAN_DB_PATH: "x.db" }, { databaseUrl: undefined, databasePath: "x.db" }],
    [undefined, { FOREMAN_RUNTIME_ROOT: "/run" }, { databasePath: "/run/foreman.db" }],
    [undefined, {}, { databaseUrl: undefined, databasePath: ".foreman/foreman.db" }]
  ])("is, for %j in %j, %j", (named, environment, place) => {
    expect(OpenStore.placeOf(named, environment)).toMatchObject(place)
  })

  it("is refused where it is none, or two", () => {
    expect(() => OpenStore.placeOf("mysql://u:secret@h/f", {})).toThrow(/^DATABASE_URL should be/)
    const both = { DATABASE_URL: url, FOREMAN_DB_PATH: "x.db" }
    expect(() => OpenStore.placeOf(undefined, both)).toThrow("say one place, not two")
  })

  it("is named without what is secret", () => {
    expect(OpenStore.titleOf({ databaseUrl: url, databasePath: "" })).toBe(
      "postgres://127.0.0.1:1/foreman"
    )
    expect(OpenStore.titleOf({ databaseUrl: undefined, databasePath: "x.db" })).toBe("x.db")
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
