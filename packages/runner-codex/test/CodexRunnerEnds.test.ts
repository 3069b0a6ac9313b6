import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { Supervisor } from "@foreman/process"
import { CodexRunner } from "@foreman/runner-codex"
import { answering, fixture, folder, homesIn, made, program, scoped, specOf } from "./harness.ts"
import { pause } from "./pausing.ts"

const thread = "01a1fc19-9d7a-7d20-aa9c-61556f7aeb9c"

const begun = [
  `> {"method":"initialize"}`,
  `< {"id":1,"result":{}}`,
  `> {"method":"initialized"}`,
  `> {"method":"thread/start"}`,
  `< {"id":2,"result":{"thread":{"id":"${thread}"}}}`,
  `> {"method":"turn/start"}`,
  `< {"id":3,"result":{"turn":{"id":"turn","status":"inProgress","error":null}}}`
]

const notice = (method: string, params: object) =>
  `< ${JSON.stringify({ method, params: { threadId: thread, ...params } })}`

const completed = notice("turn/completed", { turn: { id: "turn", status: "completed" } })

type Stage = Effect.Success<ReturnType<typeof made>>

/** Has lines played that were never recorded. */
const playing = (
  { base, runner, workspace }: Stage,
  lines: ReadonlyArray<string>,
  changes: Parameters<typeof specOf>[2] = {}
) => {
  const path = join(base, `${lines.length}.txt`)
  writeFileSync(path, lines.join("\n"))
  const words = [process.execPath, fixture("player.mjs"), path]
  const config = { codex_path: program(base, words) }
  return runner.run(specOf(config, workspace, changes), Effect.void)
}

const shell = ({ base, runner, workspace }: Stage, script: string) => {
  const config = { codex_path: program(base, ["/bin/sh", "-c", script, "codex"]) }
  return runner.run(specOf(config, workspace), Effect.void)
}

const textOf = (result: { readonly output: Stream.Stream<Uint8Array, unknown> }) =>
  Stream.mkString(Stream.decodeText(result.output))

describe("codex that cannot be used", () => {
  const refusal = (codex_path: string) =>
    Effect.flatMap(made(), ({ runner }) => Effect.flip(runner.check({ codex_path })))

  it.live(
    "is missing",
    scoped(function* () {
      const error = yield* refusal("/nowhere/codex")
      assert.deepInclude(error, { runner: "codex", reason: "unavailable", retryable: false })
      assert.include(error.detail, "/nowhere/codex does not exist")
    })
  )

  it.live(
    "is in no folder of PATH, and says how to install it",
    scoped(function* () {
      const stateFolder = yield* folder
      const supervisor = yield* Supervisor.make({ environment: { PATH: ".:/nowhere" } })
      const runner = yield* CodexRunner.make({ stateFolder }).pipe(
        Effect.provideService(Supervisor.Supervisor, supervisor)
      )
      const { detail } = yield* Effect.flip(runner.check({}))
      assert.include(detail, "codex is in no folder of PATH")
      assert.include(detail, "npm install --global @openai/codex")
    })
  )

  it.live(
    "is too old, and says which version is needed",
    scoped(function* () {
      const path = program(yield* folder, ["true"], "codex-cli 0.150.3")
      const { detail, reason } = yield* Effect.flip(
        Effect.flatMap(made(), ({ runner }) => runner.check({ codex_path: path }))
      )
      assert.strictEqual(reason, "unavailable")
      assert.include(detail, `version 0.150.3; ${CodexRunner.oldestVersion} or newer is needed`)
    })
  )

  it.live(
    "does not say which version it is",
    scoped(function* () {
      const { detail } = yield* refusal(program(yield* folder, ["true"], "hello"))
      assert.include(detail, "does not say its version")
    })
  )

  const wrong: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>]> = [
    ["a relative path", { codex_path: "codex" }],
    ["a sandbox that is none", { sandbox: "danger-full-access" }],
    ["a provider without an address", { model_provider: {} }],
    ["an address that is none", { model_provider: { base_url: "file:///etc" } }],
    ["silence of no time", { silence_seconds: 0 }],
    [
      "a key that the server does not pass on",
      { model_provider: { base_url: "http://127.0.0.1:9", env_key: "DATABASE_URL" } }
    ]
  ]
  for (const [name, config] of wrong) {
    it.live(
      `is configured with ${name}`,
      scoped(function* () {
        const { runner } = yield* made({ keys: { MODEL_API_KEY: "key" } })
        assert.strictEqual((yield* Effect.flip(runner.check(config))).reason, "config")
      })
    )
  }
})

