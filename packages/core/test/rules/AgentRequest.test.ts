import { describe, expect, it } from "vitest"
import { AgentRequest, ApprovalPolicy } from "@foreman/core"

type Request = AgentRequest.AgentRequest

const command = (line: string | ReadonlyArray<string>, leavesSandbox = false): Request => ({
  _tag: "Command",
  command: line,
  cwd: "/srv",
  leavesSandbox,
  reason: null
})

const change = (leavesSandbox = false): Request => ({
  _tag: "FileChange",
  paths: ["/srv/a", "/srv/b"],
  leavesSandbox,
  reason: null
})

const tool = (isReadOnly: boolean): Request => ({
  _tag: "ToolCall",
  server: "shop",
  tool: "buy",
  arguments: { card: "4111 1111 1111 1111" },
  isReadOnly
})

const question: Request = { _tag: "Question", from: "shop", text: "Which?", options: [] }

describe("a judgement", () => {
  const { permissive, strict } = ApprovalPolicy
  const cases: ReadonlyArray<
    readonly [string, Request, ApprovalPolicy.Policy, "read" | "write", string]
  > = [
    ["allows a harmless command in the sandbox", command("npm test"), strict, "write", "Allow"],
    ["wants a person for git push", command("git push"), strict, "write", "strict.git_push"],
    ["reads words as it reads lines", command(["git", "push"]), strict, "write", "strict.git_push"],
    ["wants a person outside of it", command("npm test", true), strict, "write", "sandbox.leave"],
    ["names the rule that spoke", command("rm -rf /", true), strict, "write", "strict.rm_rf"],
    ["leaves everything to who is permissive", command("x", true), permissive, "write", "Allow"],
    ["allows a change in the workspace", change(), strict, "write", "Allow"],
    ["wants a person for one elsewhere", change(true), strict, "write", "sandbox.leave"],
    ["denies any to a task that reads", change(), permissive, "read", "task.read"],
    ["allows a tool that only reads", tool(true), strict, "read", "Allow"],
    ["wants a person for one that does not", tool(false), strict, "write", "sandbox.leave"],
    ["wants a person for a question in any case", question, permissive, "read", "agent.question"]
  ]
  for (const [name, request, policy, access, expected] of cases) {
    it(name, () => {
      const judgement = AgentRequest.judge(request, { policy, access })
      expect(judgement._tag === "Allow" ? "Allow" : judgement.rule).toBe(expected)
    })
  }
})

describe("a summary", () => {
  const cases: ReadonlyArray<readonly [string, Request, string]> = [
    ["names programs and subcommands", command("cd /srv && git push origin x"), "cd; git push"],
    ["leaves out what may be a key", command("TOKEN=abc deploy --key abc abc"), "deploy"],
    ["leaves out what is no subcommand", command("curl secret"), "curl"],
    ["names files", change(), "/srv/a, /srv/b"],
    ["names a tool and none of its arguments", tool(false), "shop.buy"],
    ["names who asks, not what", question, "asked by shop"]
  ]
  for (const [name, request, expected] of cases) {
    it(name, () => expect(AgentRequest.summaryOf(request)).toBe(expected))
  }

  it("has an end, and no characters that move a cursor", () => {
    const paths = Array.from({ length: 100 }, (_, n) => `/srv/${n}/${"x".repeat(90)}\u{1B}[2J`)
    const request = { _tag: "FileChange", paths, leavesSandbox: true, reason: null } as const
    const summary = AgentRequest.summaryOf(request)
    expect(summary.length).toBe(200)
    expect(summary).not.toContain("\u{1B}")
  })
})

describe("a policy", () => {
  it("is strict unless the agent's configuration says permissive", () => {
    const named = (approvals: unknown) => AgentRequest.policyOf({ approvals }).name
    expect([named("permissive"), named("strict"), named("nonsense"), named(undefined)]).toEqual([
      "permissive",
      "strict",
      "strict",
      "strict"
    ])
  })
})
