import { describe, expect, it } from "@effect/vitest"
import { Effect, References } from "effect"
import {
  type AgentRequest,
  type ApprovalPolicy,
  createForeman,
  Foreman,
  PromiseRunner
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

const command = (line: string): AgentRequest.AgentRequest => ({
  _tag: "Command",
  command: line,
  cwd: "/srv",
  leavesSandbox: false,
  reason: null
})

describe("an agent with restrictions", () => {
  it.live("is denied what its configuration denies, and no person is asked", () => {
    const verdicts: Array<AgentRequest.Verdict> = []
    const requests = [
      command("npm test"),
      command("sh -c 'docker ps'"),
      { _tag: "FileChange", paths: ["infra/x.tf"], leavesSandbox: false, reason: null }
    ] as const
    const layer = TestForeman.layer({
      reactors: {},
      behaviour: ({ permission }) =>
        Effect.forEach(requests, (request) =>
          Effect.map(permission?.(request) ?? Effect.die("nobody to ask"), (verdict) => {
            verdicts.push(verdict)
          })
        ).pipe(Effect.as({}))
    })
    const test = Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ engineers: 0 })
      const teamId = given.team.id
      const config = {
        runner: "memory",
        approvals: "permissive",
        denied_commands: ["docker"],
        allowed_paths: ["src/"]
      }
      const agent = { teamId, name: "careful", role: "engineer", model: "any", config } as const
      yield* TestForeman.asOperator(client.createAgent(agent))
      const { id } = yield* TestForeman.givenTask(given)
      yield* TestForeman.untilTask(id, ({ lastOutcome }) => lastOutcome !== null)
      const events = yield* TestForeman.history(given.organization.id)
      expect(events.filter(({ type }) => type === "human_request.created")).toEqual([])
      const decided = events.filter(({ type }) => type === "run.permission_decided")
      expect(decided.map(({ data }) => [data["verdict"], data["rule"]])).toEqual([
        ["allow", null],
        ["deny", "agent.denied_commands"],
        ["deny", "agent.allowed_paths"]
      ])
      expect(verdicts.map(({ _tag }) => _tag)).toEqual(["Allow", "Deny", "Deny"])
    })
    return Effect.provide(test, layer).pipe(quiet)
  })
})

describe("a policy of one's own", () => {
  it("judges the tasks of a team that names it", async () => {
    const frozen: ApprovalPolicy.Policy = {
      name: "frozen",
      rules: [{ id: "own.frozen", risk: "high", judge: () => "nothing starts before the release" }]
    }
    const runner = PromiseRunner.make("own", () => Promise.resolve("done"))
    const foreman = await createForeman({ policies: [frozen], runners: [runner] })
    const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
    const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
    await foreman.createAgent({ teamId, name: "one", config: { runner: "own" } })
    await foreman.updateTeamSettings({ teamId, approvalPolicy: "frozen" })
    const { id: taskId } = await foreman.createTask({ teamId, title: "Add a field" })
    const signal = AbortSignal.timeout(20_000)
    for await (const { type } of foreman.events({ after: "0", signal })) {
      if (type === "approval.requested") break
    }
    const { items } = await foreman.listApprovals({ teamId })
    expect(items).toMatchObject([{ taskId, rule: "own.frozen", policy: "frozen" }])
    await foreman.close()
  })
})
