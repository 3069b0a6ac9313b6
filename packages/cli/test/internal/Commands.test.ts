import { execFileSync } from "node:child_process"
import { catalogue } from "@foreman/core"
import { describe, expect, it } from "vitest"
import { all } from "../../src/internal/Commands.ts"
import * as Completion from "../../src/internal/Completion.ts"
import { commandsBelow, treeOf } from "../../src/internal/Grammar.ts"
import * as Help from "../../src/internal/Help.ts"
import { everywhere } from "../../src/internal/Program.ts"
import * as Terminal from "../../src/internal/Terminal.ts"

const commands = all(everywhere)
const root = treeOf(commands)
const { stderr, stdout } = process
const terminal = Terminal.make({ stdout, stderr, environment: {}, hasColour: false })

describe("the tree of commands", () => {
  it("has each once, with something of every operation", () => {
    const words = commands.map((command) => command.words.join(" "))
    expect(new Set(words).size).toBe(words.length)
    expect(commandsBelow(root)).toHaveLength(commands.length)
    const expected = Object.values(catalogue).flatMap(({ cli, kind }) =>
      kind === "query" ? [cli, `watch ${cli}`] : [cli]
    )
    expect(words).toEqual(expect.arrayContaining(expected))
  })

  it("has the words that managers know", () => {
    const words = commands.map((command) => command.words.join(" "))
    for (const known of [
      "serve",
      "project create",
      "project module create",
      "task create",
      "task approve",
      "task reject",
      "task retry",
      "task cancel",
      "task reprioritize",
      "approve",
      "reject"
    ]) {
      expect(words).toContain(known)
    }
    const flagsOf = (asked: string) =>
      commands
        .find((command) => command.words.join(" ") === asked)
        ?.flags.flatMap(({ aliases = [], name }) => [name, ...aliases])
    expect(flagsOf("project create")).toEqual(expect.arrayContaining(["name", "id", "repo-root"]))
    expect(flagsOf("project module create")).toEqual(
      expect.arrayContaining(["project-id", "name", "id", "description"])
    )
    expect(flagsOf("task create")).toEqual(
      expect.arrayContaining([
        "module-id",
        "title",
        "task-type",
        "write-scope",
        "acceptance",
        "priority"
      ])
    )
  })

  it("gives no command two flags of one name", () => {
    for (const { flags, words } of commands) {
      const names = flags.flatMap(({ aliases = [], name }) => [name, ...aliases])
      const twice = names.filter((name, index) => names.indexOf(name) !== index)
      expect(twice, words.join(" ")).toEqual([])
    }
  })

  it("says for each what it does, with an example", () => {
    for (const { examples, summary, words } of commands) {
      expect(summary.length, words.join(" ")).toBeGreaterThan(5)
      expect(examples, words.join(" ")).not.toEqual([])
      for (const example of examples) expect(example).toContain("foreman")
      const node = words.reduce((at, word) => at.children.get(word) ?? at, root)
      expect(Help.of(node, everywhere, terminal)).toContain(`foreman ${words.join(" ")}`)
    }
  })
})

describe("the help of a command", () => {
  const helpOf = (...words: ReadonlyArray<string>) =>
    Help.of(
      words.reduce((at, word) => at.children.get(word) ?? at, root),
      everywhere,
      terminal
    )

  it("lists no flag twice, lets no task depend on itself, and fits its own line", () => {
    expect(helpOf("agent", "create").match(/--config /g)).toHaveLength(1)
    expect(helpOf("approval", "reject").match(/Id of the approval/g)).toHaveLength(1)
    expect(helpOf("approval", "reject")).toMatch(
      /Id of the approval\s+\[--approval-id, --approval\]/
    )
    expect(helpOf("task", "depend")).toContain("task depend 42 --depends-on-id 41")
    expect(Help.of(root, everywhere, { ...terminal, width: 80 })).toContain("the exit codes\n")
  })
})

describe("the completion of bash", () => {
  const complete = (...words: ReadonlyArray<string>): ReadonlyArray<string> => {
    const script = `${Completion.scriptFor("bash", root, everywhere)}
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _foreman; printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8" }).trim().split("\n")
  }

  it("knows words, flags and their values", () => {
    expect(complete("foreman", "comp")).toEqual(["completion"])
    expect(complete("foreman", "task", "can")).toEqual(["cancel"])
    expect(complete("foreman", "--json", "task", "create", "--tit")).toEqual(["--title"])
    expect(complete("foreman", "task", "status", "42", "--status", "in_re")).toEqual(["in_review"])
    expect(complete("foreman", "watch", "task", "show", "4", "--unt")).toEqual(["--until"])
  })

  it("is written for the other shells too", () => {
    for (const shell of Completion.shells) {
      expect(Completion.scriptFor(shell, root, everywhere)).toContain("--title")
    }
  })
})
