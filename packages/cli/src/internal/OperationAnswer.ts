/**
 * The answer of an operation, shown: as one JSON document, as a table, a record, or a sentence about
 * what was done.
 */
import { ManagerTask, type Task, Wire } from "@foreman/core"
import type { Connection } from "./Connection.ts"
import type { Context } from "./Context.ts"
import type { Part } from "./OperationCommands.ts"
import * as Show from "./Show.ts"
import { inLines, type Terminal } from "./Terminal.ts"

// models ----------------------------------------------------------------------

/** Where an answer goes. */
export interface Showing {
  readonly context: Context
  readonly connection: Connection
  /** Whether this is one page of all. */
  readonly isAll: boolean
  /** Whether it is the first one. */
  readonly isFirst: boolean
  /** What the sentence about what was done begins with. */
  readonly before?: string
}

// services --------------------------------------------------------------------

/** Shows an answer. Gives the cursor of the next page, if all pages are wanted and one comes. */
export const answerOf = async (
  part: Part,
  answer: unknown,
  showing: Showing
): Promise<string | undefined> => {
  const { context, isAll, isFirst } = showing
  const { terminal } = context
  const row = rowOf(answer)
  if (Array.isArray(row["items"])) {
    const next = typeof row["next_cursor"] === "string" ? row["next_cursor"] : undefined
    await terminal.out(
      context.isJson
        ? pageOf(row, next, showing)
        : Show.list(terminal, columnsOf(part), itemsOf(row))
    )
    if (isFirst && !context.isJson && next === undefined && row["items"].length === 0) {
      terminal.err(`${nothingOf(part)}\n`)
    }
    if (isAll) return next
    if (next !== undefined && !context.isJson) {
      terminal.err(`There is more: --cursor ${next}, or --all\n`)
    }
    return undefined
  }
  await terminal.out(
    context.isJson ? `${JSON.stringify(answer, undefined, 2)}\n` : await textOf(part, row, showing)
  )
  return undefined
}

/** What a list says that has nothing in it, in the words of its title. */
export const nothingOf = ({ operation }: Pick<Part, "operation">): string => {
  const [, ...words] = operation.title.toLowerCase().split(" ")
  const things = words.join(" ")
  return things.endsWith("s") ? `No ${things} found.` : `Nothing in the ${things}.`
}

/** What was done, in a line: `created task 42 state=ready`. */
export const sentenceOf = async (
  { words }: Pick<Part, "words">,
  row: Show.Row,
  runStatusOf: (runId: string) => Promise<string | undefined>
): Promise<string> => {
  const verb = words.at(-1) ?? ""
  const noun = "task_state" in row ? "task" : (words.at(-2) ?? verb)
  const id = row[`${noun}_id`] ?? row["id"]
  if (id === undefined) return `${Show.pairs(row)}\n`
  const done = pastOf[verb]
  const start = [...(done === undefined ? [] : [done]), noun, Show.textOf(id)].join(" ")
  const isTask = "live_run_id" in row && "rejections" in row
  const state = isTask
    ? await stateOf(row, runStatusOf)
    : (pausedOf(row) ??
      row["task_state"] ??
      row["state"] ??
      row["status"] ??
      row["board_state"] ??
      row["verdict"])
  const name = row["name"]
  const isNamed = name !== undefined && (state === undefined || done !== undefined)
  const named = isNamed ? ` (${Show.textOf(name)})` : ""
  const standing = isNamed || state === undefined ? named : ` state=${Show.textOf(state)}`
  const urgency = verb === "reprioritize" ? ` priority=${Show.textOf(row["urgency"])}` : ""
  return `${start}${standing}${urgency}\n`
}

// internal --------------------------------------------------------------------

/** Whether an organization starts agents, in a word. */
const pausedOf = ({ is_paused: isPaused }: Show.Row): string | undefined =>
  typeof isPaused === "boolean" ? (isPaused ? "paused" : "active") : undefined

const pastOf: Readonly<Record<string, string>> = { create: "created", register: "registered" }

