/**
 * The few commands that are said in other words than the operation behind them has: a person names a
 * task where the catalogue names its approval, and a status by the verb that leads to it.
 */
import type { Connection } from "./Connection.ts"
import type { Context } from "./Context.ts"
import { exitCodes, Failed } from "./ExitCode.ts"
import { type Command, type Flag, type Given, isOn, Misused } from "./Grammar.ts"
import { answerOf } from "./OperationAnswer.ts"
import { call, commandOf, inputOf, type Part } from "./OperationCommands.ts"

// services --------------------------------------------------------------------

/** The command of each operation, and these beside them where the catalogue has not their words. */
export const amend = (parts: ReadonlyArray<Part>): ReadonlyArray<Command> => {
  const at = (...words: ReadonlyArray<string>) =>
    parts.find((part) => part.words.join(" ") === words.join(" "))
  const create = at("task", "create")
  const status = at("task", "status")
  const update = at("task", "update")
  const decisions = ["approve", "reject"].flatMap(
    (verb) => at("approval", verb) ?? at("manager", verb) ?? []
  )
  const known = new Set(parts.map(({ words }) => words.join(" ")))
  const others = [
    ...(status === undefined ? [] : [cancel(status)]),
    ...(update === undefined ? [] : [reprioritize(update)]),
    ...decisions.flatMap((part) => [shorter(part), ofTask(part)])
  ]
  return [
    ...parts.map((part) => (part === create ? withNumbers(commandOf(part)) : commandOf(part))),
    ...others.filter(({ words }) => !known.has(words.join(" ")))
  ]
}

// internal --------------------------------------------------------------------

/** Managers say an urgency where the platform says a word; both stand behind `--priority`. */
const withNumbers = (create: Command): Command => ({
  ...create,
  flags: create.flags.map((flag): Flag => {
    if (flag.name === "type") return { ...flag, aliases: [...(flag.aliases ?? []), "task-type"] }
    if (flag.name === "scopes")
      return { ...flag, aliases: [...(flag.aliases ?? []), "write-scope"] }
    if (flag.name !== "priority") return flag
    const { choices = [], ...rest } = flag
    return { ...rest, placeholder: [...choices, "N"].join("|") }
  }),
  examples: [
    'foreman task create --title "Fix the login"',
    'foreman task create --title "Read the log" --task-type read --priority 30 --json'
  ],
  run: (given, context) => create.run(urgent(given), context)
})

const urgent = (given: Given): Given => {
  const { priority, ...flags } = given.flags
  const isNumber = priority?.every((text) => /^-?\d+$/.test(text)) === true
  return priority === undefined || !isNumber
    ? given
    : { ...given, flags: { ...flags, urgency: priority } }
}

const taskFlags = (command: Command): ReadonlyArray<Flag> =>
  command.flags.filter(({ name }) => ["task-id", "dry-run", "idempotency-key"].includes(name))

const cancel = (part: Part): Command => {
  const status = commandOf({ ...part, words: ["task", "cancel"] })
  return {
    ...status,
    summary: "Ends a task for good.",
    details: "Ends a task for good. A run of it that is live is stopped.",
    flags: taskFlags(status),
    examples: ["foreman task cancel 42"],
    run: (given, context) =>
      status.run({ ...given, flags: { ...given.flags, status: ["cancelled"] } }, context)
  }
}

const reprioritize = (part: Part): Command => {
  const words = ["task", "reprioritize"]
  const update = commandOf({ ...part, words })
  return {
    ...update,
    summary: "Gives a task another priority.",
    details: "Gives a task another priority: a number, of which a higher one is sooner.",
    flags: [
      ...taskFlags(update),
      {
        name: "priority",
        placeholder: "N",
        isRequired: true,
        description: "1 or more; higher is sooner (critical 100, high 50, medium 10, low 1)"
      }
    ],
    examples: ["foreman task reprioritize 42 --priority 30"],
    run: (given, context) => {
      const { priority, ...flags } = given.flags
      if (priority === undefined) throw new Misused("--priority is missing", words)
      return update.run({ ...given, flags: { ...flags, urgency: priority } }, context)
    }
  }
}

