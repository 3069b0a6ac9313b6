/**
 * How the server's agents use Codex: with the login of `codex login`, else with an API key.
 */
import type { CodexRunner } from "@foreman/runner-codex"
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

/** What an agent's `env_key` may name. */
const keys = ["OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "OPENROUTER_API_KEY"]

const openAi: CodexRunner.ModelProvider = {
  name: "OpenAI",
  base_url: "https://api.openai.com/v1",
  env_key: "OPENAI_API_KEY"
}

/** Reads the environment of the server. The folder must lie neither in `TMPDIR` nor in a workspace. */
export const options = (
  environment: Readonly<Record<string, string | undefined>>,
  stateFolder: string,
  mcpPath: string
): CodexRunner.Options => {
  const home = environment["CODEX_HOME"] ?? join(homedir(), ".codex")
  const loginFile = join(home, "auth.json")
  const given = Object.fromEntries(
    keys.flatMap((name) => {
      const value = environment[name]
      return value === undefined || value === "" ? [] : [[name, value]]
    })
  )
  const usesKey = !existsSync(loginFile) && given["OPENAI_API_KEY"] !== undefined
  return {
    stateFolder,
    loginFile,
    keys: given,
    foremanMcp: { command: process.execPath, args: [mcpPath] },
    ...(usesKey ? { defaults: { model_provider: openAi } } : {})
  }
}
