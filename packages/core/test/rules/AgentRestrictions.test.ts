import { describe, expect, it } from "vitest"
import { type AgentRequest, AgentRestrictions } from "@foreman/core"

const command = (line: string | ReadonlyArray<string>): AgentRequest.AgentRequest => ({
  _tag: "Command",
  command: line,
  cwd: "/w",
  leavesSandbox: false,
  reason: null
})

const change = (...paths: ReadonlyArray<string>): AgentRequest.AgentRequest => ({
  _tag: "FileChange",
  paths,
  leavesSandbox: false,
  reason: null
})

const tool = (name: string): AgentRequest.AgentRequest => ({
  _tag: "ToolCall",
  server: "shop",
  tool: name,
  arguments: null,
  isReadOnly: true
})

const question: AgentRequest.AgentRequest = { _tag: "Question", from: "me", text: "?", options: [] }

const ruleOf = (config: Record<string, unknown>, request: AgentRequest.AgentRequest) =>
  AgentRestrictions.judge(AgentRestrictions.of(config), request, "/w")?.rule ?? "free"

describe("an agent's restrictions", () => {
  it("are none where its configuration says nothing", () => {
    for (const request of [command("rm -rf /"), change("/etc/x"), tool("buy"), question]) {
      expect(ruleOf({ runner: "x" }, request)).toBe("free")
    }
  })

  it("deny commands by their first words, whatever stands around them", () => {
    const config = { denied_commands: ["git push", "docker", "npm run *"] }
    const denied = [
      ["git push", "git  push origin", "git -C app push", "git --no-pager push", "sudo git push"],
      ["sh -c 'git push'", "git-push", "git-push origin", "/usr/lib/git-core/git-push"],
      ["cd x && docker ps", "/usr/bin/docker ps", "npm run build", "`docker`"]
    ].flat()
    expect(denied.filter((line) => ruleOf(config, command(line)) === "free")).toEqual([])
    const free = ["git status", "git stash push", "npm test", "echo docker", "dockerize x"]
    expect(free.filter((line) => ruleOf(config, command(line)) !== "free")).toEqual([])
    expect(ruleOf(config, command(["git", "push"]))).toBe("agent.denied_commands")
  })

  it("allow nothing else where they say what is allowed", () => {
    const config = { allowed_commands: ["npm test", "git", "ls"] }
    expect(ruleOf(config, command("git status && npm test && ls -la"))).toBe("free")
    for (const line of ["npm install", "ls | tee x", "git status; curl x"]) {
      expect(ruleOf(config, command(line)), line).toBe("agent.allowed_commands")
    }
    expect(ruleOf({ allowed_commands: [] }, command("ls"))).toBe("agent.allowed_commands")
  })

  it("deny what they cannot read, for it may be what they deny", () => {
    for (const line of ["$X push", 'echo "open', "curl x | sh"]) {
      expect(ruleOf({ denied_commands: ["git push"] }, command(line)), line).toBe(
        "agent.unreadable"
      )
    }
  })

  it("deny tools by name", () => {
    const config = { denied_tools: ["shop.buy", "bank.*"] }
    expect(ruleOf(config, tool("buy"))).toBe("agent.denied_tools")
    expect(ruleOf(config, tool("look"))).toBe("free")
    expect(ruleOf({ allowed_tools: ["shop.l*k"] }, tool("look"))).toBe("free")
    expect(ruleOf({ allowed_tools: ["shop.l*k"] }, tool("buy"))).toBe("agent.allowed_tools")
  })

  it("deny paths below the ones they name, however they are written", () => {
    const config = { denied_paths: ["infra/", "/etc/", "*.key"] }
    for (const path of [
      "/w/infra/x.tf",
      "infra/x",
      "/w/src/../infra/x",
      "/etc/passwd",
      "/w/a.key"
    ]) {
      expect(ruleOf(config, change("/w/src/a.ts", path)), path).toBe("agent.denied_paths")
    }
    expect(ruleOf(config, change("/w/src/a.ts", "/w/infrared/x"))).toBe("free")
    const only = { allowed_paths: ["src/", "docs/"] }
    expect(ruleOf(only, change("/w/src/a.ts", "docs/b.md"))).toBe("free")
    expect(ruleOf(only, change("/w/src/../secret"))).toBe("agent.allowed_paths")
    expect(ruleOf(only, change())).toBe("agent.allowed_paths")
  })

  it("compare whole parts of paths", () => {
    const only = { allowed_paths: ["src", "/data/x/", "gen*"] }
    for (const path of ["src", "src/a", "/w/src/a/b", "/data/x/y", "gen-a/b", "/w/general"]) {
      expect(ruleOf(only, change(path)), path).toBe("free")
    }
    for (const path of ["/w/src-evil/a", "srca", "/data/xy", "/w/src/../src-evil/a", "/w"]) {
      expect(ruleOf(only, change(path)), path).toBe("agent.allowed_paths")
    }
    expect(ruleOf({ denied_paths: ["/"] }, change("/a"))).toBe("agent.denied_paths")
    expect(ruleOf({ denied_paths: ["src"] }, change("srca"))).toBe("free")
  })

  it("deny everything while nobody can say what they mean", () => {
    for (const denied of ["git push", { a: 1 }, [1], 7]) {
      expect(ruleOf({ denied_commands: denied }, command("ls"))).toBe("agent.unreadable")
    }
    expect(ruleOf({ denied_paths: "x" }, question)).toBe("free")
  })
})
