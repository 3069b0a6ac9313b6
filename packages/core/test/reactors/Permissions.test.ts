import { describe, expect, it } from "@effect/vitest"
import { Effect, References } from "effect"
import {
  type AgentRequest,
  type AgentRunnerMemory,
  Foreman,
  Identifier,
  type Task
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

const command = (line: string, leavesSandbox = true): AgentRequest.AgentRequest => ({
  _tag: "Command",
  command: line,
  cwd: "/srv",
  leavesSandbox,
  reason: "it is needed"
})

const secret = "hunter2-is-no-word"

const isOver = ({ lastOutcome }: Task.Task) => lastOutcome !== null

/** Has an agent ask these one after the other, and answers its verdicts once the run is over. */
const asking = Effect.fnUntraced(function* (
  requests: ReadonlyArray<AgentRequest.AgentRequest>,
  task: TestForeman.TaskOptions = {},
  meanwhile: () => Effect.Effect<void, unknown, TestForeman.Services> = () => Effect.void
) {
  const verdicts: Array<AgentRequest.Verdict> = []
  const behaviour: AgentRunnerMemory.Behaviour = ({ permission }) =>
    Effect.as(
      Effect.forEach(requests, (request) =>
        Effect.map(
          permission?.(request) ?? Effect.die("nobody to ask"),
          (verdict) => void verdicts.push(verdict)
        )
      ),
      {}
    )
  const body = Effect.gen(function* () {
    const given = yield* TestForeman.givenTeam()
    const { id } = yield* TestForeman.givenTask(given, task)
    yield* meanwhile()
    yield* TestForeman.untilTask(id, isOver)
    const events = yield* TestForeman.history(given.organization.id)
    return events.filter(({ type }) => type === "run.permission_decided").map(({ data }) => data)
  })
  const decided = yield* Effect.provide(body, TestForeman.layer({ behaviour, reactors: {} }))
  return { verdicts, decided }
})

/** Answers the requests as a person would, one after the other as they come. */
const person =
  (...responses: ReadonlyArray<string>) =>
  () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const answered = new Set<unknown>()
      for (const response of responses) {
        const { data } = yield* TestForeman.untilEvent(
          ({ data, type }) => type === "human_request.created" && !answered.has(data["request_id"])
        )
        answered.add(data["request_id"])
        expect(data["question"]).not.toContain("fmn_run_")
        const requestId = Identifier.HumanRequestId.make(Number(data["request_id"]))
        yield* TestForeman.asOperator(client.respondToRequest({ requestId, response }))
      }
    })

