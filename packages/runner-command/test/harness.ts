import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { Effect } from "effect"
import type { Scope } from "effect"

import type { AgentRunner } from "@foreman/core"
import { Supervisor } from "@foreman/process"
import { CommandRunner } from "@foreman/runner-command"

/** A program that plays the scenarios of the suite. */
export const agent = fileURLToPath(new URL("fixtures/agent.mjs", import.meta.url))

export const folder = Effect.acquireRelease(
  Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "foreman-command-")))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A runner with a folder of its own, in which commands and output lie. */
export const made = Effect.fnUntraced(function* (fixed?: ReadonlyArray<string>) {
  const base = yield* folder
  const options = {
    baseFolder: base,
    outputFolder: join(base, "output"),
    environment: { GIVEN: "by the server" },
    graceSeconds: 0.1
  }
  const runner = yield* (
    fixed === undefined ? CommandRunner.make(options) : CommandRunner.fixed("fixed", fixed, options)
  ).pipe(Effect.provideService(Supervisor.Supervisor, yield* Supervisor.make()))
  return { runner, base, workspace: yield* folder }
})

export const specOf = (
  config: Readonly<Record<string, unknown>>,
  workspace: string,
  changes: Partial<AgentRunner.RunSpec> = {}
): AgentRunner.RunSpec => ({
  runId: "run-1",
  taskId: 1,
  attempt: 1,
  agent: { id: "agent", name: "agent", model: "model", config },
  prompt: "asked",
  workspace,
  environment: {},
  timeoutSeconds: 20,
  maxOutputBytes: 100_000,
  ...changes
})

export const script = (path: string, text: string, mode = 0o755) => {
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, mode)
}

export const scoped = (body: () => Effect.fn.Return<void, unknown, Scope.Scope>) => {
  const effect = Effect.fnUntraced(body)
  return () => Effect.scoped(effect())
}
