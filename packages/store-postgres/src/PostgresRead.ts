/**
 * Reads in one round trip: the transaction says whose rows it may see, and then asks.
 *
 * The statements are sent together and end with one synchronization, so they are one transaction, and
 * what the first sets ends with it. The client's own queries cannot do that.
 *
 * @since 0.1.0
 */
import { Query } from "pg"
import type pg from "pg"

import type { Driver } from "@foreman/core"

import { NotSent, stateOf } from "./PostgresFailure.ts"
import { type Column, forget, named, type Plans, plansOf, type Statement } from "./PostgresPlans.ts"

// models ----------------------------------------------------------------------

/**
 * Whose rows a read sees: those of an organization, or what reactors may see of all.
 *
 * @category models
 * @since 0.1.0
 */
export type Scope = { readonly organization: string } | { readonly role: string }

/**
 * A row as it comes, by the names of its columns.
 *
 * @category models
 * @since 0.1.0
 */
export type RawRow = Readonly<Record<string, Driver.Value>>

/**
 * What became of one of the reads that were sent together.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome =
  | { readonly _tag: "Rows"; readonly rows: ReadonlyArray<RawRow> }
  | { readonly _tag: "Failed"; readonly cause: unknown }
  /** It was not asked: one before it failed, or it has to be planned again. */
  | { readonly _tag: "Skipped" }

// services --------------------------------------------------------------------

/**
 * Reads on a client that nobody else uses meanwhile.
 *
 * @category operations
 * @since 0.1.0
 */
export const read = async (
  client: pg.ClientBase,
  scope: Scope,
  statement: Statement
): Promise<ReadonlyArray<RawRow>> => {
  const [outcome] = await readAll(client, scope, [statement])
  if (outcome?._tag === "Rows") return outcome.rows
  throw outcome?._tag === "Failed" ? outcome.cause : new Error("The database gave no answer")
}

/**
 * Reads several things in one transaction, in which each sees what is there when its turn comes.
 *
 * @category operations
 * @since 0.1.0
 */
export const readAll = (
  client: pg.ClientBase,
  scope: Scope,
  statements: ReadonlyArray<Statement>
): Promise<ReadonlyArray<Outcome>> =>
  new Promise((resolve) => {
    client.query(
      new Together([scopeStatement(scope), ...statements], (outcomes) => {
        const [scoped, ...answers] = outcomes
        resolve(scoped?._tag === "Failed" ? answers.map(() => scoped) : answers)
      })
    )
  })

/**
 * Runs statements that happen together or not at all.
 *
 * @category operations
 * @since 0.1.0
 */
export const runAll = (
  client: pg.ClientBase,
  statements: ReadonlyArray<Statement>
): Promise<ReadonlyArray<ReadonlyArray<RawRow>>> =>
  new Promise((resolve, reject) => {
    client.query(
      new Together(statements, (outcomes, late) => {
        // Until the server is ready again nothing is committed, whatever it has answered.
        if (late !== undefined) return reject(late)
        const broken = outcomes.find((outcome) => outcome._tag !== "Rows")
        if (broken === undefined) {
          return resolve(outcomes.map((outcome) => (outcome._tag === "Rows" ? outcome.rows : [])))
        }
        reject(broken._tag === "Failed" ? broken.cause : new NotSent("It has to be planned again"))
      })
    )
  })

// internal --------------------------------------------------------------------

const scopeStatement = (scope: Scope): Statement =>
  "role" in scope
    ? named("SELECT set_config('role', $1, true)", [scope.role])
    : named("SELECT set_config('foreman.organization', $1, true)", [scope.organization])

/** A question whose table has changed since is planned again, and so is one that somebody forgot. */
const isStale = (cause: unknown): boolean =>
  stateOf(cause) === "0A000" || stateOf(cause) === "26000"

