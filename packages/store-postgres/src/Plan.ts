/**
 * In which statements the steps of a group are written: those of one kind on one table together, as
 * far as that makes no difference to their order.
 *
 * Steps make a difference to each other when they touch the same row, when one of them looks at whole
 * tables, or when both decide who has a value that only one row may have. Each step comes after all
 * to which it makes a difference.
 *
 * @since 0.1.0
 */
import { type Driver, Tables } from "@foreman/core"

import { elementOf, type Element } from "./Elements.ts"

// models ----------------------------------------------------------------------

/**
 * One statement: what is done, to which table or with which name, how, and with what.
 *
 * @category models
 * @since 0.1.0
 */
export interface Op {
  readonly kind: Driver.Step["_tag"]
  readonly name: string
  /** `after` where results are looked at; `some` or `none` for what a question is to answer. */
  readonly mode: string
  readonly elements: Array<Element>
  /** The places of elements by what they say, where each is taken once. */
  readonly alike?: Map<string, number>
  /** The rows that an insertion puts in, and the number of the batch of each. */
  readonly rows: Array<{ readonly batch: number; readonly row: Driver.Row }>
  /** The place in its batch of the first of the steps. */
  readonly step: number
}

// rules -----------------------------------------------------------------------

/**
 * The statements of a batch alone: its steps in their order, so that the first that fails is known.
 *
 * @category models
 * @since 0.1.0
 */
export const ofOne = ({ steps }: Driver.Batch): ReadonlyArray<Op> => {
  const ops: Array<Op> = []
  for (const [index, step] of steps.entries()) {
    const op = opOf(step, index, 1)
    const last = ops.at(-1)
    // Insertions fail by a constraint, which has a name whichever of them it was.
    if (op.kind === "Insert" && last?.kind === "Insert" && last.name === op.name) {
      last.rows.push(...op.rows)
    } else {
      ops.push(op)
    }
  }
  return ops
}

/**
 * The statements of several batches.
 *
 * @category models
 * @since 0.1.0
 */
export const ofMany = (batches: ReadonlyArray<Driver.Batch>): ReadonlyArray<Op> => {
  const levels: Array<Map<string, Op>> = []
  const traces = new Map<string, Trace>()
  for (const [number, { steps }] of batches.entries()) {
    for (const [index, step] of steps.entries()) {
      const touches = touchesOf(step)
      const touched = touches.map(({ name }) => traceOf(traces, name))
      let level = 0
      for (const [place, { way }] of touches.entries()) {
        level = Math.max(level, firstLevel(touched[place], way))
      }
      for (const [place, { way }] of touches.entries()) leave(touched[place], way, level)
      put((levels[level] ??= new Map()), step, { index, batch: number + 1 })
    }
  }
  return levels.flatMap((ops) => [...ops.values()])
}

// internal --------------------------------------------------------------------

interface Place {
  readonly index: number
  readonly batch: number
}

/** Adds a step to the statement of its kind, or as one of its own. */
const put = (ops: Map<string, Op>, step: Driver.Step, { batch, index }: Place): void => {
  if (step._tag === "Insert") {
    const known = ops.get(step.table)
    if (known === undefined) ops.set(step.table, opOf(step, index, batch))
    else known.rows.push({ batch, row: step.row })
    return
  }
  if (step._tag === "Require") return require(ops, step, { batch, index })
  const op = opOf(step, index, batch)
  const isRow = step._tag !== "Ask" && step._tag !== "Apply"
  const name = isRow ? `${op.kind} ${op.name} ${op.mode}` : `${op.kind} ${ops.size}`
  const known = ops.get(name)
  if (known === undefined) ops.set(name, op)
  else known.elements.push(...op.elements)
}

/**
 * What several of a group require alike is looked at once, and also where one of them is left out: if
 * it does not hold they are written one by one, and each is told for itself.
 */
const require = (ops: Map<string, Op>, step: Required, { batch, index }: Place): void => {
  const [element = {}] = opOf(step, index, batch).elements
  const name = `${step._tag} ${step.table} ${step.after === undefined ? "" : "after"}`
  const { alike = new Map<string, number>(), ...op } = ops.get(name) ?? {
    ...opOf(step, index, batch),
    elements: []
  }
  ops.set(name, { ...op, alike })
  const text = JSON.stringify({ ...element, $b: nobody })
  const place = alike.get(text)
  if (place === undefined) alike.set(text, op.elements.push(element) - 1)
  else if (op.elements[place]?.["$b"] !== batch) op.elements[place] = { ...element, $b: nobody }
}

type Required = Extract<Driver.Step, { readonly _tag: "Require" }>

/** No batch has this number, so what is left out never includes it. */
const nobody = 0

