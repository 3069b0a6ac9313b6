/**
 * Reads a call of git: its own options, its subcommand, and the lines that it gives to a shell.
 *
 * @internal
 */
import { type Options, optionsOf } from "./CommandLineOptions.ts"

// models ----------------------------------------------------------------------

interface Call {
  readonly program: string
  readonly words: ReadonlyArray<string>
}

// rules -----------------------------------------------------------------------

/** The subcommand of git with what follows it, behind the options of git itself. */
export const gitOf = ({ program, words }: Call): Options | undefined => {
  // `git-push` is what `git push` starts.
  if (program.startsWith("git-")) return { options: [], operands: [program.slice(4), ...words] }
  if (program !== "git") return undefined
  const { operands, options } = optionsOf(words, { short: "Cc", long })
  const [name = "", ...rest] = operands
  return { options, operands: [name.toLowerCase(), ...rest] }
}

/** What git hands to a shell: for each commit, each submodule or each difference. */
export const gitLinesOf = (call: Call): ReadonlyArray<string> => {
  const [name = "", ...words] = gitOf(call)?.operands ?? []
  switch (name) {
    case "rebase":
    case "difftool": {
      const given = { short: "x", long: ["exec", "extcmd"], isMixed: true }
      const { options } = optionsOf(words, given)
      return options.flatMap(([option, value]) =>
        option === "x" || /^(exec|extcmd)$/.test(option) ? [value] : []
      )
    }
    case "submodule": {
      const [verb, ...rest] = optionsOf(words).operands
      return verb === "foreach" ? [optionsOf(rest).operands.join(" ")] : []
    }
    default:
      return []
  }
}

/** The program that git starts for each step of a search. */
export const startedByGit = (call: Call): ReadonlyArray<string> => {
  const [name, verb, ...words] = gitOf(call)?.operands ?? []
  return name === "bisect" && verb === "run" ? words : []
}

// internal --------------------------------------------------------------------

const long = ["attr-source", "config-env", "git-dir", "namespace", "super-prefix", "work-tree"]
