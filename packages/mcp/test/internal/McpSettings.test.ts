import { assert, describe, it } from "@effect/vitest"
import * as Settings from "@foreman/core/services/Settings"
import * as StorePlace from "@foreman/core/services/StorePlace"
import { Result } from "effect"
import * as McpSettings from "../../src/internal/McpSettings.ts"

const read = (environment: Record<string, string> = {}, flags: ReadonlyArray<string> = []) =>
  McpSettings.read({ arguments: flags, environment, workingFolder: "/here" })

const settings = (environment: Record<string, string> = {}, flags: ReadonlyArray<string> = []) => {
  const wish = read(environment, flags)
  if (wish._tag !== "Serve") throw new Error(JSON.stringify(wish))
  return wish.settings
}

describe("the settings of the program", () => {
  it("opens the store of the working folder unless told otherwise", () => {
    assert.deepStrictEqual(settings(), {
      url: undefined,
      databasePath: "/here/.foreman/foreman.db",
      databaseUrl: undefined,
      tokenPath: "/here/.foreman/token",
      token: undefined,
      role: undefined,
      logLevel: "Info"
    })
  })

  it("follows the runtime root, and lets the database stand elsewhere", () => {
    assert.deepInclude(settings({ FOREMAN_RUNTIME_ROOT: "run" }), {
      databasePath: "/here/run/foreman.db",
      tokenPath: "/here/run/token"
    })
    const elsewhere = { FOREMAN_RUNTIME_ROOT: "/run", FOREMAN_DB_PATH: "/data/tasks.db" }
    assert.deepInclude(settings(elsewhere), {
      databasePath: "/data/tasks.db",
      tokenPath: "/run/token"
    })
  })

  it.each([
    { DATABASE_URL: "postgres://u:p@h:1/f" },
    { DATABASE_URL: "postgresql:///f?host=/run" },
    { DATABASE_URL: "sqlite:/data/f.db" },
    { DATABASE_URL: "sqlite:///data/f.db" },
    { DATABASE_URL: "", FOREMAN_DB_PATH: "/data/f.db" },
    { DATABASE_URL: "postgres://", FOREMAN_DB_PATH: "" },
    { DATABASE_URL: "postgres://h/f", FOREMAN_DB_PATH: "/data/f.db" },
    { DATABASE_URL: "mysql://u:secret@h/f" },
    { DATABASE_URL: "sqlite:" },
    { FOREMAN_DB_PATH: "postgres://u:secret@h/f" },
    { FOREMAN_DB_PATH: "sqlite:/data/f.db" }
  ])("finds the store of %j where a server does", (environment) => {
    const wish = read(environment)
    const place = StorePlace.read(environment)
    if (Result.isFailure(place)) {
      assert.strictEqual(wish._tag, "Refuse")
      assert.include(JSON.stringify(wish), place.failure.name)
      assert.notInclude(JSON.stringify(wish), "secret")
    } else {
      const { databasePath, databaseUrl } = place.success
      const path = databasePath.replace(/^\.foreman/, "/here/.foreman")
      assert.deepInclude(settings(environment), { databasePath: path, databaseUrl })
    }
  })

  it("has no use for a database beside a server", () => {
    const environment = { FOREMAN_API_URL: "http://a", DATABASE_URL: "mysql://h/f" }
    assert.deepInclude(settings(environment), { url: "http://a", databaseUrl: undefined })
  })

  it.each([
    [
      { FOREMAN_API_URL: "http://a/", FOREMAN_URL: "http://b", OPENCLAW_API_URL: "http://c" },
      "http://a"
    ],
    [{ FOREMAN_URL: "http://b", OPENCLAW_API_URL: "http://c" }, "http://b"],
    [{ OPENCLAW_API_URL: "https://c:1/x//" }, "https://c:1/x"],
    [{ FOREMAN_API_URL: "", OPENCLAW_API_URL: "http://c" }, "http://c"]
  ])("finds the server in %j", (environment, url) => {
    assert.strictEqual(settings(environment).url, url)
  })

  it("prefers the token of a run, then one's own, then a key", () => {
    const all = {
      FOREMAN_API_URL: "http://a",
      FOREMAN_RUN_TOKEN: "run",
      FOREMAN_TOKEN: "own",
      FOREMAN_API_KEY: "key",
      OPENCLAW_API_KEY: "old"
    }
    const tokens = ["FOREMAN_RUN_TOKEN", "FOREMAN_TOKEN", "FOREMAN_API_KEY", "none"].map(
      (_, at, names) =>
        settings({ ...all, ...Object.fromEntries(names.slice(0, at).map((left) => [left, ""])) })
          .token
    )
    assert.deepStrictEqual(tokens, ["run", "own", "key", "old"])
  })

  it("takes no server's key for its own store", () => {
    assert.isUndefined(settings({ FOREMAN_API_KEY: "key", OPENCLAW_API_KEY: "old" }).token)
    assert.strictEqual(settings({ FOREMAN_TOKEN: "own" }).token, "own")
  })

  it("takes a role, and the settings of Foreman's other programs", () => {
    const environment = { FOREMAN_HTTP_ADDR: "x", FOREMAN_TASK_ID: "1", FOREMAN_RUN_ID: "2" }
    assert.strictEqual(settings(environment, ["--role", "engineer"]).role, "engineer")
  })

  it("takes every setting and every level of the log that the server takes", () => {
    const wishes = [
      ...Object.keys(Settings.names).map((name) => ({ [name]: "" })),
      ...["trace", "DEBUG", "Info", "warn", "error", "fatal", "none"].map((level) => ({
        FOREMAN_LOG_LEVEL: level
      }))
    ]
    for (const environment of wishes) {
      assert.isTrue(Result.isSuccess(Settings.read(environment)))
      assert.strictEqual(read(environment)._tag, "Serve", JSON.stringify(environment))
    }
  })

  it("prints what it is asked for", () => {
    assert.deepStrictEqual(read({}, ["--help"]), { _tag: "Print", text: "help" })
    assert.deepStrictEqual(read({}, ["--version"]), { _tag: "Print", text: "version" })
  })

  it.each([
    [{}, ["--role", "king"], "--role is manager, engineer, reviewer, not king"],
    [{}, ["--rule", "engineer"], "--rule"],
    [{}, ["serve"], "serve"],
    [
      { FOREMAN_LOG_LEVEL: "loud" },
      [],
      "FOREMAN_LOG_LEVEL is Trace, Debug, Info, Warn, Error, Fatal, None, not loud"
    ],
    [{ FOREMAN_DBPATH: "x" }, [], "FOREMAN_DBPATH is not a setting of Foreman"],
    [{ FOREMAN_URL: "ada:secret@there" }, [], "The server's URL is an http or https URL"],
    [{ FOREMAN_URL: "http://ada:secret@there" }, [], "The server's URL takes no name and password"],
    [{ FOREMAN_API_URL: "localhost:8080" }, [], "not localhost:8080"]
  ])("refuses %j with %j in a sentence", (environment, flags, problem) => {
    const wish = read(environment, flags)
    assert.strictEqual(wish._tag, "Refuse")
    if (wish._tag === "Refuse") {
      assert.include(wish.problem, problem)
      assert.notInclude(wish.problem, "secret")
    }
  })
})
