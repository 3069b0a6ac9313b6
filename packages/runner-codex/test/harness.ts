import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { Effect } from "effect"
import type { Scope } from "effect"

import type { AgentRequest, AgentRunner } from "@foreman/core"
import { Supervisor } from "@foreman/process"
import { CodexRunner } from "@foreman/runner-codex"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Where `npm run codex:install` puts Codex. */
export const installed = here("../../../.tools/codex/node_modules/.bin/codex")

export const cassette = (name: string) => here(`cassettes/${name}.txt`)
export const fixture = (name: string) => here(`fixtures/${name}`)

export const folder = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "foreman-codex-")))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }))
)

/** A program that passes itself off as Codex of some version and else is another one. */
export const program = (
  base: string,
  words: ReadonlyArray<string>,
  version = "codex-cli 0.169.0"
): string => {
  mkdirSync(base, { recursive: true })
  const path = join(mkdtempSync(join(base, "program-")), "codex")
  const quoted = words.map((word) => `'${word}'`).join(" ")
  const script = `#!/bin/sh\n[ "$1" = --version ] && echo '${version}' && exit\nexec ${quoted} "$@"\n`
  writeFileSync(path, script)
  chmodSync(path, 0o755)
  return path
}

/** A runner with folders of its own. */
export const made = Effect.fnUntraced(function* (options: Partial<CodexRunner.Options> = {}) {
  const base = yield* folder
  const stateFolder = join(base, "state")
  const supervisor = yield* Supervisor.make()
  // The shells of agents read the profile of whoever's home it is.
  const environment = { HOME: base }
  // Who ends by itself may take its time: how it ended is what is looked at.
  const own = { stateFolder, environment, graceSeconds: 20 }
  const runner = yield* CodexRunner.make({ ...own, ...options }).pipe(
    Effect.provideService(Supervisor.Supervisor, supervisor)
  )
  const workspace = join(base, "place", "workspace")
  mkdirSync(workspace, { recursive: true })
  return { runner, base, stateFolder, workspace }
})

export const specOf = (
  config: Readonly<Record<string, unknown>>,
  workspace: string,
  changes: Partial<AgentRunner.RunSpec> = {}
): AgentRunner.RunSpec => ({
  runId: "run-1",
  taskId: 1,
  attempt: 1,
  agent: { id: "agent", name: "agent", model: "gpt-5.5", config },
  prompt: "what is asked",
  workspace,
  environment: { FOREMAN_TASK_ID: "1", FOREMAN_RUN_TOKEN: "a token of its own" },
  timeoutSeconds: 40,
  maxOutputBytes: 5_000_000,
  ...changes
})

/** Answers each request in the same way, and remembers all of them. */
export const answering = (verdict: AgentRequest.Verdict) => {
  const asked: Array<AgentRequest.AgentRequest> = []
  const permission = (request: AgentRequest.AgentRequest) =>
    Effect.sync(() => {
      asked.push(request)
      return verdict
    })
  return { asked, permission }
}

/** The folders that a runner keeps for tasks. */
export const homesIn = (stateFolder: string): ReadonlyArray<string> =>
  readdirSync(join(stateFolder, "homes"))

/** Has every kept thread be one that Codex does not know. */
export const abandonThread = (stateFolder: string): void => {
  for (const home of homesIn(stateFolder)) {
    const path = join(stateFolder, "homes", home, "home", "foreman-thread")
    writeFileSync(path, "01a1fc32-0875-7d63-b0fc-000000000000")
  }
}

export const scoped = (body: () => Effect.fn.Return<void, unknown, Scope.Scope>) => {
  const effect = Effect.fnUntraced(body)
  return () => Effect.scoped(effect())
}
