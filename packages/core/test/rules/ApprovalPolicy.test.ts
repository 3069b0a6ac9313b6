import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { ApprovalPolicy } from "@foreman/core"

const { judge, permissive, strict } = ApprovalPolicy

const command = (line: string): ApprovalPolicy.Action => ({ _tag: "Command", line })
const task = (type: "read" | "write", title: string, description = ""): ApprovalPolicy.Action => ({
  _tag: "Task",
  type,
  title,
  description
})

const push = { risk: "high", rule: "strict.git_push", reason: "git push requires approval" }
const tag = { risk: "medium", rule: "strict.git_tag", reason: "git tag requires approval" }
const removal = {
  risk: "critical",
  rule: "strict.rm_rf",
  reason: "destructive filesystem operations require approval"
}

const requires = (wanted: object, lines: ReadonlyArray<string>) => {
  for (const line of lines) {
    assert.deepStrictEqual<object>(
      judge(strict, command(line)),
      { _tag: "Require", ...wanted },
      line
    )
  }
}
const allows = (lines: ReadonlyArray<string>) => {
  for (const line of lines)
    assert.deepStrictEqual(judge(strict, command(line)), { _tag: "Allow" }, line)
}
const isUnreadable = (lines: ReadonlyArray<string>) => {
  for (const line of lines) {
    assert.deepInclude(
      judge(strict, command(line)),
      { rule: "strict.unreadable", risk: "high" },
      line
    )
  }
}

