/**
 * A group of batches in one transaction: what one of them is refused leaves no trace and disturbs no
 * other.
 *
 * A savepoint for each would cost a third of all work, and nearly every refusal comes before its
 * batch has written anything. So a group is written without them; a batch that has to be undone
 * undoes the group, which is then written again with a savepoint for each.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

import * as Chain from "./SqliteChain.ts"
import type { Connection } from "./SqliteConnection.ts"
import { constraintOf, describe, type Failure } from "./SqliteFailure.ts"
import * as Log from "./SqliteLog.ts"
import { Refused, runStep } from "./SqliteSteps.ts"
import type { Put } from "./Statements.ts"

// models ----------------------------------------------------------------------

/**
 * A batch, and when its caller asked for it, in microseconds since 1970.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted {
  readonly batch: Batch
  readonly now: number
}

/**
 * A batch as the writing thread gets it: some of its steps are unpacked no further than they have to be.
 *
 * @category models
 * @since 0.1.0
 */
export interface Batch extends Omit<Driver.Batch, "steps"> {
  readonly steps: ReadonlyArray<Driver.Step | Put>
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
  const begun: Array<Wanted> = [...group]
  const follow = () => {
    const part = more()
    begun.push(...part)
    return part.length > 0
  }
  let outcomes: ReadonlyArray<Outcome>
  try {
    outcomes = writeAll(connection, begun, follow, bare)
  } catch (cause) {
    if (database.isTransaction) prepare("ROLLBACK").run()
    if (!(cause instanceof ToUndo)) throw cause
    // A batch alone needs no savepoint: refused, it takes its transaction with it.
    if (begun.length === 1) return [outcomeOf(connection, cause.cause)]
    outcomes = rolledBack(connection, () => writeAll(connection, begun, follow, inSavepoint))
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

const outcomeOf = ({ tables }: Connection, cause: unknown): Outcome => {
  if (cause instanceof Refused) return cause.answer
  const constraint = constraintOf(tables, cause)
  if (constraint !== undefined) return { _tag: "ConstraintBroken", constraint }
  return { _tag: "Failed", failure: describe(cause) }
}

/** Carries out of a group that a batch of it was refused after it had begun to write. */
class ToUndo extends Error {
  constructor(cause: unknown) {
    super("A batch is to be undone", { cause })
  }
}

/** How one batch is kept apart from the others. */
type Apart = (connection: Connection, body: (progress: Progress) => Driver.Answer) => Outcome

/** Whether a batch has written something that its refusal would have to undo. */
interface Progress {
  hasWritten: boolean
}

/** All batches in a transaction that is left open, and those that come while it is. */
const writeAll = (
  connection: Connection,
  begun: ReadonlyArray<Wanted>,
  follow: () => boolean,
  apart: Apart
): ReadonlyArray<Outcome> => {
  const { prepare } = connection
  const heads: Heads = new Map()
  const outcomes: Array<Outcome> = []
  // IMMEDIATE: a deferred transaction that turns into a writer fails at once, whatever the timeout.
  prepare("BEGIN IMMEDIATE").run()
  do {
    for (const wanted of begun.slice(outcomes.length)) {
      outcomes.push(apart(connection, (progress) => write(connection, heads, wanted, progress)))
    }
  } while (follow())
  for (const [organization, { at, hash, position }] of heads) {
    prepare("INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)").run(
      organization,
      position,
      hash,
      at
    )
  }
  return outcomes
}

const bare: Apart = (connection, body) => {
  const progress = { hasWritten: false }
  try {
    return body(progress)
  } catch (cause) {
    // A full disk or a broken one ends the whole transaction: nothing of the group has happened.
    if (!connection.database.isTransaction) throw cause
    if (progress.hasWritten) throw new ToUndo(cause)
    return outcomeOf(connection, cause)
  }
}

const inSavepoint: Apart = (connection, body) => {
  const { database, prepare } = connection
  prepare("SAVEPOINT batch").run()
  try {
    const outcome = body({ hasWritten: false })
    prepare("RELEASE batch").run()
    return outcome
  } catch (cause) {
    if (!database.isTransaction) throw cause
    prepare("ROLLBACK TO batch").run()
    prepare("RELEASE batch").run()
    return outcomeOf(connection, cause)
  }
}

const rolledBack = <A>({ database, prepare }: Connection, body: () => A): A => {
  try {
    return body()
  } catch (cause) {
    if (database.isTransaction) prepare("ROLLBACK").run()
    throw cause
  }
}

const write = (
  connection: Connection,
  heads: Heads,
  { batch, now }: Wanted,
  progress: Progress
): Driver.Answer => {
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
  for (const [index, step] of batch.steps.entries()) {
    progress.hasWritten ||= mayLeave(step)
    runStep(connection, organization, step, index)
    progress.hasWritten ||= step._tag !== "Require" && step._tag !== "Ask"
  }
  const head = heads.get(organization) ?? Log.headOf(connection, organization)
  const at = Math.max(head.at, now)
  const known = new Map(actual.map(({ stream, version }) => [stream, version]))
  progress.hasWritten = true
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

/** Whether a step that fails may have written: one that looks at what it has made, or at much. */
const mayLeave = (step: Driver.Step | Put): boolean =>
  step._tag === "Apply" || ("after" in step && step.after !== undefined)

const append = (
  connection: Connection,
  { events, organization }: Batch,
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
