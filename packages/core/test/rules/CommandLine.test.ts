import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { CommandLine } from "@foreman/core"

const { unknown } = CommandLine

const told = (line: string) =>
  CommandLine.read(line).commands.map(({ program, words }) => [program, ...words].join(" "))

describe("reading a command line", () => {
  it("takes lists, pipes and subshells apart", () => {
    assert.deepStrictEqual(told("a 1 && b || c; d & e | f"), ["a 1", "b", "c", "d", "e", "f"])
    assert.deepStrictEqual(told("(a; b) && { c; }"), ["a", "b", "c", "}"])
  })

  it("takes quotes and escapes off", () => {
    assert.deepStrictEqual(CommandLine.read(`a 'b c' "d \\"e\\"" f\\ g ""`).commands, [
      { program: "a", words: ["b c", 'd "e"', "f g", ""] }
    ])
  })

  it("leaves out redirections, and reads here-documents as the input that they are", () => {
    assert.deepStrictEqual(told("a >x 2>&1 <y b &>z"), ["a b"])
    assert.deepStrictEqual(told("a <<E 1\nbody\nE\nb"), ["a 1", "b"])
    assert.deepStrictEqual(told("a <<-E\n\tbody\n\tE\nb"), ["a", "b"])
  })

  it("marks what only the shell knows", () => {
    assert.deepStrictEqual(told('a $x "$y" *.txt ~/z'), [
      `a ${unknown} ${unknown} ${unknown}*.txt ~/z`
    ])
    assert.deepStrictEqual(CommandLine.read("$x a").problems, [
      "only the shell knows what it starts"
    ])
  })

  it("passes over assignments, words of the shell and comments", () => {
    assert.deepStrictEqual(told("A=1 B[0]+=2 if ! a; then b # c\nfi"), ["a", "b", "fi"])
    assert.deepStrictEqual(told("a#b"), ["a#b"])
  })

  it("names a program without its folder", () => {
    assert.deepStrictEqual(told("/usr/bin/git x; $HOME/bin/tool; C:\\\\bin\\\\Rm.EXE y"), [
      "git x",
      "tool",
      "rm y"
    ])
    assert.strictEqual(CommandLine.programOf("../a/B"), "b")
  })

  it("shows a program that starts another one, and that one", () => {
    assert.deepStrictEqual(told("sudo -u me env A=b timeout 5 git push"), [
      "sudo -u me env A=b timeout 5 git push",
      "env A=b timeout 5 git push",
      "timeout 5 git push",
      "git push"
    ])
  })

  it("shows what shells, terminals and other starters run", () => {
    const lines = [
      ["csh -c 'git push'", "tcsh -c 'git push'", "rbash -c 'git push'", "mksh -c 'git push'"],
      ["pwsh -c 'git push'", "pwsh -NoProfile -Command git push", "powershell git push"],
      ["npm exec -c 'git push'", "npm x --call='git push'", "npx -c 'git push'"],
      ["fd -x git push", "fd . --exec git push \\;", "fd --exec=git push", "fdfind -X git push"],
      ["git rebase -x 'git push' main", "git rebase main --exec='git push'"],
      ["git submodule foreach git push", "git submodule foreach --recursive 'git push'"],
      ["git bisect run git push", "git bisect run sh -c 'git push'"],
      ["tmux new -d git push", "tmux new-session -d -s x 'git push'", "tmux neww 'git push'"],
      ["tmux send-keys -t x 'git push' Enter", "tmux new -d \\; send 'git push' Enter"],
      ["screen -dmS x git push", "screen -S x -X stuff 'git push\n'"],
      ["systemd-run --user git push", "systemd-run -u x --wait git push", "ltrace -f git push"],
      ["firejail --net=none git push", "bwrap --bind / / --unshare-all --dev /dev git push"],
      ["bwrap --ro-bind / / -- git push", "fakeroot git push", "xvfb-run -a git push"],
      ["xvfb-run -s '-screen 0' git push", "sshpass -p x git push", "at now <<< 'git push'"]
    ].flat()
    const isPush = ({ program, words }: CommandLine.Command) =>
      program === "git" && words[0] === "push"
    const missed = lines.filter((line) => !CommandLine.read(line).commands.some(isPush))
    assert.deepStrictEqual(missed, [])
  })

  it("says what it could not read", () => {
    for (const [line, problem] of [
      ["a 'b", "a quote is not closed"],
      ['a "b', "a quote is not closed"],
      ["a $'b", "a quote is not closed"],
      ["a `b", "a backtick is not closed"],
      ["a $(b", "a parenthesis is not closed"],
      ["a ${b", "a brace is not closed"],
      ["a".repeat(70_000), "it is too long"],
      ["$(".repeat(40), "it nests too deep"],
      ["sudo ".repeat(40), "it nests too deep"],
      ["a <<b\n".repeat(40), "it has too many here-documents"],
      ["sh", "a shell reads from its input what it runs"]
    ] as const) {
      assert.include(CommandLine.read(line).problems, problem, line.slice(0, 20))
    }
  })

  it("reads back any words that were quoted", () => {
    const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`
    const word = fc.string({ unit: "grapheme-ascii" })
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (words) => {
        const line = ["x-program", ...words.map(quoted)].join(" ")
        assert.deepStrictEqual(CommandLine.read(line), {
          commands: [{ program: "x-program", words }],
          problems: []
        })
      })
    )
  })

  it("stays quick on lines that were made to be slow", () => {
    const slow = ["`", '"', "(", "$(", "${", "<<a\n", "\\`", "eval ", "find -exec ", "{,", "sh -c "]
    const start = process.threadCpuUsage()
    for (const part of slow) CommandLine.read(part.repeat(20_000 / part.length))
    assert.isBelow(process.threadCpuUsage(start).user, 3_000_000)
  })
})

