/**
 * The guides of the manager API and of manager agents: every line of theirs that asks a server is run
 * by a shell against one, and what they show has the keys that they show.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { AgentRunnerMemory, type Foreman, Manager, Settings } from "@foreman/core"
import { OpenClawGateway, WebhookNotifier } from "@foreman/gateway-openclaw"
import { HttpServer } from "@foreman/http"
import { TestForeman } from "@foreman/testkit"
import { Context, Effect, Exit, Layer, Logger, Scope } from "effect"
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

const token = "fmn_op_the_token_of_the_operator"
const managerToken = "fmn_agt_the_token_of_the_manager"
const home = await mkdtemp(join(tmpdir(), "foreman-guides-"))
const scope = Scope.makeUnsafe()
let url: string

beforeAll(async () => {
  await mkdir(join(home, ".foreman"))
  await writeFile(join(home, ".foreman/token"), token)
  await writeFile(join(home, ".foreman/manager-token"), managerToken)
  const behaviour: AgentRunnerMemory.Behaviour = ({ prompt }) =>
    prompt.includes("Wait") ? Effect.never : Effect.succeed({ output: "It is done." })
  const foreman: Layer.Layer<Foreman> = TestForeman.layer({
    access: { mode: "token", operatorToken: token, managerToken },
    runners: [AgentRunnerMemory.make("local", behaviour)],
    reactors: {}
  }).pipe(Layer.provide(Layer.succeed(Manager.ManagerConfig, { waitMillis: 4_000 })))
  const server = Layer.unwrap(
    Effect.map(OpenClawGateway.make, (gateway) =>
      HttpServer.layer({ address: { port: 0 }, mounts: [gateway] })
    )
  ).pipe(Layer.provide(Layer.merge(foreman, Logger.layer([]))))
  const context = await Effect.runPromise(Layer.buildWithScope(server, scope))
  url = Context.get(context, HttpServer.HttpServer).url
})

afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  await rm(home, { recursive: true, force: true })
})

const guide = (name: string) =>
  readFile(join(import.meta.dirname, `../../../docs/guides/${name}.md`), "utf8")

const blocksOf = (text: string, language: string): ReadonlyArray<string> =>
  [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, name, body = ""]) =>
    name === language ? [body] : []
  )

/** Runs all of it in one shell, which ends at the first line that fails. Answers each line's words. */
const run = (script: string): Promise<ReadonlyArray<string>> =>
  new Promise((resolve, reject) => {
    const here = script.replaceAll("http://127.0.0.1:8080", url)
    // Each answer begins a line of its own.
    const text = `set -euo pipefail\ncurl() { command curl -w '\\n' "$@"; }\n${here}`
    execFile("bash", ["-c", text], { cwd: home, timeout: 55_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim().split("\n"))
      else reject(new Error(`${stdout}${stderr}`, { cause: error }))
    })
  })

const keysOf = (value: object) => Object.keys(value).toSorted()

describe("the guide of the manager API", () => {
  it("shows lines that all succeed, and answers as they are", async () => {
    const text = await guide("manager-api")
    const script = blocksOf(text, "sh").join("\n")
    const answers = await run(script)
    const asked = script
      .split("\n")
      .filter(
        (line) =>
          line.startsWith("foreman $") ||
          line.startsWith("foreman -") ||
          line.startsWith('foreman "')
      )
    assert.lengthOf(answers, asked.length)
    assert.isAbove(asked.length, 14)
    const [shown = ""] = blocksOf(text, "json")
    const [first = ""] = answers
    assert.deepStrictEqual(keysOf(JSON.parse(first)), keysOf(JSON.parse(shown)))
    const pushed = answers.find((answer) => answer.includes("approval_needed"))
    assert.include(pushed, '"task_id":"2"')
    assert.include(answers.at(-1), '"task_state":"canceled"')
  })
})

describe("the guide of manager agents", () => {
  it("shows an envelope that is carried out", async () => {
    const [answer = ""] = await run(blocksOf(await guide("manager-agents"), "sh").join("\n"))
    assert.deepInclude(JSON.parse(answer), { kind: "completion", summary: "Mend the login" })
  })

  it("shows what a webhook is sent, and names every setting", async () => {
    const text = await guide("manager-agents")
    const [shown = ""] = blocksOf(text, "json")
    const sent = WebhookNotifier.bodyOf({
      kind: "approval_needed",
      key: "a:1",
      at: "2026-01-01T00:00:00.000000Z",
      organizationId: "a",
      projectId: "demo",
      moduleId: "module-default",
      taskId: "42",
      summary: "git push origin main",
      approvalId: "b",
      reason: "git push requires approval",
      riskLevel: "high"
    })
    const body = JSON.parse(shown)
    assert.deepStrictEqual(keysOf(body), keysOf(sent))
    assert.deepStrictEqual(keysOf(body.data), keysOf(sent.data))
    const settings = Object.keys(Settings.names).filter((name) => /OPENCLAW|WEBHOOK/.test(name))
    assert.lengthOf(settings, 6)
    for (const name of settings) assert.include(text, `\`${name}\``)
  })
})
