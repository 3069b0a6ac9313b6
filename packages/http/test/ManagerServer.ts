/**
 * A server whose local team has an agent that does what its task says, for the tests of the manager
 * API.
 */
import { assert } from "@effect/vitest"
import { AgentRunnerMemory, Manager } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { Deferred, Effect, Layer } from "effect"
import type { Options } from "../src/HttpServer.ts"
import { start, type TestServer, token } from "./TestServer.ts"

export interface ManagerServer extends TestServer {
  readonly get: (path: string) => ReturnType<TestServer["request"]>
  readonly post: (
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>
  ) => ReturnType<TestServer["request"]>
  readonly command: (
    body: unknown,
    headers?: Readonly<Record<string, string>>
  ) => ReturnType<TestServer["request"]>
  /** Lets the agents end that were asked to wait. */
  readonly finish: () => Promise<unknown>
}

/** What a task's words make its agent do: `fail`, `wait`, or else answer. */
const behaviour =
  (gate: Deferred.Deferred<void>): AgentRunnerMemory.Behaviour =>
  ({ prompt }) => {
    if (prompt.includes("fail")) return Effect.succeed({ exitCode: 1, output: "It is broken.\n" })
    const done = Effect.succeed({ output: "Working.\nIt is done.\n", answer: "It is done." })
    return prompt.includes("wait") ? Effect.andThen(Deferred.await(gate), done) : done
  }

export const startManager = async (
  options: Options = {},
  waitMillis = 20_000
): Promise<ManagerServer> => {
  const gate = Deferred.makeUnsafe<void>()
  const foreman = TestForeman.layer({
    access: { mode: "token", operatorToken: token },
    runners: [AgentRunnerMemory.make("local", behaviour(gate))],
    reactors: {}
  }).pipe(Layer.provide(Layer.succeed(Manager.ManagerConfig, { waitMillis })))
  const server = await start(options, foreman)
  const post: ManagerServer["post"] = (path, body, headers) =>
    server.request("POST", path, body, headers)
  return {
    ...server,
    get: (path) => server.request("GET", path),
    post,
    command: (body, headers) => post("/api/manager/commands", body, headers),
    finish: () => Effect.runPromise(Deferred.succeed(gate, undefined))
  }
}

/** Such a server with a task that is over, and with another project that has a module. */
export const startWithTask = async (): Promise<
  Readonly<{ server: ManagerServer; taskId: string; artifactId: string }>
> => {
  const server = await startManager()
  const { body } = await server.command({ kind: "create_task", summary: "Mend the login" })
  await server.command({ kind: "create_project", project_id: "other", name: "Other" })
  await server.command({ kind: "create_module", project_id: "other", module_id: "m", name: "M" })
  const { artifacts } = (await server.get(`/api/manager/runs/${body.run_id}/workbench`)).body
  return { server, taskId: body.task_id, artifactId: artifacts[0].id }
}

/** Whether an answer is a refusal in the form of the manager API. */
export const refused = async (
  answer: ReturnType<ManagerServer["get"]>,
  status: number,
  code: string,
  error?: string
): Promise<void> => {
  const { body, headers, status: actual, text } = await answer
  assert.deepStrictEqual([actual, body?.code], [status, code], text)
  assert.isString(body.error)
  assert.notProperty(body, "detail")
  assert.match(String(headers["content-type"]), /^application\/json/)
  if (error !== undefined) assert.strictEqual(body.error, error)
}