const opOf = (step: Driver.Step, index: number, batch: number): Op => {
  const op = { kind: step._tag, mode: "", rows: [], step: index }
  if (step._tag === "Insert") {
    return { ...op, name: step.table, elements: [], rows: [{ batch, row: step.row }] }
  }
  const elements = [elementOf(step, batch)]
  if (step._tag === "Ask") return { ...op, name: step.name, mode: step.expect, elements }
  if (step._tag === "Apply") return { ...op, name: step.name, elements }
  const mode = step.after === undefined ? "" : "after"
  return { ...op, name: step.table, mode, elements }
}

/** The one table that a question looks at. The others look at several. */
const asked: Readonly<Record<string, string>> = {
  overlapping_leases: "lease_spans",
  path: "task_dependencies"
}

const ways = ["alone", "free", "insert", "look", "rows"] as const

/** What a step touches: something by its name, in a way that goes together with the same way only. */
interface Touch {
  readonly name: string
  /**
   * `alone` goes together with nothing, `rows` with the rows of others, `look` with looking, `insert`
   * with taking values that only one row may have, `free` with giving them back.
   */
  readonly way: (typeof ways)[number]
}

/** The highest level at which something was touched, in each way; -1 where it was not. */
type Trace = Record<Touch["way"], number>

const traceOf = (traces: Map<string, Trace>, name: string): Trace => {
  const known = traces.get(name)
  if (known !== undefined) return known
  const trace = { alone: -1, free: -1, insert: -1, look: -1, rows: -1 }
  traces.set(name, trace)
  return trace
}

const touchesOf = (step: Driver.Step): ReadonlyArray<Touch> => {
  if (step._tag === "Ask") {
    return [{ name: asked[step.name] ?? "*", way: "look" }]
  }
  if (step._tag === "Apply") {
    if (step.name === "expire_receipts") return [{ name: "receipts", way: "alone" }]
    if (step.name === "renew_runs") return [{ name: "heartbeats", way: "alone" }, anyRow]
    if (step.name === "forget_run") return rowOf("heartbeats", [step.parameters["run"]])
    return [{ name: "task_dependencies", way: "look" }, { name: "tasks", way: "alone" }, anyRow]
  }
  const { flags, holders, key } = shapeOf(step.table)
  const row = step._tag === "Insert" ? step.row : step.key
  const values = key.map((name) => row[name])
  if (step._tag === "Require") {
    return [
      { name: placeOf(step.table, values), way: "look" },
      { name: step.table, way: "rows" }
    ]
  }
  const touches = rowOf(step.table, values)
  if (holders.length === 0) return touches
  const name = `${step.table} unique`
  if (step._tag === "Insert") touches.push({ name, way: "insert" })
  else if (step._tag === "Delete") touches.push({ name, way: "alone" })
  else {
    const changed = holders.filter((holder) => holder in step.row)
    const isFreed = changed.every((holder) => flags.has(holder) && step.row[holder] === false)
    if (changed.length > 0) touches.push({ name, way: isFreed ? "free" : "alone" })
  }
  return touches
}

/** What has to be known of a table. */
interface Shape {
  /** Without the organization. */
  readonly key: ReadonlyArray<string>
  /** The columns that decide who has a value that only one row may have. */
  readonly holders: ReadonlyArray<string>
  /** Those of them in which a row says whether it has such a value. */
  readonly flags: ReadonlySet<string>
}

const shapes = new Map<string, Shape>()

const shapeOf = (table: string): Shape => {
  const known = shapes.get(table)
  if (known !== undefined) return known
  const { key, unique } = Tables.tableOf(table)
  const values = Object.values(unique)
  const flags = new Set(values.flatMap(({ where }) => (where === undefined ? [] : [where])))
  const shape = {
    key: key.filter((name) => name !== "organization"),
    holders: [...values.flatMap(({ columns }) => columns), ...flags],
    flags
  }
  shapes.set(table, shape)
  return shape
}

const anyRow: Touch = { name: "*", way: "rows" }

const placeOf = (table: string, key: ReadonlyArray<unknown>): string =>
  `${table} ${key.length === 1 ? String(key[0]) : JSON.stringify(key)}`

/** Writes one row. */
const rowOf = (table: string, key: ReadonlyArray<unknown>): Array<Touch> => [
  { name: placeOf(table, key), way: "alone" },
  { name: table, way: "rows" },
  anyRow
]

/** The first level that comes after everything to which this makes a difference. */
const firstLevel = (trace: Trace | undefined, way: Touch["way"]): number => {
  let last = -1
  for (const other of ways) {
    if (other !== way || way === "alone") last = Math.max(last, trace?.[other] ?? -1)
  }
  return last + 1
}

const leave = (trace: Trace | undefined, way: Touch["way"], level: number): void => {
  if (trace !== undefined) trace[way] = Math.max(trace[way], level)
}
