import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"

import { ArtifactLimits, Settings } from "@foreman/core"

describe("an empty environment", () => {
  it("gives what a local server needs", () => {
    expect(Result.getOrThrow(Settings.read({ PATH: "/bin", FOREMAN_DB_PATH: "" }))).toEqual({
      host: "127.0.0.1",
      port: 8080,
      runtimeRoot: ".foreman",
      databasePath: ".foreman/foreman.db",
      artifactRoot: ".foreman/artifacts",
      isArtifactRootSet: false,
      databaseUrl: undefined,
      logLevel: "Info",
      slowCommandMillis: 1000,
      auth: "token",
      allowedHosts: [],
      dispatch: "auto",
      localCommand: undefined,
      node: undefined,
      artifacts: ArtifactLimits.defaults,
      manager: { waitMillis: 20_000 },
      notifiers: { openClaw: undefined, webhook: undefined, secret: undefined }
    })
  })
})

describe("a setting", () => {
  const good: ReadonlyArray<readonly [string, string, Partial<Settings.Settings>]> = [
    ["FOREMAN_HTTP_ADDR", "0.0.0.0:0", { host: "0.0.0.0", port: 0 }],
    ["FOREMAN_HTTP_ADDR", "[::1]:9000", { host: "::1", port: 9000 }],
    ["FOREMAN_HTTP_ADDR", "foreman.example:65535", { host: "foreman.example", port: 65535 }],
    [
      "FOREMAN_RUNTIME_ROOT",
      "/var/foreman",
      { databasePath: "/var/foreman/foreman.db", artifactRoot: "/var/foreman/artifacts" }
    ],
    ["FOREMAN_DB_PATH", "/data/f.db", { databasePath: "/data/f.db", runtimeRoot: ".foreman" }],
    ["FOREMAN_ARTIFACT_ROOT", "/data/a", { artifactRoot: "/data/a", isArtifactRootSet: true }],
    ["DATABASE_URL", "postgres://localhost/f", { databaseUrl: "postgres://localhost/f" }],
    ["DATABASE_URL", "postgresql:///f?host=/run", { databaseUrl: "postgresql:///f?host=/run" }],
    ["DATABASE_URL", "sqlite:/data/f.db", { databaseUrl: undefined, databasePath: "/data/f.db" }],
    ["DATABASE_URL", "sqlite:///data/f.db", { databaseUrl: undefined, databasePath: "/data/f.db" }],
    ["DATABASE_URL", "sqlite:f.db", { databaseUrl: undefined, databasePath: "f.db" }],
    ["FOREMAN_LOG_LEVEL", "DEBUG", { logLevel: "Debug" }],
    ["FOREMAN_LOG_LEVEL", "none", { logLevel: "None" }],
    ["FOREMAN_SLOW_COMMAND_MS", "250", { slowCommandMillis: 250 }],
    ["FOREMAN_AUTH", "open", { auth: "open" }],
    [
      "FOREMAN_ALLOWED_HOSTS",
      " a.example, b.example,,",
      { allowedHosts: ["a.example", "b.example"] }
    ],
    ["FOREMAN_DISPATCH", "off", { dispatch: "off" }],
    ["FOREMAN_RUNNER", "command:/bin/agent.sh", { localCommand: "/bin/agent.sh" }],
    ["FOREMAN_RUNNER", "command:/path with/a b.sh", { localCommand: "/path with/a b.sh" }],
    [
      "FOREMAN_ARTIFACT_RUN_MB",
      "5",
      { artifacts: { ...ArtifactLimits.defaults, runBytes: 5 * 1024 ** 2 } }
    ],
    [
      "FOREMAN_ARTIFACT_QUOTA_MB",
      "1000",
      { artifacts: { ...ArtifactLimits.defaults, organizationBytes: 1000 * 1024 ** 2 } }
    ],
    [
      "FOREMAN_ARTIFACT_RETENTION_DAYS",
      "30",
      { artifacts: { ...ArtifactLimits.defaults, retentionDays: 30 } }
    ],
    ["FOREMAN_NODE", "node-1.example_org", { node: "node-1.example_org" }],
    ["FOREMAN_RUNNER", "codex", { localCommand: undefined, localRunner: "codex" }]
  ]
  for (const [name, text, expected] of good) {
    it(`${name} takes ${text}`, () => {
      expect(Result.getOrThrow(Settings.read({ [name]: text }))).toMatchObject(expected)
    })
  }

  const bad: ReadonlyArray<readonly [string, string]> = [
    ["FOREMAN_ARTIFACT_RUN_MB", "0"],
    ["FOREMAN_ARTIFACT_QUOTA_MB", "1.5"],
    ["FOREMAN_ARTIFACT_RETENTION_DAYS", "-1"],
    ["FOREMAN_ARTIFACT_RETENTION_DAYS", "ever"],
    ["FOREMAN_HTTP_ADDR", "8080"],
    ["FOREMAN_HTTP_ADDR", ":8080"],
    ["FOREMAN_HTTP_ADDR", "localhost"],
    ["FOREMAN_HTTP_ADDR", "localhost:"],
    ["FOREMAN_HTTP_ADDR", "localhost:65536"],
    ["FOREMAN_HTTP_ADDR", "localhost:-1"],
    ["FOREMAN_HTTP_ADDR", "localhost:80a"],
    ["FOREMAN_HTTP_ADDR", "::1:80"],
    ["FOREMAN_HTTP_ADDR", "http://localhost:80"],
    ["DATABASE_URL", "mysql://u:secret@localhost/f"],
    ["DATABASE_URL", "localhost:5432/f"],
    ["DATABASE_URL", "postgres://"],
    ["DATABASE_URL", "sqlite:"],
    ["DATABASE_URL", "sqlite://host/f.db"],
    ["FOREMAN_DB_PATH", "postgres://u:secret@localhost/f"],
    ["FOREMAN_DB_PATH", "sqlite:/data/f.db"],
    ["FOREMAN_LOG_LEVEL", "loud"],
    ["FOREMAN_SLOW_COMMAND_MS", "0"],
    ["FOREMAN_SLOW_COMMAND_MS", "1s"],
    ["FOREMAN_AUTH", "closed"],
    ["FOREMAN_DISPATCH", "on"],
    ["FOREMAN_RUNNER", "Codex"],
    ["FOREMAN_RUNNER", "command:"],
    ["FOREMAN_RUNNER", "/bin/agent.sh"],
    ["FOREMAN_NODE", "a b"],
    ["FOREMAN_NODE", "n".repeat(65)],
    ["FOREMAN_HTTP_PORT", "8080"],
    ["FOREMAN_", "x"]
  ]
  for (const [name, text] of bad) {
    it(`${name} refuses ${text}, and says what it takes`, () => {
      const refused = Settings.read({ [name]: text })
      expect(Result.isFailure(refused) && refused.failure).toMatchObject({
        _tag: "SettingsInvalid",
        name
      })
      expect(Result.isFailure(refused) && refused.failure.message).toMatch(name)
      expect(Result.isFailure(refused) && refused.failure.message).not.toMatch("secret")
    })
  }

  it("names one place of the store, not two", () => {
    const both = { DATABASE_URL: "postgres://localhost/f", FOREMAN_DB_PATH: "f.db" }
    const refused = Settings.read(both)
    expect(Result.isFailure(refused) && refused.failure.message).toBe(
      "DATABASE_URL is set and so is FOREMAN_DB_PATH: say one place, not two"
    )
    expect(Result.isSuccess(Settings.read({ ...both, FOREMAN_DB_PATH: "" }))).toBe(true)
  })

  it("is not mistaken for what a run is given", () => {
    const environment = {
      FOREMAN_TASK_ID: "7",
      FOREMAN_RUN_TOKEN: "x",
      FOREMAN_API_URL: "http://x"
    }
    expect(Result.isSuccess(Settings.read(environment))).toBe(true)
    expect(Result.isFailure(Settings.read({ FOREMAN_RUNS: "2" }))).toBe(true)
  })
})

