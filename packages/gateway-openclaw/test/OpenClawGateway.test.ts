import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { AgentRunnerMemory, type Foreman, Manager } from "@foreman/core"
import { HttpServer } from "@foreman/http"
import { TestForeman } from "@foreman/testkit"
import { Context, Effect, Exit, Layer, Logger, Scope } from "effect"
import * as OpenClawGateway from "../src/OpenClawGateway.ts"

const token = "fmn_op_the_token_of_the_operator"
const scope = Scope.makeUnsafe()
let url: string

const runner = AgentRunnerMemory.make("local", ({ prompt }) =>
  Effect.succeed(prompt.includes("fail") ? { exitCode: 1 } : { output: "It is done." })
)

beforeAll(async () => {
  const foreman: Layer.Layer<Foreman> = TestForeman.layer({
    access: { mode: "token", operatorToken: token },
    runners: [runner],
    reactors: {}
  }).pipe(Layer.provide(Layer.succeed(Manager.ManagerConfig, { waitMillis: 5000 })))
  const server = Layer.unwrap(
    Effect.map(OpenClawGateway.make, (gateway) =>
      HttpServer.layer({ address: { port: 0 }, mounts: [gateway] })
    )
  ).pipe(Layer.provide(Layer.merge(foreman, Logger.layer([]))))
  const context = await Effect.runPromise(Layer.buildWithScope(server, scope))
  url = Context.get(context, HttpServer.HttpServer).url
})

afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const send = async (body: unknown, headers: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(`${url}/gateways/openclaw/command`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      ...headers
    },
    body: typeof body === "string" ? body : JSON.stringify(body)
  })
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
  const answer: any = await response.json()
  return { status: response.status, body: answer, headers: response.headers }
}

describe("an envelope", () => {
  it("is a manager's command, and its answer has the same kinds", async () => {
    const { body, headers, status } = await send({
      session_id: "s-1",
      action: "create_task",
      summary: "Mend the login"
    })
    assert.strictEqual(status, 200)
    assert.deepInclude(body, {
      kind: "completion",
      summary: "Mend the login",
      project_id: "demo",
      module_id: "module-default"
    })
    assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
    const dispatched = await send({
      session_id: "s-1",
      action: "dispatch_task",
      task_id: body.task_id
    })
    assert.deepInclude(dispatched.body, { kind: "completion", task_id: body.task_id })
  })

  it("carries project, module, scope and priority too", async () => {
    const made = await send({ action: "create_project", project_id: "web", name: "Web" })
    assert.deepInclude(made.body, { kind: "project_created", project_id: "web" })
    const wanted = { action: "create_module", project_id: "web", module_id: "api", name: "API" }
    assert.deepInclude((await send(wanted)).body, { kind: "module_created", module_id: "api" })
    const { body } = await send({
      action: "create_task",
      project_id: "web",
      module_id: "api",
      summary: "Read it",
      task_type: "read",
      write_scope: "module:api",
      acceptance: "It was read",
      priority: 90
    })
    assert.deepInclude(body, { kind: "completion", project_id: "web", module_id: "api" })
    const response = await fetch(`${url}/api/manager/tasks/${body.task_id}/workbench`, {
      headers: { authorization: `Bearer ${token}` }
    })
    assert.deepInclude(await response.json(), {
      task_type: "read",
      priority: 90,
      acceptance: "It was read",
      write_scope: "module:api"
    })
  })

  it("is carried out once under its key, wherever the key stands", async () => {
    const envelope = { action: "create_task", summary: "Only once" }
    const one = await send({ ...envelope, idempotency_key: "openclaw/1" })
    const two = await send({ ...envelope, idempotency_key: "openclaw/1" })
    const three = await send(envelope, { "idempotency-key": "openclaw/1" })
    assert.deepStrictEqual(
      [two.body.task_id, three.body.task_id],
      [one.body.task_id, one.body.task_id]
    )
    const other = await send({ ...envelope, summary: "x", idempotency_key: "openclaw/1" })
    assert.deepStrictEqual([other.status, other.body.code], [409, "IdempotencyKeyReused"])
  })

  it("that a person has to approve says so", async () => {
    const { body } = await send({ action: "create_task", summary: "git push origin main" })
    assert.deepInclude(body, { kind: "approval_needed", summary: "git push requires approval" })
    assert.property(body, "approval_id")
  })

  const rows: ReadonlyArray<readonly [string, unknown, number, string]> = [
    ["is no JSON", "{", 400, "MalformedBody"],
    ["is a list", [], 400, "MalformedBody"],
    ["is nothing", "", 400, "MalformedBody"],
    ["has no action", { session_id: "s" }, 400, "UnsupportedAction"],
    ["has an unknown action", { action: "launch" }, 400, "UnsupportedAction"],
    ["has an action that is no text", { action: { x: 1 } }, 400, "InvalidInput"],
    ["names a kind and no action", { kind: "create_task", summary: "x" }, 400, "UnsupportedAction"],
    [
      "has a key with spaces",
      { action: "create_task", idempotency_key: "a b" },
      400,
      "InvalidInput"
    ],
    ["has no task", { action: "dispatch_task", task_id: "9999" }, 404, "TaskActionNotFound"],
    [
      "has no project",
      { action: "create_task", summary: "x", project_id: "no" },
      404,
      "ProjectNotFound"
    ],
    ["has no words", { action: "create_task" }, 400, "FieldRequired"]
  ]
  for (const [name, body, status, code] of rows) {
    it(`that ${name} is refused`, async () => {
      const answer = await send(body)
      assert.deepStrictEqual([answer.status, answer.body.code], [status, code])
      assert.isString(answer.body.error)
    })
  }

  it("whose run fails says which task that is", async () => {
    const { body, status } = await send({ action: "create_task", summary: "Do fail" })
    assert.strictEqual(status, 500)
    assert.deepInclude(body, { code: "DispatchFailed", project_id: "demo", task_state: "failed" })
    assert.match(body.task_id, /^\d+$/)
  })

  it("is refused without a token, of another type, or from a page of another site", async () => {
    const task = { action: "create_task", summary: "x" }
    const none = await send(task, { authorization: "Bearer x" })
    assert.deepStrictEqual([none.status, none.body.code], [401, "NotAuthenticated"])
    assert.isString(none.body.error)
    const plain = await send(JSON.stringify(task), { "content-type": "text/plain" })
    assert.deepStrictEqual([plain.status, plain.body.code], [415, "UnsupportedMediaType"])
    const page = await send(task, { origin: "https://evil.example" })
    assert.deepStrictEqual([page.status, page.body.code], [403, "OriginNotAllowed"])
  })
})
