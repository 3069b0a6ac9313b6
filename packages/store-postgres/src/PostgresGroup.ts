/**
 * A group of batches as `foreman.commit` takes it, and its answer as the port wants it.
 *
 * Streams and types are listed once, and named by their place from 1 on. What the function need not
 * know, it is not told: it answers where it began, and the numbers of the events follow from that.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

import { cellsOf } from "./Elements.ts"
import * as Plan from "./Plan.ts"
import * as Wire from "./Wire.ts"

// models ----------------------------------------------------------------------

/**
 * A group written down.
 *
 * @category models
 * @since 0.1.0
 */
export interface Written {
  readonly batches: ReadonlyArray<Driver.Batch>
  /** The arguments of the function. */
  readonly values: ReadonlyArray<string | Buffer | null>
  readonly ops: ReadonlyArray<Plan.Op>
  /** The stream of each event. */
  readonly streams: ReadonlyArray<number>
}

/**
 * What the function answers.
 *
 * @category models
 * @since 0.1.0
 */
export type Told =
  | {
      readonly position: number
      readonly at: number
      /** The versions of the streams before the group. */
      readonly before: ReadonlyArray<number>
      /** By the number of the batch. */
      readonly refused: Readonly<Record<string, Driver.Answer>>
    }
  | { readonly redo: true }
  | { readonly known: Driver.Answer }
  | { readonly guard: number; readonly rows: ReadonlyArray<Driver.Row> }
  | { readonly broken: string }

// rules -----------------------------------------------------------------------

/**
 * The call of one of the two functions that take a group.
 *
 * @category rules
 * @since 0.1.0
 */
export const callOf = (name: "commit" | "commit_within"): string =>
  `SELECT foreman.${name}($1, $2, $3::int, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, ` +
  "$14::jsonb, $15::bigint)::text AS answer"

/**
 * Writes a group down. It throws for what no store takes. Store time is the server's, unless it is
 * told, in microseconds since 1970.
 *
 * @category rules
 * @since 0.1.0
 */
export const write = (batches: ReadonlyArray<Driver.Batch>, at?: number): Written => {
  const [first] = batches
  if (first === undefined) throw new Error("A group has at least one batch")
  const { organization } = first
  const streams = new Places()
  const types = new Places()
  const relies: Array<number> = []
  const events: Array<number> = []
  const eventStreams: Array<number> = []
  const bodies: Array<string> = []
  const receipts: Array<string> = []
  const receiptBatch: Array<number> = []
  for (const [index, { events: added, receipt, reliesOn }] of batches.entries()) {
    for (const { stream, version } of reliesOn) relies.push(index + 1, streams.of(stream), version)
    for (const { body, stream, type } of added) {
      const place = streams.of(stream)
      events.push(index + 1, place, types.of(type))
      eventStreams.push(place)
      bodies.push(body)
    }
    if (receipt === undefined) continue
    receipts.push(receipt.key, receipt.digest, receipt.answer)
    receiptBatch.push(index + 1)
  }
  const ops = batches.length === 1 ? Plan.ofOne(first) : Plan.ofMany(batches)
  const values = [
    organization,
    scopeOf(first.receipt, organization),
    String(batches.length),
    Wire.texts(streams.all),
    Wire.texts(types.all),
    Wire.longs(relies),
    Wire.integers(events),
    Wire.texts(bodies),
    Wire.texts(receipts),
    Wire.integers(receiptBatch),
    ...writeOps(ops),
    at === undefined ? null : String(at)
  ]
  return { batches, values, ops, streams: eventStreams }
}

/**
 * Whose receipts a batch is found among.
 *
 * @category rules
 * @since 0.1.0
 */
export const scopeOf = (receipt: Driver.Receipt | undefined, organization: string): string =>
  receipt?.organization ?? organization

/**
 * The answers of a group, in the order of its batches; nothing when it has to be written again,
 * batch by batch.
 *
 * @category rules
 * @since 0.1.0
 */
export const read = (
  { batches, ops, streams }: Written,
  told: Told
): ReadonlyArray<Driver.Answer> | undefined => {
  if ("redo" in told) return undefined
  if ("known" in told) return [told.known]
  if ("broken" in told) return [{ _tag: "ConstraintBroken", constraint: told.broken }]
  if ("guard" in told) {
    return [{ _tag: "GuardFailed", step: ops[told.guard]?.step ?? 0, rows: told.rows }]
  }
  const current = [...told.before]
  let { position } = told
  let event = 0
  return batches.map(({ events }, index): Driver.Answer => {
    const refused = told.refused[index + 1]
    if (refused !== undefined) {
      event += events.length
      return refused
    }
    const versions = new Map<string, number>()
    for (const { stream } of events) {
      const place = (streams[event++] ?? 0) - 1
      const version = (current[place] ?? 0) + 1
      current[place] = version
      versions.set(stream, version)
    }
    position += events.length
    return {
      _tag: "Committed",
      position,
      at: told.at,
      versions: [...versions].map(([stream, version]) => ({ stream, version }))
    }
  })
}

/**
 * The cells of all rows, where each row begins and whose it is, and what is done in which order.
 *
 * @category rules
 * @since 0.1.0
 */
export const writeOps = (ops: ReadonlyArray<Plan.Op>): ReadonlyArray<string | Buffer> => {
  const cells: Array<string | null> = []
  const rowsAt: Array<number> = []
  const rowsBatch: Array<number> = []
  const list = ops.map(({ elements, kind, mode, name, rows }) => {
    if (kind !== "Insert") return [kind, name, mode, elements]
    const begin = rowsAt.length + 1
    for (const { batch, row } of rows) {
      rowsAt.push(cells.length)
      rowsBatch.push(batch)
      cells.push(...cellsOf(name, row))
    }
    return [kind, name, mode, begin, rowsAt.length]
  })
  return [Wire.texts(cells), Wire.integers(rowsAt), Wire.integers(rowsBatch), JSON.stringify(list)]
}

// internal --------------------------------------------------------------------

/** A list of different texts, and the place of each from 1 on. */
class Places {
  readonly all: Array<string> = []
  readonly #places = new Map<string, number>()
  of(text: string): number {
    const known = this.#places.get(text)
    if (known !== undefined) return known
    const place = this.all.push(text)
    this.#places.set(text, place)
    return place
  }
}
