/**
 * What Codex does with the runner, scene by scene. Each is played twice: from a cassette, and by the
 * real Codex with a scripted model, of which the cassette is a recording.
 */
import { assert } from "@effect/vitest"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schedule, Stream } from "effect"
import type { Scope } from "effect"

import type { AgentRequest, AgentRunner } from "@foreman/core"
import { ModelScript } from "@foreman/testkit"
import { answering } from "./harness.ts"
import { failures } from "./failures.ts"
import { ended, type Played, type Scene } from "./scene.ts"

/** A command that asks to be run outside of the sandbox. */
export const escaping = (cmd: string) =>
  ModelScript.call("exec_command", {
    cmd,
    sandbox_permissions: "require_escalated",
    justification: "it is needed"
  })

const patch = (path: string) =>
  ModelScript.answer([
    {
      type: "freeform",
      name: "apply_patch",
      input: `*** Begin Patch\n*** Add File: ${path}\n+hello\n*** End Patch\n`
    }
  ])

export const scenes: ReadonlyArray<Scene> = [
  ...failures,
  {
    name: "does what its model says, and answers what it said last",
    cassette: "works",
    script: [ModelScript.shell("echo hello > made.txt; echo made"), ModelScript.say("It is made.")],
    check: (played) => {
      assert.deepStrictEqual(ended(played), ["succeeded", "exit:0"])
      assert.strictEqual(played.result.answer, "It is made.")
      assert.strictEqual(played.result.exitCode, 0)
      assert.deepStrictEqual(played.asked, [])
      assert.include(played.output, `"aggregatedOutput":"made\\n"`)
      assert.notStrictEqual(played.has("made.txt"), false)
    }
  },
  {
    name: "tells what it has used as one total, never as a sum",
    cassette: "uses",
    script: [
      ModelScript.shell("true", {
        usage: { input: 1_000, cached: 400, output: 50, reasoning: 20 }
      }),
      ModelScript.shell("true", {
        usage: { input: 2_000, cached: 900, output: 70, reasoning: 30 }
      }),
      ModelScript.say("Done.", { usage: { input: 3_000, cached: 1_000, output: 80, reasoning: 0 } })
    ],
    check: ({ usage }) => {
      assert.deepStrictEqual(
        usage.map(({ inputTokens }) => inputTokens),
        [1_000, 3_000, 6_000]
      )
      assert.deepStrictEqual(usage.at(-1), {
        inputTokens: 6_000,
        cachedInputTokens: 2_300,
        outputTokens: 200,
        reasoningTokens: 50
      })
    }
  },
  {
    name: "asks before a command leaves the sandbox, and goes on when it must not",
    cassette: "command-denied",
    script: [escaping("echo x > ../outside.txt"), ModelScript.say("I may not.")],
    verdict: { _tag: "Deny", reason: "no" },
    check: (played) => {
      assert.deepStrictEqual(played.asked, [
        {
          _tag: "Command",
          command: "/bin/bash -lc 'echo x > ../outside.txt'",
          cwd: played.workspace,
          leavesSandbox: true,
          reason: "it is needed"
        }
      ])
      assert.deepStrictEqual(ended(played), ["succeeded", "exit:0"])
      assert.notStrictEqual(played.has("../outside.txt"), true)
    }
  },
  {
    name: "lets a command leave the sandbox that may",
    cassette: "command-allowed",
    script: [escaping("echo x > ../outside.txt"), ModelScript.say("I did.")],
    verdict: { _tag: "Allow" },
    check: (played) => {
      assert.deepStrictEqual(ended(played), ["succeeded", "exit:0"])
      assert.notStrictEqual(played.has("../outside.txt"), false)
    }
  },
  {
    name: "asks before it changes a file outside of its workspace",
    cassette: "change-denied",
    script: [patch("../outside.txt"), ModelScript.say("I may not.")],
    verdict: { _tag: "Deny", reason: "no" },
    check: (played) => {
      const path = played.workspace.replace(/\/[^/]*$/, "/outside.txt")
      assert.deepStrictEqual(played.asked, [
        { _tag: "FileChange", paths: [path], leavesSandbox: true, reason: null }
      ])
      assert.notStrictEqual(played.has("../outside.txt"), true)
    }
  },
  {
    name: "changes nothing for a task that only reads, unless it is allowed",
    cassette: "reads",
    script: [ModelScript.shell("echo x > a.txt"), patch("b.txt"), ModelScript.say("I only look.")],
    spec: { access: "read" },
    config: { sandbox: "workspace-write" },
    verdict: { _tag: "Deny", reason: "no" },
    check: (played) => {
      assert.deepStrictEqual(
        played.asked.map(({ _tag }) => _tag),
        ["FileChange"]
      )
      assert.deepStrictEqual(ended(played), ["succeeded", "exit:0"])
      assert.notStrictEqual(played.has("a.txt"), true)
      assert.notStrictEqual(played.has("b.txt"), true)
    }
  },
  {
    name: "passes on what a tool asks of a person, and the answer back",
    cassette: "elicits",
    script: [ModelScript.mcp("foreman", "ask", { question: "Deploy?" }), ModelScript.say("Asked.")],
    hasTools: true,
    verdict: { _tag: "Allow", answer: "yes" },
    check: (played) => {
      assert.deepStrictEqual(played.asked, [
        { _tag: "Question", from: "foreman", text: "Deploy?", options: ["yes", "no"] }
      ])
      assert.include(played.output, `{\\"action\\":\\"accept\\",\\"content\\":{\\"approve\\":true}`)
      assert.strictEqual(played.result.answer, "Asked.")
    }
  },
  {
    name: "says so when its model ends without a word",
    cassette: "wordless",
    script: [ModelScript.stop()],
    check: (played) => {
      assert.deepStrictEqual(ended(played), ["succeeded", "exit:0"])
      assert.strictEqual(played.result.answer, "Codex ended its turn without a word.")
      assert.deepStrictEqual(played.usage.length <= 1, true)
    }
  },
  {
    name: "does not take a command for silence that takes its time",
    cassette: "busy",
    script: [ModelScript.shell("sleep 3"), ModelScript.say("Slept.")],
    config: { silence_seconds: 1.5 },
    check: (played) => assert.deepStrictEqual(ended(played), ["succeeded", "exit:0"])
  },
  {
    name: "ends as it is told to, with the command that runs",
    cassette: "stopped",
    script: [escaping("touch begun; sleep 48012"), ModelScript.say("Never said.")],
    verdict: { _tag: "Allow" },
    isStopped: true,
    check: (played) => {
      assert.deepStrictEqual(ended(played), ["failed", "cancelled"])
      assert.include(played.output, `"status":"interrupted"`)
    }
  }
]

