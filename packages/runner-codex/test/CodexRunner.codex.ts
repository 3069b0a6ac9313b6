/**
 * The same scenes by the real Codex, and what only the real one can show. `npm run test:codex` runs
 * it; with FOREMAN_RECORD=1 it also makes the cassettes anew.
 */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawn } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schedule } from "effect"

import { ModelScript, OpenAiModelServer } from "@foreman/testkit"
import {
  abandonThread,
  cassette,
  fixture,
  homesIn,
  installed,
  made,
  program,
  scoped,
  specOf
} from "./harness.ts"
import { begunAnew, escaping, killed, play, resumed, scenes } from "./scenes.ts"
import type { Scene } from "./scene.ts"

const isRecording = process.env["FOREMAN_RECORD"] === "1"
const secret = "a key that no command may see"
const retries = { request_max_retries: 1, stream_max_retries: 1 }
const tools = { command: process.execPath, args: [fixture("tools.mjs")] }

type Stage = Effect.Success<ReturnType<typeof made>>

const stageOf = (hasTools = false) =>
  made({
    codexPath: installed,
    graceSeconds: 1,
    keys: { MODEL_API_KEY: secret },
    ...(hasTools ? { foremanMcp: tools } : {})
  })

/** Has the real Codex play a scene, with a model that follows the scene's script. */
const perform = Effect.fnUntraced(function* (stage: Stage, scene: Scene) {
  const { base, workspace } = stage
  const server = yield* OpenAiModelServer.serve({ script: ModelScript.make(scene.script) })
  const url = scene.isRefused === true ? "http://127.0.0.1:9" : server.url
  const model_provider = { base_url: `${url}/v1`, env_key: "MODEL_API_KEY", ...retries }
  const isRecorded = isRecording && scene.cassette !== ""
  const words = [process.execPath, fixture("recorder.mjs"), realpathSync(installed)]
  const recorder = () => program(base, [...words, cassette(scene.cassette), url])
  const config = {
    model_provider,
    ...(isRecorded ? { codex_path: recorder() } : {}),
    ...scene.config
  }
  const api = scene.hasTools === true ? { FOREMAN_API_URL: "http://127.0.0.1:9" } : {}
  const environment = { FOREMAN_TASK_ID: "1", FOREMAN_RUN_TOKEN: secret, ...api }
  const spec = specOf(config, workspace, { environment, ...scene.spec })
  const has = (path: string) => existsSync(join(workspace, path))
  return yield* play(scene, { runner: stage.runner, spec, has })
})

/** A scene that is not recorded. */
const shown = (script: Scene["script"], rest: Partial<Scene> = {}): Scene => ({
  name: "",
  cassette: "",
  check: () => undefined,
  script,
  ...rest
})

/** Waits until something holds, twenty seconds at most. */
const eventually = (holds: () => boolean) =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.fail("not yet"))).pipe(
    Effect.retry({ times: 1_000, schedule: Schedule.spaced("20 millis") })
  )

/** The processes with this in their environment. */
const carrying = (text: string): ReadonlyArray<string> => {
  const script = 'grep -lsaF "$1" /proc/[0-9]*/environ || true'
  const found = execFileSync("sh", ["-c", script, "sh", text], { encoding: "utf8" })
  return found.split("\n").filter((line) => line !== "")
}

const commandLines = () => execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" })

describe("the real codex", () => {
  for (const scene of scenes) {
    it.live(
      scene.name,
      scoped(function* () {
        scene.check(yield* perform(yield* stageOf(scene.hasTools), scene))
      })
    )
  }

  it.live(
    resumed.name,
    scoped(function* () {
      const stage = yield* stageOf()
      yield* Effect.scoped(Effect.map(perform(stage, killed), (played) => killed.check(played)))
      assert.lengthOf(homesIn(stage.stateFolder), 1)
      yield* Effect.scoped(Effect.map(perform(stage, resumed), (played) => resumed.check(played)))
      assert.lengthOf(homesIn(stage.stateFolder), 0)
    })
  )

  it.live(
    "ends with the control plane that is killed, and the next one goes on with its thread",
    scoped(function* () {
      const stage = yield* stageOf()
      const { base, stateFolder, workspace } = stage
      const script = [ModelScript.shell("touch begun; sleep 48015")]
      const server = yield* OpenAiModelServer.serve({ script: ModelScript.make(script) })
      const config = { model_provider: { base_url: `${server.url}/v1`, ...retries } }
      const told = { stateFolder, codexPath: installed, home: base, workspace, config }
      const words = ["--conditions=@foreman/source", fixture("host.ts"), JSON.stringify(told)]
      const host = spawn(process.execPath, words, { stdio: "inherit" })
      yield* eventually(() => existsSync(join(workspace, "begun")))
      assert.isNotEmpty(carrying(`CODEX_HOME=${stateFolder}`))
      host.kill("SIGKILL")
      yield* eventually(() => carrying(`CODEX_HOME=${stateFolder}`).length === 0)
      assert.notInclude(commandLines(), "sleep 48015")
      const played = yield* perform(stage, { ...resumed, cassette: "" })
      resumed.check(played)
    })
  )

  it.live(
    begunAnew.name,
    scoped(function* () {
      const stage = yield* stageOf()
      yield* Effect.scoped(perform(stage, { ...killed, cassette: "" }))
      abandonThread(stage.stateFolder)
      begunAnew.check(yield* perform(stage, begunAnew))
    })
  )
})