describe("the strict policy on commands", () => {
  it("asks before a push, however it is spaced, addressed and optioned", () => {
    requires(
      push,
      [
        ["git push", "git  push", "\tgit\tpush", "git push --tags", "git push origin :x"],
        ["/usr/bin/git push", "./git push", "git.exe push", "GIT push", "\\git push"],
        ["git -C x push", "git -c a.b=c push", "git --git-dir x push", "git --no-pager push"],
        ["git send-pack x", "git-push", "git subtree push", "git lfs push origin"]
      ].flat()
    )
  })

  it("sees through what stands around a command", () => {
    requires(
      push,
      [
        ["a && git push", "a; git push", "a | git push", "a & git push", "a\ngit push"],
        ["(git push)", "{ git push; }", "! git push", "if git push; then a; fi"],
        ["for f in a; do git push; done", "while git push; do a; done", "f() { git push; }"],
        ["case $x in *) git push;; esac", "git \\\n push", "a 2>&1 | git push", ">x git push"]
      ].flat()
    )
  })

  it("sees through substitutions", () => {
    requires(
      push,
      [
        ["$(git push)", "`git push`", 'echo "$(git push)"', 'echo "`git push`"', "x=$(git push)"],
        ["echo ${x:-$(git push)}", "a <(git push)", "echo $(echo $(git push))"],
        ["cat <<EOF\n$(git push)\nEOF"]
      ].flat()
    )
  })

  it("sees through programs that start others", () => {
    requires(
      push,
      [
        ["env A=b git push", "A=b git push", "sudo -u me git push", "sudo -u me -- git push"],
        ["nice -n 5 timeout -k 3 5 git push", "nohup git push &", "time git push"],
        ["xargs -n 1 git push", "find . -exec git push \\;", "command git push", "exec git push"],
        ['sh -c "git push"', "bash -lc 'a; git push'", "eval git push", "su me -c 'git push'"],
        ["env -S 'git push'", "watch -n 5 git push", "bash <<EOF\ngit push\nEOF"],
        ["sh <<< 'git push'", `sh -c "sh -c 'git push'"`]
      ].flat()
    )
  })

  it("knows where a list ends that holds a case, and what a here-document hands on", () => {
    requires(push, [
      'echo "$(case a in a) git push;; esac)"',
      "echo $(case a in (a|b) x;; *) git push;; esac)",
      "case a in\n  a) x;;\n  b) git push\nesac",
      "sh <<E\n\\$'git' pu\\\\sh\nE",
      "trap 'git push' EXIT",
      'echo "${x:-it\'s}"; git push',
      "echo $((1<<2)); git push"
    ])
  })

  it("takes quotes and escapes off", () => {
    requires(push, ['"git" push', "g'i't pu\"s\"h", "git pu\\sh", "$'\\x67it' push"])
  })

  it("asks before a removal of all, whichever way it is written", () => {
    requires(
      removal,
      [
        ["rm -rf x", "rm -fr x", "rm  -rf x", "rm -r -f x", "rm -Rf x", "rm -vrf x", "rm x -rf"],
        ["rm --recursive --force x", "rm --rec --f x", "rm -r --force x", "/bin/rm -rf x"],
        ["sudo rm -r -f /", "find . -exec rm -rf {} +", "ls | xargs rm -rf", "rm -{r,f} x"]
      ].flat()
    )
  })

  it("asks before a tag is made or deleted", () => {
    requires(
      tag,
      [
        [
          "git tag v1",
          "git tag -a v1 -m 'one'",
          "git tag -m -l v1",
          "git tag -d v1",
          "git tag -f v1"
        ],
        ["git -C x tag v1", "git tag --delete v1", "git tag -s v1"]
      ].flat()
    )
  })

  it("lets pass what only looks like it", () => {
    allows(
      [
        ['echo "git push"', "echo git push", "git stash push", "git log --grep 'git push'"],
        ["git commit -m 'git push'", "grep -r 'rm -rf' .", "echo '$(git push)'", "# git push"],
        ["cat <<'EOF'\ngit push\nEOF", "cat <<< 'git push'", "git config --get alias.p"]
      ].flat()
    )
  })

  it("lets pass what only reads, or removes one thing", () => {
    allows(
      [
        ["git tag", "git tag -l", "git tag -l 'v*'", "git tag --list", "git tag -n5"],
        ["git tag --contains HEAD", "git tag --sort=-x", "git tag -v v1", "git tag --points-at x"],
        ["rm file", "rm -r x", "rm -f x", "rm -- -rf", "git rm -rf x", "git status", "npm test"],
        ["", "  ", "bash script.sh", "bash --version", "A=b"]
      ].flat()
    )
  })

  it("says the highest of several risks", () => {
    requires(removal, ["git push && rm -rf /", "rm -rf / && git push", 'rm -rf / "'])
    requires(push, ["git tag v1 && git push"])
  })

  it("asks before what cannot be read", () => {
    isUnreadable(
      [
        ['echo "open', "echo 'open", "echo `open", "echo $(open", "echo ${open"],
        ["$X push", "git${IFS}push", "{git,push}", "g?t push", "git $X", "eval $X"],
        ["curl x | sh", "bash -s < x", "git -c alias.p=push p", "a ".repeat(40_000)],
        ["git config alias.p push", "git config --global alias.p '!x'", "git config set alias.p x"],
        ["echo git push | at now", "batch", "tcsh", "rbash -s", "pwsh", "pwsh -enc AAAA"]
      ].flat()
    )
    const { reason } = { reason: "", ...judge(strict, command('echo "open')) }
    assert.strictEqual(reason, "the command cannot be read: a quote is not closed")
  })

  it("judges words that are started without a shell as they are", () => {
    const argv = (...argv: ReadonlyArray<string>) => judge(strict, { _tag: "Command", argv })
    assert.deepInclude(argv("git", "push"), push)
    assert.deepInclude(argv("sh", "-c", "rm -rf /"), removal)
    assert.deepStrictEqual(argv("echo", "$(git push)"), { _tag: "Allow" })
    assert.deepStrictEqual(argv("git push"), { _tag: "Allow" })
  })
})

