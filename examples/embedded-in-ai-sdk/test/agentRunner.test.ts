import { createOpenAI } from "@ai-sdk/openai"
import { createForeman } from "@foreman/core"
import { ModelScript, OpenAiModelServer } from "@foreman/testkit"
import { isStepCount, jsonSchema, tool, ToolLoopAgent } from "ai"
import { ManagedRuntime } from "effect"
import { afterEach, describe, expect, it } from "vitest"
import { agentRunner } from "../src/agentRunner.ts"

const open: Array<() => Promise<void>> = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

/** A Foreman whose one agent is a loop that may make three steps, and a task for it. */
const given = async (script: ModelScript.ModelScript) => {
  const runtime = ManagedRuntime.make(OpenAiModelServer.layer({ script }))
  open.push(() => runtime.dispose())
  const server = await runtime.runPromise(OpenAiModelServer.OpenAiModelServer)
  const model = createOpenAI({ baseURL: `${server.url}/v1`, apiKey: "any" })("scripted")
  const look = tool({
    inputSchema: jsonSchema<object>({ type: "object", properties: {} }),
    execute: () => "nothing"
  })
  const makeAgent = () =>
    new ToolLoopAgent({ model, tools: { look }, stopWhen: isStepCount(3), maxRetries: 0 })
  const foreman = await createForeman({ runners: [agentRunner("loop", makeAgent)] })
  open.push(foreman.close)
  const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
  await foreman.createAgent({ teamId, name: "ada", config: { runner: "loop" } })
  const { id: taskId } = await foreman.createTask({ teamId, title: "Look around" })
  const until = async (type: string) => {
    const signal = AbortSignal.timeout(20_000)
    const usage: Array<unknown> = []
    for await (const event of foreman.events({ after: "0", signal })) {
      if (event.type === "run.usage_reported") usage.push(event.data)
      if (event.type === type) return usage
    }
    throw new Error(`No ${type} in twenty seconds`)
  }
  const run = async () => {
    const [latest] = (await foreman.listTaskRuns({ taskId })).items
    if (latest === undefined) throw new Error("The task has no run")
    return latest
  }
  return { foreman, run, runtime, server, taskId, until }
}

describe("agentRunner", () => {
  it("keeps what the agent said, and what it has used in all", async () => {
    const usage = { input: 70, cached: 20, output: 8, reasoning: 3 }
    const script = ModelScript.make([
      ModelScript.call("look", {}, { usage }),
      ModelScript.say("There is nothing.", { usage })
    ])
    const { foreman, run, until } = await given(script)
    const reports = await until("run.succeeded")
    const total = {
      input_tokens: 140,
      cached_input_tokens: 40,
      output_tokens: 16,
      reasoning_tokens: 6
    }
    expect(reports.at(-1)).toMatchObject(total)
    const { answer, id: runId } = await run()
    expect(answer).toBe("There is nothing.")
    expect((await foreman.getTaskRunOutput({ runId })).text).toBe("There is nothing.")
  })

  it("stops the model in mid-answer when its task is cancelled", async () => {
    const { foreman, run, runtime, server, taskId, until } = await given(
      ModelScript.make([ModelScript.hang()])
    )
    await runtime.runPromise(server.until((exchanges) => exchanges.length === 1))
    await until("run.started")
    await foreman.changeTaskStatus({ taskId, status: "cancelled" })
    const exchanges = await runtime.runPromise(
      server.until(([exchange]) => exchange !== undefined && exchange.end !== "open")
    )
    expect(exchanges.map(({ end }) => end)).toEqual(["client_left"])
    expect(await run()).toMatchObject({ status: "cancelled" })
  })

  it("fails a run whose agent comes to no end", async () => {
    const script = ModelScript.make([ModelScript.repeat(ModelScript.call("look"))])
    const { foreman, run, taskId, until } = await given(script)
    const reports = await until("run.failed")
    // Three steps of a hundred tokens: what was used counts, however it ended.
    expect(reports.at(-1)).toMatchObject({ input_tokens: 300 })
    expect(await run()).toMatchObject({ status: "failed" })
    expect(await foreman.getTask({ taskId })).toMatchObject({ lastOutcome: "failed" })
  })

  it("fails a run whose model fails", async () => {
    const { run, until } = await given(ModelScript.make([ModelScript.fail(500)]))
    await until("run.failed")
    expect(await run()).toMatchObject({ status: "failed" })
  })
})
