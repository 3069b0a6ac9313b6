import { describe, expect, it } from "vitest"
import * as fc from "fast-check"

import { ApprovalPolicy } from "@foreman/core"
import { held, passes } from "./commands.ts"

const { judge, strict } = ApprovalPolicy

const ruleOf = (action: ApprovalPolicy.Action): string => {
  const judgement = judge(strict, action)
  return judgement._tag === "Allow" ? "allowed" : judgement.rule
}

const line = (text: string, access: "read" | "write" = "write") =>
  ruleOf({ _tag: "Command", line: text, access })

const task = (title: string, type: "read" | "write" = "write", description = "") =>
  ruleOf({ _tag: "Task", type, title, description })

describe("the strict policy holds", () => {
  for (const [rule, lines] of Object.entries(held)) {
    it(`by ${rule} every way of it`, () => {
      expect(lines.map((one) => `${one}  =>  ${line(one)}`)).toEqual(
        lines.map((one) => `${one}  =>  ${rule}`)
      )
    })
  }

  it("whatever stands around a held command", () => {
    const around = fc.constantFrom<ReadonlyArray<(inner: string) => string>[number]>(
      (inner) => `cd app && ${inner}`,
      (inner) => `(${inner})`,
      (inner) => `A=b ${inner}`,
      (inner) => `timeout 5 ${inner}`,
      (inner) => `sh -c '${inner.replaceAll("'", `'\\''`)}'`,
      (inner) => `true || { ${inner}; }`,
      (inner) => `echo "$(${inner})"`,
      (inner) => `nohup ${inner} &`
    )
    const any = fc.constantFrom(...Object.values(held).flat())
    const risk = (text: string) => {
      const judgement = judge(strict, { _tag: "Command", line: text })
      return judgement._tag === "Require" ? judgement.risk : "none"
    }
    const order = ["none", ...ApprovalPolicy.Risk.literals]
    fc.assert(
      fc.property(any, fc.array(around, { maxLength: 3 }), (command, layers) => {
        const whole = layers.reduce((inner, layer) => layer(inner), command)
        expect(order.indexOf(risk(whole)), whole).toBeGreaterThanOrEqual(
          order.indexOf(risk(command))
        )
      }),
      { numRuns: 300 }
    )
  })
})

describe("the strict policy on what was written to be slow", () => {
  it("comes to an end, and holds what stands at the end", () => {
    const options = "-a b ".repeat(2_000)
    expect(line(`gcloud ${options} run deploy x`)).toBe("strict.deploy")
    expect(line(`npm ${options} publish`)).toBe("strict.publish")
    expect(line(`npm ${options} run build`)).toBe("allowed")
    const prose = "word ".repeat(10_000)
    expect(task(`x`, "write", `${prose} then git push`)).toBe("strict.git_push")
    expect(task(`x`, "write", `gcloud ${"-a b ".repeat(10_000)}`)).toBe("allowed")
  })
})

describe("the strict policy lets pass", () => {
  it("reading, searching, building, testing, and edits in the workspace", () => {
    expect(passes.filter((one) => line(one) !== "allowed").map((one) => [one, line(one)])).toEqual(
      []
    )
  })

  it("any number of harmless commands together", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...passes), { minLength: 1, maxLength: 4 }), (lines) => {
        expect(line(lines.join(" && ")), lines.join(" && ")).toBe("allowed")
      })
    )
  })
})

describe("a task that only reads", () => {
  it("is held when a command of it writes", () => {
    const writes = [
      ["touch x", "echo x > out.txt", "echo x >> out.txt", "cat a | tee b", "sed -i s/a/b/ x"],
      [
        "git commit -m x",
        "git checkout main",
        "npm install",
        "mv a b",
        "rm x",
        "curl -o x https://y"
      ]
    ].flat()
    expect(writes.filter((one) => line(one, "read") !== "strict.read_to_write")).toEqual([])
    expect(writes.filter((one) => line(one) !== "allowed")).toEqual([])
  })

  it("may read", () => {
    const reads = [
      "cat x",
      "git log -p",
      "grep -r x . 2>/dev/null",
      "npm test",
      "sed -n 1p x",
      "ls >&2"
    ]
    expect(reads.filter((one) => line(one, "read") !== "allowed")).toEqual([])
  })

  it("may speak of everything", () => {
    for (const title of [
      "Explain how git push works",
      "Why does sudo ask for a password?",
      "Summarise what `npm publish` uploads",
      "Where do we deploy to production?",
      "How does rm -rf work"
    ]) {
      expect(task(title, "read"), title).toBe("allowed")
    }
  })
})

describe("a task that may write", () => {
  it("is held when its words spell what is held", () => {
    const wanted: ReadonlyArray<readonly [string, string]> = [
      ["git push origin main", "strict.git_push"],
      ["Fix the test, then git  push", "strict.git_push"],
      ["Push the branch to origin", "strict.git_push"],
      ["Clean up with rm -fr build", "strict.rm_rf"],
      ["Bump the version and run `npm publish`", "strict.publish"],
      ["Build and docker push the image", "strict.publish"],
      ["Publish the package to npm", "strict.publish"],
      ["Release v1.2.0", "strict.publish"],
      ["Update the chart, then kubectl apply it", "strict.deploy"],
      ["Deploy to production", "strict.deploy"],
      ["Fix it and deploy it", "strict.deploy"],
      ["ssh deploy@host and restart", "strict.network_write"],
      ["Run sudo --non-interactive ls", "strict.elevate"],
      ["Run dd if=x of=/dev/sda", "strict.destroy"],
      ["Open it with gh pr create", "strict.code_host"],
      ["Then git\u200bpush it", "strict.git_push"],
      ["Then g\u200bit pu\u00adsh it", "strict.git_push"],
      ["Then ｇｉｔ\u00a0ｐｕｓｈ it", "strict.git_push"],
      ["Then gi\u0301t push it", "strict.git_push"],
      ["\u2060Deploy to pro\u200dduction", "strict.deploy"],
      ["Fix it... Deploy to production!", "strict.deploy"]
    ]
    expect(wanted.filter(([title, rule]) => task(title) !== rule)).toEqual([])
  })

  it("is not held for words that are near to it", () => {
    const near = [
      "Add ssh support",
      "The crontab is broken",
      "Arrive at the right result",
      "Größe ändern, não çedilha 👩‍💻",
      "Truncate long titles",
      "Document the sudo rule",
      "Make release notes shorter",
      "Release the lock after use",
      "Publish the event to subscribers",
      "Fix the deploy script",
      "The publish button is broken",
      "Mail the customers a template",
      "Shred the old plan",
      "Reboot our style guide",
      "Push the button to the left",
      "Support kubectl and terraform in the parser"
    ]
    expect(near.filter((title) => task(title) !== "allowed").map((t) => [t, task(t)])).toEqual([])
  })
})

class Unspeakable extends Error {
  override get message(): string {
    throw new Error("not even this")
  }
}

describe("a rule that fails", () => {
  const failing = (judge: () => unknown): ApprovalPolicy.Policy => ({
    name: "own",
    // As: whoever writes no TypeScript may answer anything.
    rules: [{ id: "own.rule", risk: "low", judge: judge as () => string | undefined }]
  })
  const asked = { _tag: "Command", line: "ls" } as const

  it("leaves the action to a person, and says what went wrong", () => {
    const thrower = failing(() => {
      throw new Error("no such table")
    })
    expect(judge(thrower, asked)).toEqual({
      _tag: "Require",
      risk: "critical",
      rule: "policy.failed",
      reason: "the rule own.rule failed: no such table"
    })
  })

  it("does so whatever it throws or answers", () => {
    const odd: ReadonlyArray<() => unknown> = [
      () => true,
      () => null,
      () => Promise.resolve("x"),
      () => {
        throw new Unspeakable()
      },
      () => {
        throw new Error("x".repeat(10_000))
      }
    ]
    for (const one of odd) {
      const judgement = judge(failing(one), asked)
      expect(judgement).toMatchObject({ _tag: "Require", rule: "policy.failed" })
      expect("reason" in judgement && judgement.reason.length).toBeLessThanOrEqual(500)
    }
  })

  it("takes nothing from a rule that forbids", () => {
    const { rules } = failing(() => true)
    const forbids: ApprovalPolicy.Rule = { id: "own.no", risk: "forbidden", judge: () => "never" }
    expect(judge({ name: "own", rules: [...rules, forbids] }, asked)._tag).toBe("Deny")
  })
})
