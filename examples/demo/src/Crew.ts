/**
 * Who does the work of the demo: a small shell script, or the real Codex with a model that follows a
 * script on this machine, so that it needs neither an account nor a network.
 */
import { ModelScript, OpenAiModelServer } from "@foreman/testkit"
import { Effect, Exit, Scope } from "effect"
import { existsSync } from "node:fs"
import { delimiter, isAbsolute, join, resolve } from "node:path"

export type Runner = "command" | "codex"

/** The agents' configuration, and what else was started for them. */
export interface Crew {
  readonly config: Readonly<Record<string, unknown>>
  /** Where the agents come from, when they are none of the demo's own. */
  readonly about: string | undefined
  readonly end: () => Promise<void>
}

/** Gets a crew together. Without Codex it fails with words for a person. */
export const gather = async (runner: Runner): Promise<Crew> => {
  if (runner === "command") {
    const command = [resolve(import.meta.dirname, "../agent.sh")]
    return { config: { runner, command }, about: undefined, end: async () => undefined }
  }
  const codexPath = findCodex()
  const scope = Scope.makeUnsafe()
  const serving = OpenAiModelServer.serve({ script: ModelScript.make([ModelScript.repeat(turn)]) })
  const { url } = await Effect.runPromise(Scope.provide(serving, scope))
  return {
    config: {
      runner,
      codex_path: codexPath,
      model: "gpt-5.5",
      model_provider: { name: "demo", base_url: `${url}/v1` }
    },
    about: `${codexPath} with a scripted model at ${url}`,
    end: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

const findCodex = (): string => {
  const own = resolve(import.meta.dirname, "../../../.tools/codex/node_modules/.bin")
  const folders = [own, ...(process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute)]
  const found = folders.map((folder) => join(folder, "codex")).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new Error(
    "Codex is not installed, so there is nothing to show. Install it with\n\n  npm run codex:install\n"
  )
}

/** Looks at its task with Foreman's own tools, writes that task's section, and says so. */
const turn = ({ prompts, results }: ModelScript.ModelRequest): ModelScript.Turn => {
  const [, id = "0", title = ""] = /^# Task (\d+): (.*)$/m.exec(prompts.join("\n")) ?? []
  const name = title.toLowerCase().replaceAll(" ", "-")
  const path = `site/${name}.html`
  if (results.length === 0) return ModelScript.mcp("foreman", "get_task", { task_id: Number(id) })
  const [seen] = results
  if (seen?.text.includes("in_progress") !== true) {
    return ModelScript.say(`Foreman's tools do not answer: ${seen?.text.slice(0, 1_000)}`)
  }
  if (results.length > 1) return ModelScript.say(`Wrote ${path}.`)
  const section = `<section id="${name}">${title}</section>`
  // Half of them by a patch, half by a command, as a model would.
  return Number(id) % 2 === 0
    ? ModelScript.answer([
        {
          type: "freeform",
          name: "apply_patch",
          input: `*** Begin Patch\n*** Add File: ${path}\n+${section}\n*** End Patch\n`
        }
      ])
    : ModelScript.shell(`mkdir -p site && printf '%s\\n' '${section}' > ${path}`)
}