describe("the sandbox of the real codex", () => {
  it.live(
    "lets a run write into its workspace and its own temporary folder alone",
    scoped(function* () {
      const stage = yield* stageOf()
      // Not tmpdir(): the folder that everybody shares.
      const shared = join("/", "tmp", `foreman-codex-${process.pid}`)
      const script = [
        `echo x > ${shared}`,
        "echo x > ../sibling",
        "echo x > .git/hooks/post-commit",
        "echo x > mine",
        'echo x > "$TMPDIR/mine" && echo could write to TMPDIR'
      ]
      mkdirSync(join(stage.workspace, ".git/hooks"), { recursive: true })
      const played = yield* perform(
        stage,
        shown([ModelScript.shell(script.join("; ")), ModelScript.say("Tried.")])
      )
      const leaked = existsSync(shared)
      rmSync(shared, { force: true })
      assert.isFalse(leaked)
      assert.deepStrictEqual(["../sibling", ".git/hooks/post-commit", "mine"].map(played.has), [
        false,
        false,
        true
      ])
      assert.include(played.output, "could write to TMPDIR\\n")
    })
  )

  it.live(
    "keeps the token and the key from commands, and from what it writes down",
    scoped(function* () {
      const stage = yield* stageOf(true)
      const played = yield* perform(
        stage,
        shown([ModelScript.shell("env; echo that was all"), ModelScript.say("Read.")], {
          hasTools: true
        })
      )
      assert.include(played.output, "FOREMAN_TASK_ID=1")
      assert.notInclude(played.output, secret)
      const found = execFileSync("sh", [
        "-c",
        `grep -rl '${secret}' '${stage.stateFolder}' || true`
      ])
      assert.strictEqual(found.toString(), "")
    })
  )

  it.live(
    "starts no program that the repository names in settings of its own",
    scoped(function* () {
      const stage = yield* stageOf()
      const trap = join(stage.base, "trap")
      const settings = `notify = ["touch", "${trap}"]
[mcp_servers.evil]
command = "/bin/sh"
args = ["-c", "touch '${trap}'"]
`
      mkdirSync(join(stage.workspace, ".codex"))
      writeFileSync(join(stage.workspace, ".codex/config.toml"), settings)
      execFileSync("git", ["init", "--quiet"], { cwd: stage.workspace })
      const script = [ModelScript.shell("sleep 0.5"), ModelScript.say("Done.")]
      const { result } = yield* perform(stage, shown(script))
      assert.strictEqual(result.outcome, "succeeded")
      assert.isFalse(existsSync(trap))
    })
  )
})

describe("what is left of the real codex", () => {
  it.live(
    "is nothing, when a command outside of the sandbox goes on after it is told to end",
    scoped(function* () {
      const stage = yield* stageOf()
      const command = "touch begun; setsid sleep 48013 & sleep 48014"
      const scene = shown([escaping(command)], { verdict: { _tag: "Allow" }, isStopped: true })
      const { result } = yield* perform(stage, scene)
      assert.strictEqual(result.cause, "cancelled")
      assert.notMatch(commandLines(), /sleep 4801[34]/)
      assert.notInclude(commandLines(), stage.stateFolder)
    })
  )

  it.live(
    "is nothing, after its scope: no home, no output, no empty folders beside the workspace",
    scoped(function* () {
      const stage = yield* stageOf()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { output } = yield* perform(stage, shown([ModelScript.say("Done.")]))
          assert.include(output, "Done.")
        })
      )
      assert.deepStrictEqual(homesIn(stage.stateFolder), [])
      assert.deepStrictEqual(readdirSync(join(stage.stateFolder, "runs")), [])
      assert.deepStrictEqual(readdirSync(join(stage.base, "place")), ["workspace"])
      assert.deepStrictEqual(readdirSync(stage.workspace), [])
    })
  )
})