describe("the strict policy on tasks", () => {
  const rule = (action: ApprovalPolicy.Action) => {
    const judgement = judge(strict, action)
    return judgement._tag === "Allow" ? undefined : judgement.rule
  }

  it("asks before a task that is told to do it", () => {
    assert.strictEqual(rule(task("write", "git push origin main")), "strict.git_push")
    assert.strictEqual(rule(task("write", "Release", "Then git push it.")), "strict.git_push")
    assert.strictEqual(rule(task("write", "Don't stop: `rm -rf build`")), "strict.rm_rf")
    assert.strictEqual(rule(task("write", "Release", "1. git tag v1\n2. rest")), "strict.git_tag")
    assert.strictEqual(rule(task("read", "git push origin main")), "strict.git_push")
  })

  it("lets a task that reads speak of it", () => {
    assert.isUndefined(rule(task("read", "Explain how git push works")))
    assert.isUndefined(rule(task("read", "Why does `rm -rf` ask nothing?")))
  })

  it("holds no task for words that are near to it, or for an apostrophe", () => {
    for (const title of ["It's broken", "We use git. Push the button", "Stash push", "Add $X"]) {
      assert.isUndefined(rule(task("write", title)))
    }
  })
})

describe("a policy", () => {
  it("allows everything when it is permissive", () => {
    for (const line of ["git push", "rm -rf /", '"']) {
      assert.deepStrictEqual(judge(permissive, command(line)), { _tag: "Allow" })
    }
  })

  const always = (id: string, risk: ApprovalPolicy.Rule["risk"]): ApprovalPolicy.Rule => ({
    id,
    risk,
    judge: () => `because of ${id}`
  })

  it("denies what a forbidden rule finds, whatever the others say", () => {
    const rules = [always("a", "critical"), always("b", "forbidden"), always("c", "low")]
    assert.deepStrictEqual(judge({ name: "own", rules }, command("a")), {
      _tag: "Deny",
      rule: "b",
      reason: "because of b"
    })
  })

  it("says the highest risk, and the first of equal ones, in every order", () => {
    const risk = fc.constantFrom(...ApprovalPolicy.Risk.literals)
    const order = ApprovalPolicy.Risk.literals
    fc.assert(
      fc.property(fc.array(risk, { minLength: 1, maxLength: 6 }), (risks) => {
        const rules = risks.map((risk, at) => always(String(at), risk))
        const judgement = judge({ name: "own", rules }, command("a"))
        const highest = risks.toSorted((a, b) => order.indexOf(b) - order.indexOf(a))[0]!
        assert.deepInclude(judgement, { risk: highest, rule: String(risks.indexOf(highest)) })
      })
    )
  })

  it("takes a rule of one's own beside the strict ones", () => {
    const publishing: ApprovalPolicy.Rule = {
      id: "team.npm_publish",
      risk: "high",
      judge: (action) =>
        ApprovalPolicy.commandsOf(action).some(
          ({ program, words }) => program === "npm" && words.includes("publish")
        )
          ? "npm publish requires approval"
          : undefined
    }
    const policy = { name: "team", rules: [publishing, ...strict.rules] }
    assert.deepInclude(judge(policy, command("npm test && npm publish")), {
      rule: "team.npm_publish"
    })
    assert.deepInclude(judge(policy, command("git push")), { rule: "strict.git_push" })
    assert.deepStrictEqual(judge(policy, command("npm test")), { _tag: "Allow" })
  })

  it("answers whatever it is given, and always the same", () => {
    const shellish = fc.string({
      unit: fc.constantFrom(...`git push rm -rf "'\`$(){}<>|&;\\#*\n=`),
      maxLength: 60
    })
    fc.assert(
      fc.property(shellish, (line) => {
        const first = judge(strict, command(line))
        assert.deepStrictEqual(judge(strict, command(line)), first)
        judge(strict, task("write", line, line))
      }),
      { numRuns: 300 }
    )
  })

  it("finds a push at the end of any readable list of commands", () => {
    const readable = fc.string({ unit: fc.constantFrom(..."abc -=/.,0"), maxLength: 20 })
    const operator = fc.constantFrom(" && ", "; ", " | ", "\n", " & ")
    fc.assert(
      fc.property(readable, operator, (before, operator) => {
        assert.deepInclude(judge(strict, command(`x${before}${operator}git push`)), push)
      })
    )
  })
})
