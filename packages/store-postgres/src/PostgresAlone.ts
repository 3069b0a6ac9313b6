/**
 * A batch alone, as a few statements instead of a call of `foreman.commit`.
 *
 * Whatever runs in a function is set up anew in each transaction, which costs several times what it
 * does once. Statements that the connection knows already are spared that. They are sent together and
 * are one transaction, of which the first one says whose it is.
 *
 * Where the batch relies on something, the second one locks the organization's head, so what the others
 * see is what the commit before left. The third one looks whether all of that holds. Where it does not,
 * it takes back whose the transaction is, so nothing after it finds or writes a row. A batch that only
 * adds is one statement more, which locks the head as it reads it. Where something does not hold, and
 * where a constraint is in the way, the function is called, which says what it was.
 *
 * @since 0.1.0
 */
import type pg from "pg"

import type { Driver } from "@foreman/core"

import { logOf } from "./PostgresAloneLog.ts"
import { checkedAddition, type Look, stepsOf } from "./PostgresAloneSteps.ts"
import { stateOf } from "./PostgresFailure.ts"
import { type Words } from "./PostgresHint.ts"
import { named, type Statement } from "./PostgresPlans.ts"
import { runAll } from "./PostgresRead.ts"

// models ----------------------------------------------------------------------

/**
 * The statements of a batch, and how many events it adds to which streams.
 *
 * @category models
 * @since 0.1.0
 */
export interface Alone {
  readonly statements: ReadonlyArray<Statement>
  readonly added: ReadonlyMap<string, number>
}

// rules -----------------------------------------------------------------------

/**
 * The statements of a batch, if it needs no more than these. They are few and small, so that all have
 * arrived when one takes the lock. A hint goes with them, if there is one, and nobody hears it if the batch
 * is refused. It throws for what no store takes.
 *
 * @category rules
 * @since 0.1.0
 */
export const ofBatch = (batch: Driver.Batch, hint: Words | undefined): Alone | undefined => {
  const { events, organization, receipt, reliesOn, steps } = batch
  if (events.length === 0 || events.length > mostEvents || receipt === undefined) return undefined
  if (steps.length > mostSteps || reliesOn.length > mostEvents) return undefined
  if ((receipt.organization ?? organization) !== organization) return undefined
  const names = [organization, ...events.flatMap(({ stream, type }) => [stream, type])]
  // They are written as JSON here, which the database has to do in the same way.
  if (!names.every((name) => plain.test(name))) return undefined
  const done = stepsOf(batch)
  if (done === undefined) return undefined
  const looks = reliesOn.map(versionLook)
  for (const { look } of done) if (look !== undefined) looks.push(look)
  const additions = done.flatMap(({ addition }) => addition ?? [])
  const { added, log } = logOf(batch, receipt, {
    hint,
    additions: looks.length > 0 ? undefined : additions
  })
  const statements = [named(scope, [organization])]
  // What only adds is one statement, which locks the head itself and is refused where it is not new.
  if (looks.length === 0) statements.push(log)
  else {
    statements.push(named(lock, [organization]), checkOf(organization, looks), log)
    for (const { addition, write } of done) {
      if (addition !== undefined) statements.push(checkedAddition(organization, addition))
      if (write !== undefined) statements.push(write)
    }
  }
  return sizeOf(statements) > mostCharacters ? undefined : { statements, added }
}

// services --------------------------------------------------------------------

/**
 * Commits a batch alone. It answers nothing where something is in its way; then nothing is written.
 *
 * @category operations
 * @since 0.1.0
 */
export const commit = async (
  client: pg.ClientBase,
  { added, statements }: Alone
): Promise<Driver.Answer | undefined> => {
  try {
    const answers = await runAll(client, statements)
    const row = answers.flat().find((one) => "position" in one)
    if (row === undefined) return undefined
    return {
      _tag: "Committed",
      position: Number(row["position"]),
      at: Number(row["at"]),
      versions: [...added].map(([stream, count], place) => ({
        stream,
        version: Number(row[`v${place}`]) + count
      }))
    }
  } catch (cause) {
    // A constraint, or a value that is none: the server has undone all of it.
    if (stateOf(cause)?.match(/^2[23]/)) return undefined
    throw cause
  }
}

// internal --------------------------------------------------------------------

const mostEvents = 8
const mostSteps = 16
const mostCharacters = 32_000
const plain = /^[\x20-\x7e]{1,1000}$/

const scope = "SELECT set_config('foreman.organization', $1, true)"

const lock = "/* foreman.commit */ SELECT FROM foreman.heads h WHERE h.organization = $1 FOR UPDATE"

const sizeOf = (statements: ReadonlyArray<Statement>): number => {
  let size = 0
  for (const { values } of statements) {
    for (const value of values) size += typeof value === "string" ? value.length : 0
  }
  return size
}

const versionLook =
  ({ stream, version }: Driver.Batch["reliesOn"][number]): Look =>
  (parameter) =>
    `coalesce((SELECT e.version FROM foreman.events e WHERE e.organization = $1
    AND e.stream = ${parameter(stream)} ORDER BY e.version DESC LIMIT 1), 0)
    = ${parameter(String(version))}::bigint`

/** Takes back whose the transaction is, unless all holds. */
const checkOf = (organization: string, looks: ReadonlyArray<Look>): Statement => {
  const values: Array<Driver.Value> = [organization]
  const all = looks.map((look) => look((value) => `$${values.push(value)}`))
  return named(
    `SELECT set_config('foreman.organization', CASE WHEN
  EXISTS (SELECT FROM foreman.heads h WHERE h.organization = $1) AND ${all.join(" AND ")}
  THEN $1 ELSE '' END, true)`,
    values
  )
}