describe("the wait for a dispatch", () => {
  it("is shorter than a request may take", () => {
    const read = (text: string) => Settings.read({ FOREMAN_DISPATCH_WAIT_MS: text })
    expect(Result.getOrThrow(read("0")).manager).toEqual({ waitMillis: 0 })
    for (const text of ["30000", "-1", "1.5", "soon"]) {
      const refused = Result.getOrThrow(Result.flip(read(text)))
      expect(refused.message).toContain(`FOREMAN_DISPATCH_WAIT_MS should be milliseconds`)
    }
  })
})

describe("open access", () => {
  const open = (address: string) =>
    Result.isSuccess(Settings.read({ FOREMAN_AUTH: "open", FOREMAN_HTTP_ADDR: address }))

  it("is given on loopback addresses", () => {
    for (const host of ["127.0.0.1", "127.8.9.10", "localhost", "[::1]"]) {
      expect(open(`${host}:80`), host).toBe(true)
    }
  })

  it("is refused on all others", () => {
    const hosts = ["0.0.0.0", "[::]", "10.0.0.1", "127.0.0.1.example", "localhost.example"]
    for (const host of [...hosts, "1127.0.0.1", "127.0.0", "[::ffff:7f00:1]"]) {
      expect(open(`${host}:80`), host).toBe(false)
    }
  })
})