describe("an agent that asks", () => {
  it.live("may do what the policy allows, and each verdict is recorded", () =>
    Effect.gen(function* () {
      const { decided, verdicts } = yield* asking([command(`echo ${secret}`, false)])
      expect(verdicts).toEqual([{ _tag: "Allow" }])
      expect(decided).toMatchObject([
        { kind: "command", summary: "echo", verdict: "allow", decided_by: "policy", rule: null }
      ])
      expect(JSON.stringify(decided)).not.toContain(secret)
    }).pipe(quiet)
  )

  it.live("is denied by the policy, in nobody's name, what no person can be shown", () =>
    Effect.gen(function* () {
      const { decided, verdicts } = yield* asking([command(`git push ${"x".repeat(9_000)}`)])
      expect(verdicts).toMatchObject([{ _tag: "Deny" }])
      expect(decided).toMatchObject([{ verdict: "deny", decided_by: "policy" }])
    }).pipe(quiet)
  )

  it.live("cannot show a person something else than what it means to do", () =>
    Effect.gen(function* () {
      let shown = ""
      const look = () =>
        Effect.map(
          TestForeman.untilEvent(({ type }) => type === "human_request.created"),
          ({ data }) => void (shown = String(data["question"]))
        ).pipe(Effect.andThen(person("reject")()))
      const hidden = "git push\r\u{202e}evil\u001b[2K"
      const { decided } = yield* asking([command(hidden)], {}, look)
      expect(shown).toContain("git push\\u{d}\\u{202e}evil\\u{1b}[2K")
      expect(decided).toMatchObject([{ verdict: "deny", decided_by: "person" }])
    }).pipe(quiet)
  )

  it.live("may change nothing for a task that only reads", () =>
    Effect.gen(function* () {
      const change: AgentRequest.AgentRequest = {
        _tag: "FileChange",
        paths: ["/srv/a.ts"],
        leavesSandbox: false,
        reason: null
      }
      const { decided, verdicts } = yield* asking([change], { type: "read" })
      expect(verdicts).toMatchObject([{ _tag: "Deny" }])
      expect(decided).toMatchObject([
        { kind: "file_change", summary: "/srv/a.ts", verdict: "deny", rule: "task.read" }
      ])
    }).pipe(quiet)
  )

  it.live("waits for the person whom the policy wants, who agrees", () =>
    Effect.gen(function* () {
      const { decided, verdicts } = yield* asking([command("git push")], {}, person("approve"))
      expect(verdicts).toEqual([{ _tag: "Allow" }])
      expect(decided).toMatchObject([
        { summary: "git push", verdict: "allow", decided_by: "person", rule: "strict.git_push" }
      ])
    }).pipe(quiet)
  )

  it.live("is denied what a person denies, and asks nobody the same again", () =>
    Effect.gen(function* () {
      const requests = [command("git push"), command("git push"), command("npm publish")]
      const { decided, verdicts } = yield* asking(requests, {}, person("reject", "approve"))
      expect(verdicts).toEqual([
        { _tag: "Deny", reason: "reject" },
        { _tag: "Deny", reason: "reject" },
        { _tag: "Allow" }
      ])
      expect(decided.map(({ verdict }) => verdict)).toEqual(["deny", "deny", "allow"])
    }).pipe(quiet)
  )

  it.live("gets the words of a person for an answer to a question", () =>
    Effect.gen(function* () {
      const question = {
        _tag: "Question",
        from: "shop",
        text: "Which?",
        options: ["a", "b"]
      } as const
      const { decided, verdicts } = yield* asking([question], {}, person("the blue one"))
      expect(verdicts).toEqual([{ _tag: "Allow", answer: "the blue one" }])
      expect(decided).toMatchObject([{ kind: "question", summary: "asked by shop" }])
    }).pipe(quiet)
  )

  it.live("is denied what is too long for a person to look at", () =>
    Effect.gen(function* () {
      const { verdicts } = yield* asking([command(`echo ${"x".repeat(10_000)}`)])
      expect(verdicts).toEqual([{ _tag: "Deny", reason: "it is too long to be shown to a person" }])
    }).pipe(quiet)
  )
})

describe("what a run uses", () => {
  it.live("is recorded as the latest total, at once and at the end", () =>
    Effect.gen(function* () {
      const total = (inputTokens: number): AgentRequest.TokenUsage => ({
        inputTokens,
        cachedInputTokens: 1,
        outputTokens: 2,
        reasoningTokens: 3
      })
      const behaviour: AgentRunnerMemory.Behaviour = ({ usage = () => Effect.void }) =>
        Effect.as(
          Effect.forEach([10, 20, 30], (tokens) => usage(total(tokens))),
          {}
        )
      const body = Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam()
        const { id } = yield* TestForeman.givenTask(given)
        yield* TestForeman.untilTask(id, isOver)
        const events = yield* TestForeman.history(given.organization.id)
        return events.filter(({ type }) => type === "run.usage_reported").map(({ data }) => data)
      })
      const reported = yield* Effect.provide(body, TestForeman.layer({ behaviour, reactors: {} }))
      expect(reported.map((data) => data["input_tokens"])).toEqual([10, 30])
      expect(reported[1]).toMatchObject({
        cached_input_tokens: 1,
        output_tokens: 2,
        reasoning_tokens: 3
      })
    }).pipe(quiet)
  )
})