/** Runs a scene, whoever plays it. */
export const play = Effect.fnUntraced(function* (
  scene: Scene,
  stage: {
    readonly runner: AgentRunner.AgentRunner
    readonly spec: AgentRunner.RunSpec
    readonly has: Played["has"]
  }
): Effect.fn.Return<Played, unknown, Scope.Scope> {
  const usage: Array<AgentRequest.TokenUsage> = []
  const { asked, permission } = answering(scene.verdict ?? { _tag: "Deny", reason: "no" })
  const begun = there(join(stage.spec.workspace, "begun"))
  const stop = scene.isStopped === true ? { stop: Effect.as(begun, "cancelled") } : {}
  const result = yield* stage.runner.run(
    {
      ...stage.spec,
      ...stop,
      permission,
      usage: (total) => Effect.sync(() => void usage.push(total))
    },
    Effect.void
  )
  const output = yield* Stream.mkString(Stream.decodeText(result.output))
  return { result, output, usage, asked, workspace: stage.spec.workspace, has: stage.has }
})

/** Waits until a file is there, twenty seconds at most. */
const there = (path: string) =>
  Effect.suspend(() => (existsSync(path) ? Effect.void : Effect.fail("not yet"))).pipe(
    Effect.retry({ times: 1_000, schedule: Schedule.spaced("20 millis") }),
    Effect.orDie
  )

/** A run that is killed within its turn, and the next one of its task. */
export const killed: Scene = {
  name: "ends as killed when somebody kills it",
  cassette: "killed",
  script: [ModelScript.shell("true"), escaping("kill -9 $PPID")],
  verdict: { _tag: "Allow" },
  check: (played) => {
    assert.deepStrictEqual(ended(played), ["failed", "signal:SIGKILL"])
    assert.include(played.output, "kill -9 $PPID")
  }
}

export const resumed: Scene = {
  name: "goes on with the thread of a run that was killed, and counts only what is its own",
  cassette: "resumed",
  script: [ModelScript.say("On again.", { usage: { input: 500, output: 5 } })],
  check: (played) => {
    assert.deepStrictEqual(ended(played), ["succeeded", "exit:0"])
    assert.strictEqual(played.result.answer, "On again.")
    assert.include(played.output, "You were interrupted while you worked at this.")
    const tokens = { cachedInputTokens: 0, outputTokens: 5, reasoningTokens: 0 }
    assert.deepStrictEqual(played.usage.at(-1), { inputTokens: 500, ...tokens })
  }
}

export const begunAnew: Scene = {
  name: "begins a new thread when the one that was killed is gone",
  cassette: "begun-anew",
  script: [ModelScript.say("From the start.")],
  check: (played) => {
    assert.deepStrictEqual(ended(played), ["succeeded", "exit:0"])
    assert.notInclude(played.output, "You were interrupted")
  }
}
