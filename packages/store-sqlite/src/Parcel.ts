/**
 * How batches go from the calling thread to the writing one: as one flat list of values.
 *
 * Copying a batch as objects writes the name of every column again, on one thread, and reads it on
 * the other, which costs more than all else about the message. So a row goes as its values, and its
 * shape, which is its table and its columns, goes ahead once and is known by a number from then on.
 * Whatever is not a plain row goes as it is.
 *
 * It must stay free of `effect` and of core's code, because the writing thread loads it.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

import type { Outcome, Wanted } from "./SqliteCommit.ts"
import { toInput } from "./SqliteConnection.ts"
import type { Put, Shape } from "./Statements.ts"

// models ----------------------------------------------------------------------

/**
 * Some batches on their way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Parcel {
  /** Those that no parcel before this one had, in the order of their numbers. */
  readonly shapes: ReadonlyArray<Shape>
  readonly values: ReadonlyArray<unknown>
}

// services --------------------------------------------------------------------

/**
 * Packs batches. Who unpacks has to see every parcel, in their order.
 *
 * @category operations
 * @since 0.1.0
 */
export const packer = (): ((group: ReadonlyArray<Wanted>) => Parcel) => {
  const numbers = new Map<string, number>()
  return (group) => {
    const shapes: Array<Shape> = []
    const values: Array<unknown> = []
    const numberOf = ({ columns, key, table, tag }: Shape): number => {
      const name = `${tag} ${table} ${columns.join()} ${key.join()}`
      const known = numbers.get(name)
      if (known !== undefined) return known
      // Shapes come from a few places in core; the cap is for the case that they do not.
      if (numbers.size >= 1000) return asItIs
      shapes.push({ tag, table, columns, key })
      numbers.set(name, numbers.size)
      return numbers.size - 1
    }
    for (const wanted of group) pack(values, wanted, numberOf)
    return { shapes, values }
  }
}

/**
 * Unpacks what a packer packed.
 *
 * @category operations
 * @since 0.1.0
 */
export const unpacker = (): ((parcel: Parcel) => ReadonlyArray<Wanted>) => {
  const known: Array<Shape> = []
  return ({ shapes, values }) => {
    known.push(...shapes)
    const group: Array<Wanted> = []
    const source = { values, at: 0 }
    while (source.at < values.length) group.push(unpack(source, known))
    return group
  }
}

/**
 * Packs what became of batches.
 *
 * @category operations
 * @since 0.1.0
 */
export const packOutcomes = (outcomes: ReadonlyArray<Outcome>): ReadonlyArray<unknown> => {
  const values: Array<unknown> = []
  for (const outcome of outcomes) {
    if (outcome._tag !== "Committed") {
      values.push(asItIs, outcome)
      continue
    }
    const { at, position, versions } = outcome
    values.push(versions.length, position, at)
    for (const { stream, version } of versions) values.push(stream, version)
  }
  return values
}

/**
 * Unpacks what became of batches.
 *
 * @category operations
 * @since 0.1.0
 */
export const unpackOutcomes = (values: ReadonlyArray<unknown>): ReadonlyArray<Outcome> => {
  const source = { values, at: 0 }
  const outcomes: Array<Outcome> = []
  while (source.at < values.length) outcomes.push(unpackOutcome(source))
  return outcomes
}

// internal --------------------------------------------------------------------

/** In the place of a shape's number, or of the count of versions. */
const asItIs = -1

type NumberOf = (shape: Shape) => number

const pack = (
  values: Array<unknown>,
  { batch: { events, organization, receipt, reliesOn, steps }, now }: Wanted,
  numberOf: NumberOf
): void => {
  values.push(now, organization, reliesOn.length)
  for (const { stream, version } of reliesOn) values.push(stream, version)
  values.push(steps.length)
  for (const step of steps) packStep(values, step, numberOf)
  values.push(events.length)
  for (const { body, stream, type } of events) values.push(stream, type, body)
  if (receipt === undefined) values.push(false)
  else values.push(true, receipt.organization, receipt.key, receipt.digest, receipt.answer)
}

const packStep = (values: Array<unknown>, step: Driver.Step | Put, numberOf: NumberOf): void => {
  const shape = shapeOf(step)
  const number = shape === undefined ? asItIs : numberOf(shape)
  values.push(number)
  if (number === asItIs) return void values.push(step)
  // As: what has a shape is one of these.
  const { key = {}, row } = step as { readonly row: Driver.Row; readonly key?: Driver.Row }
  for (const name in row) values.push(inputOf(row[name]))
  for (const name in key) values.push(inputOf(key[name]))
}

/** What is no value is not made one: the other side refuses it. */
const inputOf = (value: Driver.Value | undefined) =>
  value === undefined ? undefined : toInput(value)

/** The shape of a step that puts a row in, or changes one without further conditions. */
const shapeOf = (step: Driver.Step | Put): Shape | undefined => {
  if (step._tag !== "Insert" && step._tag !== "Set") return undefined
  const { table } = step
  const columns = Object.keys(step.row)
  // The organisation is that of the batch, whatever the row says.
  if (columns.includes("organization")) return undefined
  if (step._tag === "Insert") return { tag: "Insert", table, columns, key: [] }
  if (step.where !== undefined || step.after !== undefined) return undefined
  const key = Object.keys(step.key)
  return key.includes("organization") ? undefined : { tag: "Set", table, columns, key }
}

interface Source {
  readonly values: ReadonlyArray<unknown>
  at: number
}

const unpack = (source: Source, known: ReadonlyArray<Shape>): Wanted => {
  const now = Number(take(source))
  const organization = String(take(source))
  const reliesOn = several(source, () => versionIn(source))
  const steps = several(source, () => unpackStep(source, known))
  const events = several(source, () => ({
    stream: String(take(source)),
    type: String(take(source)),
    body: String(take(source))
  }))
  const batch = { organization, reliesOn, steps, events }
  if (take(source) !== true) return { now, batch }
  const scope = take(source)
  const receipt = {
    ...(scope === undefined ? {} : { organization: String(scope) }),
    key: String(take(source)),
    digest: String(take(source)),
    answer: String(take(source))
  }
  return { now, batch: { ...batch, receipt } }
}

const unpackStep = (source: Source, known: ReadonlyArray<Shape>): Driver.Step | Put => {
  const shape = known[Number(take(source))]
  // As: our own other half packed it.
  if (shape === undefined) return take(source) as Driver.Step
  const start = source.at
  source.at += shape.columns.length + shape.key.length
  // As: the same.
  const values = source.values.slice(start, source.at) as Put["values"]
  return { _tag: "Put", shape, values }
}

const unpackOutcome = (source: Source): Outcome => {
  const count = Number(take(source))
  // As: our own other half packed it.
  if (count === asItIs) return take(source) as Outcome
  const position = Number(take(source))
  const at = Number(take(source))
  const versions = times(count, () => versionIn(source))
  return { _tag: "Committed", position, at, versions }
}

const versionIn = (source: Source): Driver.StreamVersion => ({
  stream: String(take(source)),
  version: Number(take(source))
})

const take = (source: Source): unknown => source.values[source.at++]

const several = <A>(source: Source, one: () => A): ReadonlyArray<A> =>
  times(Number(take(source)), one)

const times = <A>(count: number, one: () => A): ReadonlyArray<A> => {
  const all: Array<A> = []
  while (all.length < count) all.push(one())
  return all
}