/** The client calls these as answers come; it puts a time limit around `callback`. */
class Together extends Query {
  callback: (error: unknown) => void
  readonly #statements: ReadonlyArray<Statement>
  readonly #outcomes: Array<Outcome> = []
  #connection: pg.Connection | undefined
  #known: Plans["columns"] = new Map()
  #place = 0
  #columns: ReadonlyArray<Column> = []
  #rows: Array<RawRow> = []
  #failure: unknown

  constructor(
    statements: ReadonlyArray<Statement>,
    done: (outcomes: ReadonlyArray<Outcome>, late: unknown) => void
  ) {
    super({ text: "" })
    this.#statements = statements
    this.callback = (error) => {
      const isLate = error !== null && this.#outcomes.length === statements.length
      if (isStale(error)) this.#outcomes.push(skipped)
      else if (error !== null) this.#outcomes.push({ _tag: "Failed", cause: error })
      const outcomes = statements.map((_, place) => this.#outcomes[place] ?? skipped)
      done(outcomes, isLate ? error : undefined)
    }
  }

  override submit = (connection: pg.Connection): void => {
    this.#connection = connection
    connection.stream.cork()
    const { columns: known, told } = plansOf(connection)
    this.#known = known
    for (const { name, text, values } of this.#statements) {
      const isKnown = known.has(name)
      if (!isKnown) {
        // It may stand there from a read that failed; closing what is not there is no error.
        connection.close({ type: "S", name }, true)
        connection.parse({ name, text, types: [] }, true)
        told.add(name)
      }
      connection.bind({ portal: "", statement: name, values: values.map(toInput) }, true)
      if (!isKnown) connection.describe({ type: "P", name: "" }, true)
      connection.execute({ portal: "" }, true)
    }
    connection.sync()
    connection.stream.uncork()
    this.#begin()
  }

  handleRowDescription({ fields }: { readonly fields: ReadonlyArray<pg.FieldDef> }): void {
    this.#columns = fields.map(({ dataTypeID, name }) => ({
      name,
      decode: decoders[dataTypeID] ?? asText
    }))
  }

  handleDataRow({ fields }: { readonly fields: ReadonlyArray<string | null> }): void {
    if (this.#failure !== undefined) return
    try {
      // A row that is read by other columns than its own would be nobody's row.
      if (fields.length !== this.#columns.length) throw new Error("The columns are not known")
      const row: Record<string, Driver.Value> = {}
      let place = 0
      for (const { decode, name } of this.#columns) {
        const text = fields[place++] ?? null
        row[name] = text === null ? null : decode(text)
      }
      this.#rows.push(row)
    } catch (cause) {
      this.#failure = cause
    }
  }

  handleCommandComplete(): void {
    const { name } = this.#statements[this.#place] ?? { name: "" }
    this.#known.set(name, this.#columns)
    this.#outcomes.push(
      this.#failure === undefined
        ? { _tag: "Rows", rows: this.#rows }
        : { _tag: "Failed", cause: this.#failure }
    )
    this.#place += 1
    this.#begin()
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleError(error: unknown): void {
    if (this.#connection !== undefined && isStale(error)) forget(this.#connection)
    this.callback(error)
  }

  handleReadyForQuery(): void {
    this.callback(null)
  }

  #begin(): void {
    const { name } = this.#statements[this.#place] ?? { name: "" }
    this.#columns = this.#known.get(name) ?? []
    this.#rows = []
    this.#failure = undefined
  }
}

const skipped: Outcome = { _tag: "Skipped" }

const asText = (text: string): Driver.Value => text

const asNumber = (text: string): Driver.Value => {
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} is beyond 2^53`)
  return number
}

/** By the number that PostgreSQL gives a type, the same in every database. */
const decoders: Readonly<Record<number, Column["decode"]>> = {
  16: (text) => text === "t",
  17: (text) => new Uint8Array(Buffer.from(text.slice(2), "hex")),
  20: asNumber,
  21: asNumber,
  23: asNumber
}

const toInput = (value: Driver.Value): string | Buffer | null => {
  if (value === null || typeof value === "string") return value
  return value instanceof Uint8Array ? Buffer.from(value) : String(value)
}