describe("codex that says what nobody expects", () => {
  it.live(
    "is heard in spite of lines that are no message",
    scoped(function* () {
      const lines = [...begun, "! raw no JSON", `! raw {"neither":1}`, completed]
      const result = yield* playing(yield* made(), lines)
      assert.strictEqual(result.outcome, "succeeded")
      assert.include(yield* textOf(result), "no JSON")
    })
  )

  it.live(
    "ends as malformed when hardly anything is a message",
    scoped(function* () {
      const noise = Array.from({ length: 200 }, () => "! raw noise")
      const result = yield* playing(yield* made(), [...begun, ...noise, "! hang"])
      assert.deepStrictEqual([result.outcome, result.cause], ["failed", "malformed_output"])
      assert.include(yield* textOf(result), "noise")
    })
  )

  it.live(
    "ends as unfinished when it goes within its turn",
    scoped(function* () {
      const result = yield* playing(yield* made(), [...begun, "! exit 0"])
      assert.deepStrictEqual([result.outcome, result.cause], ["failed", "unfinished"])
    })
  )

  it.live(
    "ends as refused when it will not begin, with its words",
    scoped(function* () {
      const no = `< {"id":1,"error":{"code":-32600,"message":"not today"}}`
      const result = yield* playing(yield* made(), [...begun.slice(0, 1), no])
      assert.deepStrictEqual([result.outcome, result.cause], ["failed", "refused"])
      assert.include(result.answer, "not today")
    })
  )

  it.live(
    "is refused what the runner does not know, and goes on",
    scoped(function* () {
      const asks = `< {"id":7,"method":"item/permissions/requestApproval","params":{}}`
      const refused = `> {"id":7,"error":{"code":-32601}}`
      const result = yield* playing(yield* made(), [...begun, asks, refused, completed])
      assert.strictEqual(result.outcome, "succeeded", yield* textOf(result))
    })
  )

  it.live(
    "is not believed about the turns and the words of other threads",
    scoped(function* () {
      const other = { threadId: "another" }
      const item = { type: "agentMessage", id: "1", text: "of another" }
      const lines = [
        ...begun,
        notice("item/completed", { item, ...other }),
        notice("turn/completed", { turn: { id: "x", status: "failed" }, ...other }),
        completed
      ]
      const { answer, outcome } = yield* playing(yield* made(), lines)
      assert.deepStrictEqual(
        [outcome, answer],
        ["succeeded", "Codex ended its turn without a word."]
      )
    })
  )
})

describe("codex that asks", () => {
  const toolCall = JSON.stringify({
    id: 4,
    method: "mcpServer/elicitation/request",
    params: {
      threadId: thread,
      serverName: "shop",
      mode: "form",
      _meta: {
        codex_approval_kind: "mcp_tool_call",
        tool_name: "buy",
        tool_params: { what: "tea" }
      },
      message: `Allow the shop MCP server to run tool "buy"?`,
      requestedSchema: { type: "object", properties: {} }
    }
  })
  const said = (action: string, content: string) =>
    `> {"id":4,"result":{"action":"${action}","content":${content},"_meta":null}}`

  it.live(
    "for a tool is answered as the verdict is",
    scoped(function* () {
      const stage = yield* made()
      const { asked, permission } = answering({ _tag: "Allow" })
      const lines = [...begun, `< ${toolCall}`, said("accept", "{}"), completed]
      const result = yield* playing(stage, lines, { permission })
      assert.strictEqual(result.outcome, "succeeded", yield* textOf(result))
      assert.deepStrictEqual(asked, [
        {
          _tag: "ToolCall",
          server: "shop",
          tool: "buy",
          arguments: { what: "tea" },
          isReadOnly: false
        }
      ])
    })
  )

  it.live(
    "is denied when nobody is there to ask",
    scoped(function* () {
      const lines = [...begun, `< ${toolCall}`, said("decline", "null"), completed]
      const result = yield* playing(yield* made(), lines)
      assert.strictEqual(result.outcome, "succeeded", yield* textOf(result))
    })
  )

  it.effect(
    "is not taken for silent while a person thinks",
    scoped(function* () {
      const stage = yield* made()
      const path = join(stage.base, "thinks.txt")
      const { lines, passing } = pause(stage.base, 0.6, false)
      const then = [`< ${toolCall}`, said("accept", "{}"), ...lines, completed]
      writeFileSync(path, [...begun, ...then].join("\n"))
      const words = [process.execPath, fixture("player.mjs"), path]
      const config = { codex_path: program(stage.base, words), silence_seconds: 0.8 }
      const permission = () => Effect.as(TestClock.adjust("1 minute"), { _tag: "Allow" } as const)
      yield* Effect.forkScoped(passing)
      const spec = specOf(config, stage.workspace, { permission })
      assert.strictEqual((yield* stage.runner.run(spec, Effect.void)).outcome, "succeeded")
    })
  )
})

describe("the folders of a run", () => {
  it.live(
    "are its owner's alone, with a login that is linked and not copied",
    scoped(function* () {
      const loginFile = join(yield* folder, "auth.json")
      writeFileSync(loginFile, "{}")
      const stage = yield* made({ loginFile })
      const script = 'ls -ld "$CODEX_HOME" >&2; readlink "$CODEX_HOME/auth.json" >&2; exit 3'
      const output = yield* textOf(yield* shell(stage, script))
      assert.match(output, /^drwx------ /m)
      assert.include(output, `${loginFile}\n`)
    })
  )

  it.live(
    "do not leave the empty folders of a sandbox behind, and take nothing else away",
    scoped(function* () {
      const stage = yield* made()
      const place = join(stage.base, "place")
      mkdirSync(join(place, ".codex"))
      const script = "mkdir ../.aws ../.git .agents; touch ../.git/HEAD; kill -9 $$"
      yield* Effect.scoped(Effect.asVoid(shell(stage, script)))
      assert.deepStrictEqual(readdirSync(place).toSorted(), [".codex", ".git", "workspace"])
      assert.deepStrictEqual(readdirSync(stage.workspace), [])
    })
  )

  it.live(
    "go when nobody came back to them for a week",
    scoped(function* () {
      const stage = yield* made()
      yield* Effect.scoped(Effect.asVoid(shell(stage, "kill -9 $$")))
      const [kept = ""] = homesIn(stage.stateFolder)
      const path = join(stage.stateFolder, "homes", kept)
      assert.isTrue(statSync(path).isDirectory())
      const old = Date.parse("2020-01-01T00:00:00Z") / 1_000
      utimesSync(path, old, old)
      mkdirSync(join(stage.base, "elsewhere"))
      const other = { ...stage, workspace: join(stage.base, "elsewhere") }
      yield* Effect.scoped(Effect.asVoid(shell(other, "exit 3")))
      assert.isFalse(existsSync(path))
    })
  )
})
