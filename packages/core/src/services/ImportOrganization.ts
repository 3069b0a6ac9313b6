/**
 * One organisation of an export on its way into a store: events are appended and folded in pages, then
 * come the rows that no event says, and in the end all tables hold what they held where it comes from.
 *
 * @internal
 */
import { Effect, Result } from "effect"
import { definitionOf } from "../events/EventTypes.ts"
import type { Step, StoredEvent, StoreError } from "../ports/Driver.ts"
import { compareValues } from "../ports/MemoryOrder.ts"
import { tables } from "../ports/Tables.ts"
import type { Filling, KeptReceipt } from "../ports/Transfer.ts"
import * as ExportFormat from "./ExportFormat.ts"
import { eachPage } from "./ExportParts.ts"
import type { Lines } from "./ImportLines.ts"
import type { ImportRefused } from "./ImportRefusal.ts"
import * as RebuildReplay from "./RebuildReplay.ts"

// models ----------------------------------------------------------------------

/** What is read from where, and where it goes. */
export interface Reading<E, R> {
  readonly into: Filling
  readonly lines: Lines<E, R>
  readonly counted: {
    organizations: number
    events: number
    receipts: number
    rows: number
  }
  readonly progress: () => void
  readonly trustEvents: boolean
}

// services --------------------------------------------------------------------

/** Reads what comes after the line that opens an organisation, up to the line that ends it. */
export const read = Effect.fnUntraced(function* <E, R>(
  reading: Reading<E, R>,
  { at, organization, position }: Opening,
  latest: string
) {
  const { counted, into, lines, progress } = reading
  const { next, refuse } = lines
  if (compareValues(organization, latest) <= 0) {
    return yield* refuse({ _tag: "OrganizationMisplaced", organization })
  }
  yield* into.stand({ organization, at })
  const part = makePart(reading, organization)
  for (;;) {
    const line = yield* next
    if (line === undefined) return yield* refuse({ _tag: "Misplaced", kind: "trailer" })
    if (line.kind === "end") {
      yield* part.flush
      const isItsEnd =
        line.organization === organization &&
        part.count.events === position &&
        part.count.receipts === line.receipts
      if (!isItsEnd) return yield* refuse({ _tag: "Misplaced", kind: line.kind })
      yield* compare(reading, organization, line.tables)
      if (position > 0) counted.organizations += 1
      return progress()
    }
    if (!(yield* part.take(line))) return yield* refuse({ _tag: "Misplaced", kind: line.kind })
  }
})

// internal --------------------------------------------------------------------

type Opening = Extract<ExportFormat.Line, { readonly kind: "organization" }>

/** So many lines, or so much text, are written at once. */
const mostLines = 200
const mostLength = 2 * 1024 * 1024

/** Gathers lines of one kind, and writes them before one of another kind comes. */
const makePart = <E, R>(reading: Reading<E, R>, organization: string) => {
  const { counted, into, lines, progress } = reading
  const count = { events: 0, receipts: 0 }
  let events: Array<StoredEvent> = []
  let receipts: Array<KeptReceipt> = []
  let steps: Array<Step> = []
  let length = 0
  const flush = Effect.gen(function* () {
    const [newEvents, newReceipts, newSteps] = [events, receipts, steps]
    ;[events, receipts, steps, length] = [[], [], [], 0]
    if (newEvents.length > 0) yield* append(reading, organization, newEvents)
    if (newReceipts.length > 0) yield* into.keep(organization, newReceipts)
    if (newSteps.length > 0) yield* into.write(organization, newSteps)
    progress()
    yield* Effect.yieldNow
  })
  const waiting = () => events.length + receipts.length + steps.length
  const take = Effect.fnUntraced(function* (line: ExportFormat.Line) {
    if (waiting() >= mostLines || length >= mostLength) yield* flush
    switch (line.kind) {
      case "event": {
        // Their rows are there before others are.
        if (receipts.length + steps.length > 0) yield* flush
        if (!isKnown(line.type)) {
          return yield* lines.refuse({ _tag: "UnknownEvent", organization, type: line.type })
        }
        const { kind: _, ...event } = line
        events.push({ ...event, organization, hash: hashOf(line.hash) })
        length += line.body.length
        count.events += 1
        counted.events += 1
        return true
      }
      case "receipt": {
        const { kind: _, ...receipt } = line
        receipts.push(receipt)
        length += line.answer.length
        count.receipts += 1
        counted.receipts += 1
        return true
      }
      case "row":
      case "ranks": {
        if (events.length > 0) yield* flush
        const wanted = stepsOf(line)
        if (wanted === undefined) return yield* lines.refuse({ _tag: "Malformed" })
        steps.push(...wanted)
        if (line.kind === "row") counted.rows += 1
        return true
      }
      default:
        return false
    }
  })
  return { count, flush, take }
}

const isKnown = (type: string): boolean => Result.isSuccess(Result.try(() => definitionOf(type)))

const stepsOf = (
  line: Extract<ExportFormat.Line, { readonly kind: "ranks" | "row" }>
): ReadonlyArray<Step> | undefined => {
  if (line.kind === "ranks") {
    return line.ranks.map(([id, rank]) => ({
      _tag: "Set",
      table: "tasks",
      key: { id },
      row: { rank }
    }))
  }
  const { table } = line
  const row = ExportFormat.carried.includes(table) ? ExportFormat.rowOf(table, line.row) : undefined
  return row === undefined ? undefined : [{ _tag: "Insert", table, row }]
}

const hashOf = (digits: string): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, index) =>
    parseInt(digits.slice(index * 2, index * 2 + 2), 16)
  )

const append = Effect.fnUntraced(function* <E, R>(
  { into, lines }: Reading<E, R>,
  organization: string,
  events: ReadonlyArray<StoredEvent>
): Effect.fn.Return<void, ImportRefused | StoreError> {
  yield* Effect.catchTag(into.append(events), "NotNext", ({ position }) =>
    Effect.fail(lines.refuse({ _tag: "NotNext", organization, position }))
  )
  const target = RebuildReplay.targetOf(into, organization)
  const last = events.at(-1)?.position ?? 0
  const unreplayable = (position: number) =>
    Effect.fail(lines.refuse({ _tag: "NotReplayable", organization, position }))
  yield* RebuildReplay.refold(target.driver, organization, events).pipe(
    Effect.catchTag("NotReplayable", ({ position }) => unreplayable(position)),
    // A rule that meets what Foreman never wrote may throw.
    Effect.catchDefect(() => unreplayable(last))
  )
  yield* target.flush
})

const compare = Effect.fnUntraced(function* <E, R>(
  { into, lines, trustEvents }: Reading<E, R>,
  organization: string,
  held: Readonly<Record<string, ExportFormat.TableDigest>>
) {
  const differing: Array<string> = []
  for (const table of Object.keys(tables)) {
    const digest = ExportFormat.digestOf(table)
    yield* eachPage(into, organization, table, (rows) => Effect.sync(() => digest.see(rows)))
    const wanted = Object.hasOwn(held, table) ? held[table] : undefined
    const found = digest.end()
    if (wanted?.digest === found.digest && wanted.count === found.count) continue
    if (trustEvents && !ExportFormat.carried.includes(table)) continue
    differing.push(table)
  }
  if (differing.length > 0) {
    return yield* lines.refuse({ _tag: "RowsDiffer", organization, tables: differing })
  }
})
