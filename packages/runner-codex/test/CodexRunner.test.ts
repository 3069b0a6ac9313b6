import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"

import type { AgentRunner } from "@foreman/core"
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
import { pause } from "./pausing.ts"
import { begunAnew, killed, play, resumed, scenes } from "./scenes.ts"
import type { Scene } from "./scene.ts"

const base = mkdtempSync(join(tmpdir(), "foreman-codex-suite-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const suite = (scenario: string) => ({
  codex_path: program(join(base, scenario), [process.execPath, fixture("suite.mjs"), scenario])
})

/** A runner that forces soon whom nothing else ends, and leaves the others their time. */
const runner = Effect.gen(function* () {
  const patient = (yield* made()).runner
  const hasty = (yield* made({ graceSeconds: 0.1 })).runner
  const isDeaf = ({ agent }: AgentRunner.RunSpec) =>
    String(agent.config["codex_path"]).startsWith(join(base, "family"))
  const run: AgentRunner.AgentRunner["run"] = (spec, started) =>
    (isDeaf(spec) ? hasty : patient).run(spec, started)
  return { ...patient, run }
})

RunnerSuite.run("codex", {
  runner,
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
const perform = (
  { base: folder, runner, workspace }: Stage,
  scene: Scene,
  path = cassette(scene.cassette)
) => {
  const words = [process.execPath, fixture("player.mjs"), path]
  const config = { codex_path: program(folder, words), ...scene.config }
  const environment = { FOREMAN_TASK_ID: "1", FOREMAN_API_URL: "http://127.0.0.1:9" }
  const spec = specOf(config, workspace, { environment, ...scene.spec })
  return play(scene, { runner, spec, has: () => undefined })
}

/** The same with three seconds in which nobody says a word: while its command runs, or at the end. */
const performSilently = Effect.fnUntraced(function* (stage: Stage, scene: Scene) {
  const lines = readFileSync(cassette(scene.cassette), "utf8").trimEnd().split("\n")
  const begins = /"item\/started".*"commandExecution"/
  const at = lines.findIndex((line) => begins.test(line)) + 1 || lines.length
  const { lines: silence, passing } = pause(stage.base, 3)
  const path = join(stage.base, "silent.txt")
  writeFileSync(path, lines.toSpliced(at, 0, ...silence).join("\n"))
  yield* Effect.forkScoped(passing)
  return yield* perform(stage, scene, path)
})

describe("codex from a cassette", () => {
  for (const scene of scenes) {
    const isTimed = scene.config?.["silence_seconds"] !== undefined
    const [test, playing] = isTimed ? [it.effect, performSilently] : [it.live, perform]
    test(
      scene.name,
      scoped(function* () {
        scene.check(yield* playing(yield* made({ foremanMcp: tools }), scene))
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
