import { describe, expect, it } from "vitest"

import { ApprovalPolicy } from "@foreman/core"

const { judge, strict } = ApprovalPolicy

const ruleOf = (action: ApprovalPolicy.Action): string => {
  const judgement = judge(strict, action)
  return judgement._tag === "Allow" ? "allowed" : judgement.rule
}

const line = (text: string) => ruleOf({ _tag: "Command", line: text })

const task = (title: string, type: "read" | "write" = "write", description = "") =>
  ruleOf({ _tag: "Task", type, title, description })

describe("the strict policy on long texts", () => {
  const parts = [
    [".", "!", " ", "`", "'", '"', "(", "$(", "\\", "a ", "git ", ".a", "?!", "\n", ",", "=", "/"],
    [
      "a/",
      "@a",
      "! ",
      "! in ",
      "- ",
      "_",
      "\u0301\u0323",
      "\u200b",
      "\ufdfa",
      "a\u200b",
      "; ",
      "|"
    ],
    ["$", "${", "<<a\n", "-ok a + ", "eval ", "sudo ", "-Sa ", "to ", "drop ", ".`'a \n$(x) "]
  ].flat()
  const behind = [
    ["node deploy", "_"],
    ["rm -r ", "/"],
    ["env ", "-Sa "],
    ["find ", "-ok a + "],
    ["curl ", "-XX"],
    ["publish ", "to  "]
  ] as const
  const hostile = [...parts.map((part) => ["", part] as const), ...behind].map(
    ([head, part]) =>
      (length: number) =>
        `${head}${part.repeat(length / part.length)}a!`
  )
  const slowest = (judged: (text: string) => void, length: number) => {
    const times = hostile.map((text) => {
      const whole = text(length)
      // Of this thread alone: how busy the machine is makes no text slow.
      const start = process.threadCpuUsage()
      judged(whole)
      return [process.threadCpuUsage(start).user / 1_000, whole.slice(0, 20)] as const
    })
    return times.filter(([millis]) => millis > 1_000)
  }

  it("comes to an end soon whatever they repeat", { timeout: 60_000 }, () => {
    expect(slowest((text) => line(text), 60_000)).toEqual([])
    expect(slowest((text) => task("x", "write", text), 100_000)).toEqual([])
  })

  it("leaves a task to a person that is too long to be read, with what its beginning says", () => {
    const long = "word ".repeat(20_000)
    expect(judge(strict, { _tag: "Task", type: "read", title: "x", description: long })).toEqual({
      _tag: "Require",
      risk: "high",
      rule: "strict.unreadable",
      reason: "the task cannot be read: it is too long"
    })
    expect(task("x", "write", `then rm -rf build ${long}`)).toBe("strict.rm_rf")
    expect(task("x", "write", "word ".repeat(10_000))).toBe("allowed")
  })
})

describe("the strict policy on writing outside of the workspace", () => {
  const at = (text: string, cwd?: string) =>
    ruleOf({ _tag: "Command", line: text, ...(cwd === undefined ? {} : { cwd }) })

  it("holds what the shell writes there", () => {
    for (const one of [
      "echo x > /etc/passwd",
      "> /ws-evil/a",
      "a >> /ws/../b",
      "a | tee -a /b",
      "a > ~/.x"
    ]) {
      expect(at(one, "/ws"), one).toBe("strict.write_outside")
      expect(at(one), one).toBe("allowed")
    }
  })

  it("lets pass what is written in it, for a moment or nowhere", () => {
    for (const one of ["a > b", "a > /ws/b", "a > /tmp", "a 2>/dev/null", "a > /dev/stderr"]) {
      expect(at(one, "/ws"), one).toBe("allowed")
    }
  })
})
