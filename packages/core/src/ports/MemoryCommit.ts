/**
 * A commit in memory: everything that is written can be taken back, in the reverse order.
 *
 * @since 0.1.0
 */
import { genesis, preimage } from "./Chain.ts"
import type { Answer, Batch, Guarded, Receipt, Row, Step, StoredEvent } from "./Driver.ts"
import { holds } from "./MemoryOrder.ts"
import * as Questions from "./MemoryQuestions.ts"
import { sha256 } from "./Sha256.ts"
import * as State from "./MemoryState.ts"
import * as MemoryTables from "./MemoryTables.ts"
import { tableOf } from "./Tables.ts"

// services --------------------------------------------------------------------

/**
 * Writes a batch, or nothing of it. `now` is in microseconds; store time never goes back behind it.
 *
 * @category services
 * @since 0.1.0
 */
export const commit = (state: State.State, batch: Batch, now: number): Answer => {
  const organization = State.organizationOf(state, batch.organization)
  const { receipt, reliesOn } = batch
  const scope = receipt?.organization ?? batch.organization
  const stored = receipt && State.lookAt(state, scope).receipts.get(receipt.key)
  if (stored !== undefined) return { _tag: "Duplicate", receipt: stored.receipt }
  const actual = reliesOn.map(({ stream }) => ({
    stream,
    version: State.versionOf(organization, stream)
  }))
  if (actual.some(({ version }, index) => version !== reliesOn[index]?.version)) {
    return { _tag: "Conflict", actual }
  }
  const undo: Undo = []
  try {
    const writing = { state, name: batch.organization, organization, undo }
    for (const [index, step] of batch.steps.entries()) runStep(writing, step, index)
  } catch (cause) {
    for (const back of undo.toReversed()) back()
    if (cause instanceof Refused) return cause.answer
    throw cause
  }
  const at = Math.max(state.at, now)
  state.at = at
  organization.at = at
  if (receipt !== undefined) keep(state, { ...receipt, organization: scope }, at)
  const versions = append(organization, batch, at)
  return {
    _tag: "Committed",
    position: organization.events.length,
    at,
    versions: [...versions].map(([stream, version]) => ({ stream, version }))
  }
}

// internal --------------------------------------------------------------------

type Undo = Array<() => void>

interface Writing {
  readonly state: State.State
  readonly name: string
  readonly organization: State.Organization
  readonly undo: Undo
}

/** Carries a refusal out of a step, to where what was done is taken back. */
class Refused {
  readonly answer: Answer
  constructor(answer: Answer) {
    this.answer = answer
  }
}

const broken = (constraint: string) => new Refused({ _tag: "ConstraintBroken", constraint })

const keep = (
  state: State.State,
  receipt: Receipt & { readonly organization: string },
  at: number
) => State.organizationOf(state, receipt.organization).receipts.set(receipt.key, { receipt, at })

const append = (
  { events, streams }: State.Organization,
  { events: added, organization }: Batch,
  at: number
): ReadonlyMap<string, number> => {
  const versions = new Map<string, number>()
  for (const { body, stream, type } of added) {
    const earlier = streams.get(stream) ?? []
    const position = events.length + 1
    const version = earlier.length + 1
    const link = { organization, position, stream, version, type, body, at }
    const event: StoredEvent = {
      ...link,
      hash: sha256(preimage(events.at(-1)?.hash ?? genesis, link))
    }
    events.push(event)
    earlier.push(event)
    streams.set(stream, earlier)
    versions.set(stream, version)
  }
  return versions
}

const runStep = (writing: Writing, step: Step, index: number): void => {
  const { name: organization, organization: own, state } = writing
  const failed = (rows: ReadonlyArray<Row> = []) =>
    new Refused({ _tag: "GuardFailed", step: index, rows })
  switch (step._tag) {
    case "Insert": {
      const table = State.tableIn(state, own, step.table)
      const row = MemoryTables.complete(step.table, { ...step.row, organization })
      const key = MemoryTables.keyOf(step.table, row)
      if (table.rows.has(key)) throw broken(`${step.table}_key`)
      return put(writing, table, key, row)
    }
    case "Ask": {
      const rows = Questions.ask(step.name, State.sightOf(state, organization), step.parameters)
      if (rows.length > 0 !== (step.expect === "some")) throw failed(rows)
      return
    }
    case "Apply":
      return apply(writing, step)
    default: {
      const table = State.tableIn(state, own, step.table)
      const key = MemoryTables.keyOf(step.table, { ...step.key, organization })
      const row = table.rows.get(key)
      if (row === undefined || row["organization"] !== organization) throw failed()
      const next = guarded(step, row)
      if (next === undefined) throw failed()
      if (step._tag === "Require") return
      return put(writing, table, key, step._tag === "Delete" ? undefined : next)
    }
  }
}

type Addressing = Extract<Step, Guarded>

/** The row as the step leaves it, if the step's guards hold. */
const guarded = (step: Addressing, row: Row): Row | undefined => {
  if (!(step.where ?? []).every((condition) => holds(row, condition))) return undefined
  const next = changed(step, row)
  return (step.after ?? []).every((condition) => holds(next, condition)) ? next : undefined
}

const changed = (step: Addressing, row: Row): Row => {
  if (step._tag !== "Set" && step._tag !== "Add") return row
  const { key } = tableOf(step.table)
  const fixed = ["organization", ...key]
  const moved = Object.keys(step.row).find((column) => fixed.includes(column))
  if (moved !== undefined) throw new Error(`A step cannot change ${step.table}.${moved}`)
  const values =
    step._tag === "Set"
      ? step.row
      : Object.fromEntries(
          Object.entries(step.row).map(([column, amount]) => [column, sum(row[column], amount)])
        )
  return MemoryTables.complete(step.table, { ...row, ...values })
}

/** What is not known stays unknown, as in a database. */
const sum = (value: Row[string] | undefined, amount: number) =>
  value === null || value === undefined ? null : Number(value) + amount

const put = (
  { undo }: Writing,
  table: MemoryTables.MemoryTable,
  key: string,
  row: Row | undefined
): void => {
  const constraint = row && MemoryTables.brokenBy(table, key, row)
  if (constraint !== undefined) throw broken(constraint)
  const before = MemoryTables.put(table, key, row)
  undo.push(() => MemoryTables.put(table, key, before))
}

const apply = (writing: Writing, step: Extract<Step, { readonly _tag: "Apply" }>): void => {
  const { name: organization, organization: own, state } = writing
  if (step.name === "expire_receipts") return expire(writing, step.parameters)
  const sight = State.sightOf(state, organization)
  for (const { isGone, row, table: name } of Questions.apply(step.name, sight, step.parameters)) {
    const table = State.tableIn(state, own, name)
    put(writing, table, MemoryTables.keyOf(name, row), isGone === true ? undefined : row)
  }
}

const expire = ({ organization: { receipts }, undo }: Writing, { before, limit }: Row): void => {
  let left = Number(limit)
  for (const [key, kept] of receipts) {
    if (left <= 0) return
    if (kept.at >= Number(before)) continue
    receipts.delete(key)
    undo.push(() => receipts.set(key, kept))
    left -= 1
  }
}
