/**
 * The model: one that follows a script on this machine and costs nothing, or OpenAI's when
 * `OPENAI_MODEL` names it, with the key in `OPENAI_API_KEY`.
 */
import { createOpenAI, openai } from "@ai-sdk/openai"
import { ModelScript, OpenAiModelServer } from "@foreman/testkit"
import type { LanguageModel } from "ai"
import { ManagedRuntime } from "effect"

export interface OpenModel extends AsyncDisposable {
  readonly model: LanguageModel
  readonly about: string
}

/** Opens the model that the environment asks for. */
export const openModel = async (): Promise<OpenModel> => {
  const name = process.env["OPENAI_MODEL"]
  if (name === undefined) return openScripted()
  return { model: openai(name), about: name, [Symbol.asyncDispose]: async () => undefined }
}

const openScripted = async (): Promise<OpenModel> => {
  const runtime = ManagedRuntime.make(OpenAiModelServer.layer({ script }))
  const { url } = await runtime.runPromise(OpenAiModelServer.OpenAiModelServer)
  const provider = createOpenAI({ baseURL: `${url}/v1`, apiKey: "none is looked at" })
  return {
    model: provider("scripted"),
    about: "a scripted model",
    [Symbol.asyncDispose]: () => runtime.dispose()
  }
}

type Turn = (request: ModelScript.ModelRequest) => ModelScript.Turn

/** Plans a task that waits for one given, or for the one that was planned last. */
const plan =
  (title: string, dependsOn?: ReadonlyArray<number>): Turn =>
  ({ prompts, results }) => {
    const [, teamId = ""] = /team ([\w-]{36})/.exec(prompts.join("\n")) ?? []
    const ids = results.flatMap(({ text }) => JSON.parse(text).id ?? [])
    const wanted = dependsOn ?? ids.slice(-1)
    return ModelScript.call("create_task", { team_id: teamId, title, depends_on: wanted })
  }

const script = ModelScript.make([
  ModelScript.on(ModelScript.asks("Plan "), [
    plan("List the changes"),
    plan("Write the release notes"),
    // No model is always right: it learns from the refusal that there is no such task.
    plan("Announce the release", [999]),
    plan("Announce the release"),
    ModelScript.say("Three tasks, one after the other.")
  ]),
  // Whoever carries out a task looks at what the tasks before it came to, and builds on it.
  ModelScript.repeat(({ prompt, results }) => {
    if (results.length === 0) return ModelScript.call("read_results")
    const before: ReadonlyArray<string> = JSON.parse(results.at(-1)?.text ?? "[]")
    const [, title = ""] = /^# Task \d+: (.*)$/m.exec(prompt) ?? []
    return ModelScript.say([...before, `${title}: done.`].join(" "))
  })
])