/** `approve ID` for `approval approve ID`. */
const shorter = (part: Part): Command => {
  const words = part.words.slice(-1)
  const decide = commandOf({ ...part, words })
  return {
    ...decide,
    examples: [`foreman ${words.join("")} 01a2b3c4-...${reasonOf(decide)}`]
  }
}

/** `task approve 42`: the approval that the task waits for. */
const ofTask = (part: Part): Command => {
  const verb = part.words.at(-1) ?? ""
  const words = ["task", verb]
  const decide = commandOf({ ...part, words })
  return {
    ...decide,
    summary: `Decides the approval that a task waits for: ${verb}.`,
    details: `Decides the approval that a task waits for: ${verb}.`,
    needsStore: true,
    positionals: [{ name: "TASK-ID", isRequired: true, description: "Number of the task" }],
    flags: decide.flags.filter(({ name }) => name !== "approval-id"),
    examples: [`foreman task ${verb} 42${reasonOf(decide)}`],
    run: async (given, context) => {
      const [text = ""] = given.positionals
      const approval = await approvalOf(text, words, context)
      const input = await inputOf({ ...part, words }, { ...given, positionals: [approval] })
      const connection = await context.connect()
      const decided = await call(part, connection, input, given, context.signal)
      const isDry = isOn(given, "dry-run")
      // What became of the task is what was asked for.
      const answer =
        context.isJson || isDry
          ? decided
          : await connection.invoke("get_task", { task_id: Number(text) })
      await answerOf({ ...part, words }, answer, {
        context,
        connection,
        isAll: false,
        isFirst: true,
        before: `approval ${verb === "approve" ? "approved" : "rejected"}, `
      })
      if (isInReview(answer)) {
        // What could be told besides is worth no failure: the approval is decided.
        const wanted = await wantedOf(connection, verb, text).catch(() => "")
        if (wanted !== "") context.terminal.err(`Task ${text} waits for ${wanted}\n`)
      }
      return exitCodes.done
    }
  }
}

const reasonOf = ({ flags }: Command): string => {
  const reason = flags.find(({ name }) => /reason/.test(name))
  return reason === undefined ? "" : ` --${reason.name} "Not on a Friday"`
}

const approvalOf = async (
  text: string,
  words: ReadonlyArray<string>,
  context: Context
): Promise<string> => {
  if (!/^\d+$/.test(text)) throw new Misused(`TASK-ID is a number, not ${text}`, words)
  const connection = await context.connect()
  // As: a task has these fields.
  const task = (await connection.invoke("get_task", { task_id: Number(text) })) as {
    readonly approval_id: string | null
  }
  if (task.approval_id !== null) return task.approval_id
  const wanted = isInReview(task) ? await wantedOf(connection, words.at(-1), text) : ""
  const message = `Task ${text} waits for no approval${wanted === "" ? "" : `, but for ${wanted}`}`
  throw new Failed(exitCodes.refused, "NoApproval", message, { task_id: Number(text) })
}

/** Whether a verdict on what its agent did is waited for, which is another thing than its approval. */
const isInReview = (answer: unknown): boolean =>
  typeof answer === "object" &&
  answer !== null &&
  "status" in answer &&
  answer.status === "in_review"

/** What a task in review waits for. Who moved it there by hand has opened no review of it. */
const wantedOf = async (
  { invoke }: Connection,
  verb = "approve",
  task: string
): Promise<string> => {
  // As: the catalogue's lists have this form, and this one begins with the latest.
  const { items } = (await invoke("list_reviews", { task_id: Number(task), limit: 1 })) as {
    readonly items: ReadonlyArray<{ readonly verdict: string | null }>
  }
  return items[0]?.verdict === null
    ? `the verdict of its review: foreman review ${verb} ${task} gives that`
    : `a review, and none is open: foreman review request ${task} opens one`
}
