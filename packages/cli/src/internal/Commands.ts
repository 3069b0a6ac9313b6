/**
 * Every command that there is.
 */
import { catalogue } from "@foreman/core"
import * as AgentCommands from "./AgentCommands.ts"
import * as ArtifactCommands from "./ArtifactCommands.ts"
import * as Completion from "./Completion.ts"
import * as Config from "./ConfigCommand.ts"
import { exitCodes } from "./ExitCode.ts"
import { type Command, type Flag, Misused, nodeAt, treeOf } from "./Grammar.ts"
import * as Help from "./Help.ts"
import * as Doctor from "./moving/DoctorCommand.ts"
import * as Export from "./moving/ExportCommand.ts"
import * as Import from "./moving/ImportCommand.ts"
import * as Rebuild from "./moving/RebuildCommand.ts"
import { question } from "./Nearest.ts"
import * as OperationCommands from "./OperationCommands.ts"
import * as Serve from "./ServeCommand.ts"
import * as TaskCommands from "./TaskCommands.ts"
import * as Watch from "./Watch.ts"

// services --------------------------------------------------------------------

/** Every command: those of the program itself, and those of the catalogue. */
export const all = (everywhere: ReadonlyArray<Flag>): ReadonlyArray<Command> => {
  const parts = OperationCommands.partsOf(catalogue)
  const operations = AgentCommands.amend(parts, TaskCommands.amend(parts))
  const commands: ReadonlyArray<Command> = [
    Serve.command,
    mcp,
    ...Watch.commandsOf(catalogue),
    Doctor.command,
    Export.command,
    Import.command,
    Rebuild.command,
    Config.command,
    completion(() => commands, everywhere),
    help(() => commands, everywhere),
    ...operations,
    ArtifactCommands.save
  ]
  return commands
}

// internal --------------------------------------------------------------------

/** Its own program reads what comes after it. */
const mcp: Command = {
  words: ["mcp"],
  summary: "Serves the tools of agents over MCP, on stdin and stdout",
  positionals: [],
  flags: [],
  examples: ["foreman mcp --role engineer"],
  isRaw: true,
  run: async ({ positionals }) => {
    const Mcp = await import("./McpProgram.ts")
    await Mcp.run(positionals)
    return exitCodes.done
  }
}

const completion = (
  commands: () => ReadonlyArray<Command>,
  everywhere: ReadonlyArray<Flag>
): Command => ({
  words: ["completion"],
  summary: "Writes what a shell needs to complete command lines",
  positionals: [{ name: "SHELL", isRequired: true, description: Completion.shells.join(", ") }],
  flags: [],
  examples: ["source <(foreman completion bash)", "foreman completion fish | source"],
  run: async ({ positionals: [given = ""] }, { terminal }) => {
    const shell = Completion.shells.find((name) => name === given)
    if (shell === undefined) {
      const words = `there is a completion for ${Completion.shells.join(", ")}, not for ${given}`
      throw new Misused(words + question(given, Completion.shells), ["completion"])
    }
    await terminal.out(Completion.scriptFor(shell, treeOf(commands()), everywhere))
    return exitCodes.done
  }
})

const help = (
  commands: () => ReadonlyArray<Command>,
  everywhere: ReadonlyArray<Flag>
): Command => ({
  words: ["help"],
  summary: "Shows the help of a command; help exit-codes the exit codes",
  positionals: [
    { name: "WORDS", isRequired: false, isRest: true, description: "The words of the command" }
  ],
  flags: [],
  examples: ["foreman help task create", "foreman help exit-codes"],
  run: async ({ positionals }, { terminal }) => {
    if (/^exit([- ]?codes?)?$/.test(positionals.join(" "))) {
      await terminal.out(Help.ofExitCodes())
      return exitCodes.done
    }
    const root = treeOf(commands())
    const node = nodeAt(root, positionals)
    if (node === undefined) {
      const known = [...commands().map(({ words }) => words.join(" ")), ...root.children.keys()]
      const asked = positionals.join(" ")
      throw new Misused(`there is no command ${asked}${question(asked, [...known, "exit-codes"])}`)
    }
    await terminal.out(Help.of(node, everywhere, terminal))
    return exitCodes.done
  }
})
