/**
 * `agent create`, with what a person should know of the agent that was made: where it works.
 */
import type { Connection } from "./Connection.ts"
import { exitCodes } from "./ExitCode.ts"
import { type Command, type Given, valueOf } from "./Grammar.ts"
import { answerOf } from "./OperationAnswer.ts"
import { call, inputOf, type Part } from "./OperationCommands.ts"

// services --------------------------------------------------------------------

/** The commands, of which the one that makes an agent says where nothing of its work would be kept. */
export const amend = (
  parts: ReadonlyArray<Part>,
  commands: ReadonlyArray<Command>
): ReadonlyArray<Command> => {
  const part = parts.find(({ operation }) => operation.name === "create_agent")
  return commands.map((command) =>
    part?.words.join(" ") === command.words.join(" ") ? withAdvice(part, command) : command
  )
}

// internal --------------------------------------------------------------------

const withAdvice = (part: Part, command: Command): Command => ({
  ...command,
  run: async (given, context) => {
    const input = await inputOf(part, given)
    const connection = await context.connect()
    const agent = await call(part, connection, input, given, context.signal)
    await answerOf(part, agent, { context, connection, isAll: false, isFirst: true })
    // What it could be told is worth no failure: the agent is made.
    const isSaid = input["team_id"] !== undefined || valueOf(given, "org") !== undefined
    const advice = context.isJson ? "" : await adviceOn(agent, connection, isSaid).catch(() => "")
    if (advice !== "") context.terminal.err(`${advice}${sameAs(given)}\n`)
    return exitCodes.done
  }
})

/** What is missing for the work of an agent that is started, if anything is. */
const adviceOn = async (
  answer: unknown,
  { invoke }: Connection,
  isTeamSaid: boolean
): Promise<string> => {
  // As: an answer has these fields, and a rehearsal none of them.
  const { config, name, team_id } = answer as {
    readonly config?: Readonly<Record<string, unknown>>
    readonly name?: string
    readonly team_id?: string
  }
  // Where one works that nobody starts is for itself to know.
  if (team_id === undefined || config?.["runner"] === undefined) return ""
  // As: the catalogue's lists have this form.
  const { items } = (await invoke("list_repos", { team_id, limit: 1 })) as {
    readonly items: ReadonlyArray<unknown>
  }
  if (items.length > 0) return ""
  const team = isTeamSaid ? ` --team ${team_id}` : ""
  return (
    `The team of ${name} has no repository, so ${name} works in empty folders and what it writes is ` +
    `not kept: foreman repo register --name NAME --local-path FOLDER${team} gives it one, ` +
    "with an absolute FOLDER"
  )
}

/** The flags that led to this Foreman, without what they say: a token or a password may be in it. */
const sameAs = ({ flags }: Given): string => {
  const said = ["url", "token", "db", "runtime-root"].filter((name) => flags[name] !== undefined)
  return said.map((name) => ` and the same --${name}`).join("")
}
