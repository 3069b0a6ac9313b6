/**
 * What would become of a batch: everything that the store checks when it commits, asked by reading.
 *
 * Nothing is locked, so somebody may change the answer before the batch is really written. Of the
 * changes to sets of rows, which count and rank next to the data, nothing is asked.
 *
 * @internal
 */
import { Effect } from "effect"
import type { PlannedEvent, Rehearsal } from "../operations/DryRun.ts"
import type {
  Answer,
  Batch,
  Driver,
  Guarded,
  NewEvent,
  Row,
  Step,
  StoreError
} from "../ports/Driver.ts"
import { holds } from "../ports/MemoryOrder.ts"
import { tableOf } from "../ports/Tables.ts"
import { bodyOf } from "./Envelope.ts"

// services --------------------------------------------------------------------

/** Answers as the store would, and keeps what would have been written. */
export const rehearse = Effect.fnUntraced(function* (
  driver: Driver,
  batch: Batch,
  rehearsal: Rehearsal
): Effect.fn.Return<Answer, StoreError> {
  const streams = batch.reliesOn.map(({ stream }) => stream)
  const actual = streams.length === 0 ? [] : yield* driver.versions(batch.organization, streams)
  if (actual.some(({ version }, index) => version !== batch.reliesOn[index]?.version)) {
    return { _tag: "Conflict", actual }
  }
  const stage = { driver, organization: batch.organization, rows: new Map() }
  for (const [index, step] of batch.steps.entries()) {
    const refused = yield* refusalOf(stage, step, index)
    if (refused !== undefined) return refused
  }
  rehearsal.events.push(...batch.events.map(planned))
  rehearsal.hasWritten ||= batch.events.length > 0 || batch.steps.some(writes)
  return { _tag: "Committed", position: 0, at: 0, versions: actual }
})

// internal --------------------------------------------------------------------

/** The rows as the steps so far would leave them; undefined for one that would be gone. */
interface Stage {
  readonly driver: Driver
  readonly organization: string
  readonly rows: Map<string, Row | undefined>
}

type Refused = Extract<Answer, { readonly _tag: "GuardFailed" | "ConstraintBroken" }>

const planned = ({ body, stream, type }: NewEvent): PlannedEvent => ({
  stream,
  type,
  data: bodyOf({ body }).data
})

const writes = ({ _tag }: Step): boolean => _tag !== "Require" && _tag !== "Ask"

/** What the step would be refused with. */
const refusalOf = Effect.fnUntraced(function* (
  stage: Stage,
  step: Step,
  index: number
): Effect.fn.Return<Refused | undefined, StoreError> {
  const failed = (rows: ReadonlyArray<Row> = []): Refused => ({
    _tag: "GuardFailed",
    step: index,
    rows
  })
  if (step._tag === "Apply") return undefined
  if (step._tag === "Ask") {
    const rows = yield* stage.driver.ask(stage.organization, step.name, step.parameters)
    return rows.length > 0 === (step.expect === "some") ? undefined : failed(rows)
  }
  const key = step._tag === "Insert" ? keyOf(step.table, step.row) : step.key
  const before = yield* rowOf(stage, step.table, key)
  if (step._tag === "Insert") {
    if (before !== undefined) return broken(`${step.table}_key`)
    return yield* put(stage, step.table, key, step.row)
  }
  const next = before === undefined ? undefined : guarded(step, before)
  if (next === undefined) return failed()
  if (step._tag === "Require") return undefined
  return yield* put(stage, step.table, key, step._tag === "Delete" ? undefined : next)
})

const broken = (constraint: string): Refused => ({ _tag: "ConstraintBroken", constraint })

/** The columns that tell rows of an organisation apart. */
const keyOf = (table: string, row: Row): Row =>
  Object.fromEntries(
    tableOf(table)
      .key.filter((column) => column !== "organization")
      .map((column) => [column, row[column] ?? null])
  )

const placeOf = (table: string, key: Row): string =>
  JSON.stringify([table, ...Object.values(keyOf(table, key))])

const rowOf = Effect.fnUntraced(function* (
  { driver, organization, rows }: Stage,
  table: string,
  key: Row
) {
  const place = placeOf(table, key)
  return rows.has(place) ? rows.get(place) : yield* driver.get(organization, table, key)
})

/** The row as a step leaves it, if the step's guards hold. */
const guarded = (step: Extract<Step, Guarded>, row: Row): Row | undefined => {
  if (!(step.where ?? []).every((condition) => holds(row, condition))) return undefined
  const next = changed(step, row)
  return (step.after ?? []).every((condition) => holds(next, condition)) ? next : undefined
}

const changed = (step: Extract<Step, Guarded>, row: Row): Row => {
  if (step._tag === "Set") return { ...row, ...step.row }
  if (step._tag !== "Add") return row
  const sums = Object.entries(step.row).map(([column, amount]) => {
    const value = row[column] ?? null
    return [column, value === null ? null : Number(value) + amount]
  })
  return { ...row, ...Object.fromEntries(sums) }
}

/** Puts a row where the next steps find it, unless a constraint is against that. */
const put = Effect.fnUntraced(function* (
  stage: Stage,
  table: string,
  key: Row,
  row: Row | undefined
): Effect.fn.Return<Refused | undefined, StoreError> {
  const { checks = {}, unique } = tableOf(table)
  for (const [name, { column, least }] of Object.entries(row === undefined ? {} : checks)) {
    const value = row?.[column] ?? null
    if (value !== null && Number(value) < least) return broken(name)
  }
  for (const [name, { columns, where }] of Object.entries(row === undefined ? {} : unique)) {
    if (row === undefined || (where !== undefined && row[where] !== true)) continue
    const values = columns.filter((column) => column !== "organization")
    const equals = Object.fromEntries(values.map((column) => [column, row[column] ?? null]))
    // What is not known is like nothing else.
    if (Object.values(equals).includes(null)) continue
    const flagged = where === undefined ? equals : { ...equals, [where]: true }
    const found = yield* stage.driver.find({
      organization: stage.organization,
      table,
      index: "key",
      equals: flagged,
      limit: 2
    })
    const others = found.filter((one) => {
      const place = placeOf(table, one)
      return place !== placeOf(table, key) && !stage.rows.has(place)
    })
    if (others.length > 0) return broken(name)
  }
  stage.rows.set(placeOf(table, key), row)
  return undefined
})
