/**
 * A group of batches in one transaction, a savepoint for each: what one of them is refused leaves no
 * trace and disturbs no other.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

import * as Chain from "./SqliteChain.ts"
import { type Connection, toInput } from "./SqliteConnection.ts"
import { constraintOf, describe, type Failure } from "./SqliteFailure.ts"
import * as Log from "./SqliteLog.ts"
import * as Questions from "./SqliteQuestions.ts"
import * as Statements from "./Statements.ts"

// models ----------------------------------------------------------------------

/**
 * A batch, and when its caller asked for it, in microseconds since 1970.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted {
  readonly batch: Driver.Batch
  readonly now: number
}

/**
 * What became of one batch of a group. A failure concerns that batch alone.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = Driver.Answer | { readonly _tag: "Failed"; readonly failure: Failure }

// errors ----------------------------------------------------------------------

/**
 * The last statement of a transaction failed: nobody can say whether the group is on the disk.
 *
 * @category errors
 * @since 0.1.0
 */
export class CommitUnsure extends Error {
  override readonly name = "CommitUnsure"
  constructor(cause: unknown) {
    super(describe(cause).message, { cause })
  }
}

// services --------------------------------------------------------------------

/**
 * Writes a group, and with it what `more` brings until it brings nothing. What throws concerns the
 * whole group, of which nothing was written unless it is `CommitUnsure`.
 *
 * @category operations
 * @since 0.1.0
 */
export const commitGroup = (
  connection: Connection,
  group: ReadonlyArray<Wanted>,
  more: () => ReadonlyArray<Wanted> = () => []
): ReadonlyArray<Outcome> => {
  const { database, prepare } = connection
  const heads: Heads = new Map()
  // IMMEDIATE: a deferred transaction that turns into a writer fails at once, whatever the timeout.
  prepare("BEGIN IMMEDIATE").run()
  const outcomes: Array<Outcome> = []
  try {
    for (let part = group; part.length > 0; part = more()) {
      for (const wanted of part) {
        // A batch alone needs no savepoint: refused, it takes its transaction with it.
        const isAlone = part === group && part.length === 1
        const outcome = isAlone
          ? write(connection, heads, wanted)
          : inSavepoint(connection, () => write(connection, heads, wanted))
        outcomes.push(outcome)
      }
    }
    for (const [organization, { at, hash, position }] of heads) {
      prepare("INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)").run(
        organization,
        position,
        hash,
        at
      )
    }
  } catch (cause) {
    if (database.isTransaction) prepare("ROLLBACK").run()
    if (group.length === 1 && outcomes.length === 0) return [outcomeOf(connection, cause)]
    throw cause
  }
  try {
    prepare("COMMIT").run()
  } catch (cause) {
    if (database.isTransaction) prepare("ROLLBACK").run()
    throw new CommitUnsure(cause)
  }
  return outcomes
}

// internal --------------------------------------------------------------------

/** Where a group's organisations stand: read once, written once, moved only by a batch that holds. */
type Heads = Map<string, Log.Head>

/** Carries a refusal out of a batch, to where the batch is undone. */
class Refused {
  readonly answer: Driver.Answer
  constructor(answer: Driver.Answer) {
    this.answer = answer
  }
}

const outcomeOf = ({ tables }: Connection, cause: unknown): Outcome => {
  if (cause instanceof Refused) return cause.answer
  const constraint = constraintOf(tables, cause)
  if (constraint !== undefined) return { _tag: "ConstraintBroken", constraint }
  return { _tag: "Failed", failure: describe(cause) }
}

const inSavepoint = (connection: Connection, body: () => Outcome): Outcome => {
  const { database, prepare } = connection
  prepare("SAVEPOINT batch").run()
  try {
    const outcome = body()
    prepare("RELEASE batch").run()
    return outcome
  } catch (cause) {
    // A full disk or a broken one ends the whole transaction: nothing of the group has happened.
    if (!database.isTransaction) throw cause
    prepare("ROLLBACK TO batch").run()
    prepare("RELEASE batch").run()
    return outcomeOf(connection, cause)
  }
}

const write = (connection: Connection, heads: Heads, { batch, now }: Wanted): Driver.Answer => {
  const { organization, receipt, reliesOn } = batch
  const scope = receipt?.organization ?? organization
  const stored = receipt && Log.findReceipt(connection, scope, receipt.key)
  if (stored !== undefined) throw new Refused({ _tag: "Duplicate", receipt: stored })
  const actual = Log.versionsOf(
    connection,
    organization,
    reliesOn.map(({ stream }) => stream)
  )
  if (actual.some(({ version }, index) => version !== reliesOn[index]?.version)) {
    throw new Refused({ _tag: "Conflict", actual })
  }
  for (const [index, step] of batch.steps.entries()) runStep(connection, organization, step, index)
  const head = heads.get(organization) ?? Log.headOf(connection, organization)
  const at = Math.max(head.at, now)
  const known = new Map(actual.map(({ stream, version }) => [stream, version]))
  const { hash, position, versions } = append(connection, batch, { ...head, at }, known)
  if (receipt !== undefined) {
    connection
      .prepare("INSERT INTO receipts VALUES (?, ?, ?, ?, ?)")
      .run(scope, receipt.key, receipt.digest, receipt.answer, at)
  }
  heads.set(organization, { position, hash, at })
  return {
    _tag: "Committed",
    position,
    at,
    versions: [...versions].map(([stream, version]) => ({ stream, version }))
  }
}

const append = (
  connection: Connection,
  { events, organization }: Driver.Batch,
  { at, hash: first, position: start }: Log.Head,
  known: ReadonlyMap<string, number>
) => {
  const insert = connection.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
  const versions = new Map<string, number>()
  let [position, hash] = [start, first]
  for (const { body, stream, type } of events) {
    const before =
      versions.get(stream) ?? known.get(stream) ?? Log.versionOf(connection, organization, stream)
    const version = before + 1
    position += 1
    versions.set(stream, version)
    hash = Chain.next(hash, { organization, position, stream, version, type, body, at })
    insert.run(organization, position, stream, version, type, body, at, hash)
  }
  return { position, hash, versions }
}

const runStep = (
  connection: Connection,
  organization: string,
  step: Driver.Step,
  index: number
): void => {
  const { prepare, tables } = connection
  const failed = (rows: ReadonlyArray<Driver.Row> = []) =>
    new Refused({ _tag: "GuardFailed", step: index, rows })
  switch (step._tag) {
    case "Insert": {
      const { text, values } = Statements.insert(tables, organization, step)
      prepare(text).run(...values.map(toInput))
      return
    }
    case "Ask": {
      const rows = Questions.ask(connection, organization, step.name, step.parameters)
      if (rows.length > 0 !== (step.expect === "some")) throw failed(rows)
      return
    }
    case "Apply":
      return Questions.apply(connection, organization, step.name, step.parameters)
    default: {
      const { text, values } = Statements.guarded(tables, organization, step)
      // What a guard says about null is not true.
      if (prepare(text).get(...values.map(toInput))?.["kept"] !== 1) throw failed()
    }
  }
}