const textOf = async (part: Part, row: Show.Row, { before, connection, context }: Showing) => {
  const { terminal } = context
  if (row["dry_run"] === true) return rehearsalOf(row)
  if (part.operation.name === "get_task_run_output") {
    const text = String(row["text"])
    return terminal.isTerminal ? inLines(text) : text
  }
  if (part.operation.name === "explain_task") return explanationOf(terminal, row)
  if (part.operation.kind === "query") return Show.record(terminal, row)
  // What was done is done: that its run cannot be asked for now makes no failure of it.
  const sentence = await sentenceOf(part, row, async (run_id) => {
    const run = rowOf(await connection.invoke("get_task_run", { run_id }).catch(() => ({})))
    return typeof run["status"] === "string" ? run["status"] : undefined
  })
  return (before ?? "") + sentence
}

/** The state of a task in the words of managers. */
const stateOf = async (
  row: Show.Row,
  runStatusOf: (runId: string) => Promise<string | undefined>
): Promise<string> => {
  // As: an answer that has the fields of a task is one.
  const task = {
    approvalStatus: row["approval_status"],
    isRework: row["is_rework"],
    lastOutcome: row["last_outcome"],
    liveRunId: row["live_run_id"],
    status: row["status"]
  } as Pick<Task.Task, "approvalStatus" | "isRework" | "lastOutcome" | "liveRunId" | "status">
  const board = ManagerTask.boardOf(task)
  if (board !== "in_progress") return board
  const status = task.liveRunId === null ? "running" : await runStatusOf(task.liveRunId)
  return status === "queued" || status === "starting" ? "leased" : "running"
}

/**
 * Why a task stands as it does: in a sentence, then each reason with what to do about it. The sentence
 * of a task that waits ends with the first reason, which is not said again.
 */
const explanationOf = (terminal: Terminal, row: Show.Row): string => {
  const title = Show.textOf(row["words"])
  const reasons = Array.isArray(row["reasons"]) ? row["reasons"].map(rowOf) : []
  const lines = reasons.map((reason, index) => {
    const words = Show.textOf(reason["words"])
    const isSaid = index === 0 && title.toLowerCase().endsWith(words.toLowerCase())
    const advice = Show.textOf(reason["todo"] ?? "")
    return [
      ...(isSaid ? [] : [`  ${terminal.paint("waiting", words)}\n`]),
      ...(advice === "" ? [] : [terminal.paint("faint", `    ${advice}`), "\n"])
    ].join("")
  })
  return `${terminal.paint("title", title)}\n${lines.join("")}`
}

const rehearsalOf = (row: Show.Row): string => {
  const events = Array.isArray(row["events"]) ? row["events"].map(rowOf) : []
  const lines = events.map(
    ({ data, stream, type }) =>
      `would write ${Show.textOf(stream)} ${Show.textOf(type)} ${Show.textOf(data)}\n`
  )
  if (lines.length === 0) lines.push("would write nothing\n")
  // A number that is given only when it is done.
  const text = lines.join("").replaceAll(String(Number.MAX_SAFE_INTEGER), "NEW")
  return text + (row["more"] === true ? "and more, which follows from these\n" : "")
}

/** The columns of a list follow from its items' schema, so that they are the same for every page. */
const columnsOf = ({ operation }: Part): ReadonlyArray<string> => {
  const items = Wire.jsonSchema(operation.output).properties?.["items"]?.items
  return Show.columnsFor(Object.keys(items?.properties ?? {}))
}

/** One JSON document, or this page's part of the one that all pages make. */
const pageOf = (
  row: Show.Row,
  next: string | undefined,
  { isAll, isFirst }: Pick<Showing, "isAll" | "isFirst">
): string => {
  if (!isAll) return `${JSON.stringify(row, undefined, 2)}\n`
  const items = itemsOf(row).map((item) => `\n    ${JSON.stringify(item)}`)
  const before = isFirst ? '{\n  "items": [' : items.length > 0 ? "," : ""
  const after = next === undefined ? '\n  ],\n  "next_cursor": null\n}\n' : ""
  return before + items.join(",") + after
}

const itemsOf = (row: Show.Row): ReadonlyArray<Show.Row> =>
  Array.isArray(row["items"]) ? row["items"].map(rowOf) : []

const rowOf = (value: unknown): Show.Row =>
  typeof value === "object" && value !== null ? { ...value } : {}
