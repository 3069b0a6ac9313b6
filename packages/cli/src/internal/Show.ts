/**
 * Answers as a person reads them at a terminal, and as a script reads them from a pipe.
 *
 * At a terminal a list is a table with a head and a thing is a list of its fields. Into a pipe both
 * become lines with tabs between, without a head, so that `cut` and `while read` work.
 */
import { columnsOf, cut, inLine, type Terminal, type Tone } from "./Terminal.ts"

// models ----------------------------------------------------------------------

/** A thing, with the keys of the wire. */
export type Row = Readonly<Record<string, unknown>>

// rules -----------------------------------------------------------------------

/** The columns of a list, of the fields that its items have: what it is, how it stands, its words. */
export const columnsFor = (fields: ReadonlyArray<string>): ReadonlyArray<string> => {
  const own =
    fields.find((field) => field === "id") ?? fields.find((field) => field.endsWith("_id"))
  const chosen = preferred.filter((field) => fields.includes(field) && field !== own)
  const columns = [...(own === undefined ? [] : [own]), ...chosen].slice(0, mostColumns)
  return columns.length > 1 ? columns : fields.slice(0, mostColumns)
}

/** What a value says in one line. */
export const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  if (typeof value === "string") return inLine(value)
  if (typeof value !== "object") return String(value)
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) {
    return value.map(textOf).join(", ")
  }
  return inLine(JSON.stringify(value))
}

/** What is said of a thing in one line: `kind=completion task_id=4`. */
export const pairs = (row: Row): string =>
  Object.entries(row)
    .filter(([, value]) => !isNothing(value))
    .map(([key, value]) => `${key}=${textOf(value)}`)
    .join(" ")

/** A list of things. */
export const list = (
  terminal: Terminal,
  columns: ReadonlyArray<string>,
  rows: ReadonlyArray<Row>
): string => {
  const cells = rows.map((row) => columns.map((column) => textOf(row[column])))
  if (!terminal.isTerminal) return cells.map((line) => `${line.join("\t")}\n`).join("")
  if (rows.length === 0) return ""
  const widths = fit(
    columns.map((column, index) =>
      Math.max(column.length, ...cells.map((line) => columnsOf(line[index] ?? "")))
    ),
    terminal.width
  )
  const line = (texts: ReadonlyArray<string>, paint: (text: string, column: string) => string) =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0
        const shown = cut(text, width)
        const isLast = index === texts.length - 1
        const space = isLast ? "" : " ".repeat(Math.max(0, width - columnsOf(shown)))
        return paint(shown, columns[index] ?? "") + space
      })
      .join("  ")
      .trimEnd()
  const head = line(
    columns.map((column) => column.toUpperCase().replaceAll("_", " ")),
    (text) => terminal.paint("title", text)
  )
  const body = cells.map((texts) => line(texts, (text, column) => painted(terminal, column, text)))
  return `${[head, ...body].join("\n")}\n`
}

/** One thing, field by field. What holds several things stands below it as a table. */
export const record = (terminal: Terminal, row: Row): string => {
  const entries = Object.entries(row)
  const tables = entries.flatMap(([key, value]) => tablesOf(key, value))
  // A person is not told what there is nothing to say of.
  const plain = entries.filter(([, value]) => tablesOf("", value).length === 0 && !isNothing(value))
  if (!terminal.isTerminal) {
    return entries.map(([key, value]) => `${key}\t${textOf(value)}\n`).join("")
  }
  const width = Math.max(0, ...plain.map(([key]) => key.length))
  const lines = plain.map(([key, value]) => {
    const name = terminal.paint("faint", key.padEnd(width))
    return `${name}  ${painted(terminal, key, textOf(value))}`.trimEnd()
  })
  const below = tables.map(([key, rows]) => {
    const columns = columnsFor([...new Set(rows.flatMap((one) => Object.keys(one)))])
    return `\n${terminal.paint("title", key)}\n${list(terminal, columns, rows)}`
  })
  return `${lines.join("\n")}\n${below.join("")}`
}

/** What stands for a word of state, in its colour. */
export const painted = (terminal: Terminal, column: string, text: string): string => {
  const tone = /status|state|verdict|hold|outcome|enabled|running/.test(column)
    ? tones.get(text)
    : undefined
  return tone === undefined ? text : terminal.paint(tone, text)
}

// internal --------------------------------------------------------------------

const mostColumns = 7

/** What is worth a column, in their order. */
const preferred = [
  "attempt",
  "action_id",
  "type",
  "kind",
  "status",
  "state",
  "board_state",
  "verdict",
  "enabled",
  "hold",
  "priority",
  "risk_level",
  "role",
  "runner",
  "slug",
  "name",
  "title",
  "summary",
  "question",
  "content",
  "reason",
  "disabled_reason",
  "path",
  "span",
  "assignee_id",
  "task_id",
  "cause",
  "created_at"
]

const tones = new Map<string, Tone>(
  Object.entries({
    good: "done succeeded approved approve completed healthy ok active resolved landed true",
    bad: "failed lost rejected reject cancelled canceled expired denied degraded blocked dead_letter",
    busy: "in_progress running starting leased merging in_review live",
    waiting:
      "pending waiting_approval approved_pending_dispatch queued in_approval held paused approval " +
      "approval_rejected approval_expired backoff quota"
  }).flatMap(([tone, words]) =>
    // As: the keys of this record are tones.
    words.split(" ").map((word) => [word, tone as Tone] as const)
  )
)

const isNothing = (value: unknown): boolean =>
  value === null ||
  ["", "[]", "{}"].includes(typeof value === "string" ? value : JSON.stringify(value))

const isTable = (value: unknown): value is ReadonlyArray<Row> =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => typeof one === "object" && one !== null && !Array.isArray(one))

/** What is shown as tables: a list of things, or lists by the names of their columns on a board. */
const tablesOf = (
  key: string,
  value: unknown
): ReadonlyArray<readonly [string, ReadonlyArray<Row>]> => {
  if (isTable(value)) return [[key, value]]
  if (typeof value !== "object" || value === null || Array.isArray(value)) return []
  const lists = Object.entries(value).flatMap(([name, list]) =>
    isTable(list) ? [[`${key}: ${name}`, list] as const] : []
  )
  return lists.length === Object.keys(value).length ? lists : []
}

/** Widths that fit into the terminal: the widest columns give way first, down to eight. */
const fit = (widths: ReadonlyArray<number>, room: number): ReadonlyArray<number> => {
  const fitted = [...widths]
  const gaps = 2 * (widths.length - 1)
  for (;;) {
    const over = fitted.reduce((sum, width) => sum + width, gaps) - room
    const widest = Math.max(...fitted)
    if (over <= 0 || widest <= 8) return fitted
    const next = Math.max(8, ...fitted.filter((width) => width < widest))
    const index = fitted.indexOf(widest)
    const count = fitted.filter((width) => width === widest).length
    fitted[index] = count > 1 ? widest - 1 : Math.max(next, widest - over)
  }
}