describe("the work of reading", () => {
  it("has an end where one line holds the rest again and again", () => {
    const start = process.threadCpuUsage()
    const lines = [`env ${"-Sa ".repeat(8_000)}${"b ".repeat(16_000)}`, "env -Senv ".repeat(6_000)]
    for (const line of lines) CommandLine.read(line)
    assert.isBelow(process.threadCpuUsage(start).user, 1_000_000)
    const words = Array.from({ length: 70_000 }, () => "a")
    assert.deepStrictEqual(CommandLine.readWords(words).problems, ["it is too long"])
  })

  it("names a program whatever its version and folder", () => {
    assert.deepStrictEqual(told("npx @a/b@1 x; npx c@2; npx @a/d").slice(1), [
      "b x",
      "npx c@2",
      "c",
      "npx @a/d",
      "d"
    ])
    assert.strictEqual(CommandLine.programOf(`${"a".repeat(200_000)}/b`), "b")
  })
})

describe("taking words apart", () => {
  it("knows options that take a word of their own", () => {
    assert.deepStrictEqual(
      CommandLine.optionsOf(["-C", "x", "-pCy", "--git-dir", "z", "--a=b", "push", "-f"], {
        short: "C",
        long: ["git-dir"]
      }),
      {
        options: [
          ["C", "x"],
          ["p", ""],
          ["C", "y"],
          ["git-dir", "z"],
          ["a", "b"]
        ],
        operands: ["push", "-f"]
      }
    )
  })

  it("ends at two dashes, and looks behind operands only when asked to", () => {
    const words = ["a", "-b", "-", "--", "-c"]
    assert.deepStrictEqual(CommandLine.optionsOf(words), { options: [], operands: words })
    assert.deepStrictEqual(CommandLine.optionsOf(words, { isMixed: true }), {
      options: [["b", ""]],
      operands: ["a", "-", "-c"]
    })
    assert.deepStrictEqual(CommandLine.optionsOf([]), { options: [], operands: [] })
  })
})
