import { describe, expect, it } from "vitest"
import { type AgentRequest, type ApprovalPolicy, Policies } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const own: ApprovalPolicy.Policy = {
  name: "own",
  rules: [{ id: "own.all", risk: "low", judge: () => "everything" }]
}
const policies = Policies.make([own])

const task = (title: string) => ({ _tag: "Task", type: "write", title, description: "" }) as const
const command = (line: string): AgentRequest.AgentRequest => ({
  _tag: "Command",
  command: line,
  cwd: "/w",
  leavesSandbox: false,
  reason: null
})
const asked = (line: string, config: Record<string, unknown>) =>
  policies.judgeRequest(command(line), { access: "write", config, workspace: "/w" })

describe("the policies of a process", () => {
  it("are found by name, one's own beside those that come with it", () => {
    expect(policies.judgeTask(task("Add a field"), { policy: "own", config: {} })).toMatchObject({
      rule: "own.all"
    })
    expect(policies.judgeTask(task("git push"), { policy: "strict", config: {} })).toMatchObject({
      rule: "strict.git_push"
    })
    expect(policies.judgeTask(task("git push"), { policy: "permissive", config: {} })._tag).toBe(
      "Allow"
    )
    expect(asked("ls", { approvals: "own" })).toMatchObject({ rule: "own.all" })
  })

  it("leave to a person what a policy is to judge that nobody knows here", () => {
    expect(asked("ls", { approvals: "frozen" })).toMatchObject({
      _tag: "Require",
      rule: "policy.unknown"
    })
    expect(asked("rm -rf /", { approvals: "frozen" })).toMatchObject({ rule: "strict.rm_rf" })
  })

  it("deny what the agent's restrictions deny, whatever the policy allows", () => {
    const config = { approvals: "permissive", denied_commands: ["docker"] }
    expect(asked("docker ps", config)).toMatchObject({ _tag: "Deny" })
    const facts = { policy: "permissive", config }
    expect(policies.judgeTask(task("Then docker push it"), facts)).toMatchObject({
      _tag: "Deny",
      rule: "agent.denied_commands"
    })
    expect(policies.judgeTask(task("Describe the image"), facts)._tag).toBe("Allow")
  })
})

describe("a task that is judged", () => {
  const unread = { _tag: "Task", type: "write", description: "" } as const
  const read = { count: 0 }
  const watched = {
    ...unread,
    get title() {
      read.count += 1
      return "Describe it"
    }
  }

  it("is not read where nothing depends on its words, and once where something does", () => {
    policies.judgeTask(watched, { policy: "permissive", config: {} })
    expect(read.count).toBe(0)
    policies.judgeTask(watched, { policy: "strict", config: { denied_commands: ["docker"] } })
    expect(read.count).toBe(1)
  })

  it("is a person's where it is too long to find what is denied", () => {
    const long = { ...unread, title: "x", description: ".".repeat(99_000) }
    const facts = { policy: "permissive", config: { denied_commands: ["docker"] } }
    expect(policies.judgeTask(long, facts)).toMatchObject({
      _tag: "Require",
      rule: "agent.unreadable"
    })
    expect(policies.judgeTask(long, { policy: "permissive", config: {} })._tag).toBe("Allow")
  })
})

describe("a rule's own test", () => {
  const rule: ApprovalPolicy.Rule = {
    id: "team.low",
    risk: "low",
    judge: (action) => (action._tag === "Command" ? "no commands" : undefined)
  }

  it("asks it alone or in its policy", () => {
    GivenWhenThen.givenPolicy(rule).when("ls").thenRequired({ risk: "low", rule: "team.low" })
    GivenWhenThen.givenPolicy({ name: "team", rules: [rule] })
      .when({ _tag: "Task", type: "read", title: "x", description: "" })
      .thenAllowed()
    GivenWhenThen.givenPolicy({ ...rule, risk: "forbidden" })
      .when("ls")
      .thenDenied()
  })

  it("fails where the policy says something else", () => {
    const when = GivenWhenThen.givenPolicy(rule).when("ls")
    expect(() => when.thenAllowed()).toThrow("The policy said")
    expect(() => when.thenDenied()).toThrow("The policy said")
    expect(() => when.thenRequired({ risk: "high" })).toThrow("The policy said")
  })
})
