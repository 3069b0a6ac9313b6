import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"

import { ProcessIdentity } from "@foreman/process"
import { RunnerSuite } from "@foreman/testkit"
import {
  abandonThread,
  cassette,
  fixture,
  folder,
  homesIn,
  made,
  program,
  scoped,
  specOf
} from "./harness.ts"
import { begunAnew, killed, play, resumed, scenes } from "./scenes.ts"
import type { Scene } from "./scene.ts"

const base = mkdtempSync(join(tmpdir(), "foreman-codex-suite-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const suite = (scenario: string) => ({
  codex_path: program(base, [process.execPath, fixture("suite.mjs"), scenario])
})

RunnerSuite.run("codex", {
  runner: Effect.map(made({ graceSeconds: 0.1 }), ({ runner }) => runner),
  workspace: folder,
  output: "events",
  config: (scenario) => (scenario === "unusable" ? { codex_path: 1 } : suite(scenario)),
  processes: {
    config: suite,
    isAlive: (pid) =>
      Effect.flatMap(ProcessIdentity.of(pid), (found) =>
        found === undefined ? Effect.succeed(false) : ProcessIdentity.isAlive(found)
      )
  }
})

type Stage = Effect.Success<ReturnType<typeof made>>

const tools = { command: process.execPath, args: [fixture("tools.mjs")] }

/** Has a scene played from its cassette. */
const perform = ({ base: folder, runner, workspace }: Stage, scene: Scene) => {
  const words = [process.execPath, fixture("player.mjs"), cassette(scene.cassette)]
  const config = { codex_path: program(folder, words), ...scene.config }
  const environment = { FOREMAN_TASK_ID: "1", FOREMAN_API_URL: "http://127.0.0.1:9" }
  const spec = specOf(config, workspace, { environment, ...scene.spec })
  return play(scene, { runner, spec, has: () => undefined })
}

describe("codex from a cassette", () => {
  for (const scene of scenes) {
    it.live(
      scene.name,
      scoped(function* () {
        scene.check(yield* perform(yield* made({ foremanMcp: tools }), scene))
      })
    )
  }

  it.live(
    resumed.name,
    scoped(function* () {
      const stage = yield* made()
      yield* Effect.scoped(Effect.map(perform(stage, killed), (played) => killed.check(played)))
      assert.lengthOf(homesIn(stage.stateFolder), 1)
      yield* Effect.scoped(Effect.map(perform(stage, resumed), (played) => resumed.check(played)))
      assert.lengthOf(homesIn(stage.stateFolder), 0)
    })
  )

  it.live(
    begunAnew.name,
    scoped(function* () {
      const stage = yield* made()
      yield* Effect.scoped(perform(stage, killed))
      abandonThread(stage.stateFolder)
      begunAnew.check(yield* perform(stage, begunAnew))
    })
  )
})
