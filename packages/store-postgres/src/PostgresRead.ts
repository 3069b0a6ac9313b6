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

// models ----------------------------------------------------------------------

/**
 * A statement with a name of its own, by which a connection knows it once it was planned there.
 *
 * @category models
 * @since 0.1.0
 */
export interface Statement {
  readonly name: string
  readonly text: string
  /** Bytes travel in PostgreSQL's binary form. */
  readonly values: ReadonlyArray<Driver.Value>
}

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

/**
 * A name for each text: a prepared statement's name is cut to 63 bytes, so a text cannot be one.
 *
 * @category models
 * @since 0.1.0
 */
export const named = (text: string, values: ReadonlyArray<Driver.Value>): Statement => {
  let name = names.get(text)
  if (name === undefined) {
    // Texts come from a few shapes of queries; the cap is for the case that they do not.
    if (names.size >= mostNames) names.clear()
    name = `foreman_${(count += 1)}`
    names.set(text, name)
  }
  return { name, text, values }
}

// internal --------------------------------------------------------------------

const mostNames = 1_000
const names = new Map<string, string>()
let count = 0

const scopeStatement = (scope: Scope): Statement =>
  "role" in scope
    ? named("SELECT set_config('role', $1, true)", [scope.role])
    : named("SELECT set_config('foreman.organization', $1, true)", [scope.organization])

/** What each connection has planned, and the columns that it answers. */
const planned = new WeakMap<pg.Connection, Map<string, ReadonlyArray<Column>>>()

/** A question whose table has changed since is planned again, and so is one that somebody forgot. */
const isStale = (cause: unknown): boolean =>
  stateOf(cause) === "0A000" || stateOf(cause) === "26000"

/** The client calls these as answers come; it puts a time limit around `callback`. */
class Together extends Query {
  callback: (error: unknown) => void
  readonly #statements: ReadonlyArray<Statement>
  readonly #outcomes: Array<Outcome> = []
  #connection: pg.Connection | undefined
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
    const known = planned.get(connection) ?? new Map()
    planned.set(connection, known)
    connection.stream.cork()
    for (const { name, text, values } of this.#statements) {
      const isKnown = known.has(name)
      if (!isKnown) {
        // It may stand there from a read that failed; closing what is not there is no error.
        connection.close({ type: "S", name }, true)
        connection.parse({ name, text, types: [] }, true)
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
    if (this.#connection !== undefined) planned.get(this.#connection)?.set(name, this.#columns)
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
    if (this.#connection !== undefined && isStale(error)) planned.delete(this.#connection)
    this.callback(error)
  }

  handleReadyForQuery(): void {
    this.callback(null)
  }

  #begin(): void {
    const { name } = this.#statements[this.#place] ?? { name: "" }
    const known = this.#connection && planned.get(this.#connection)?.get(name)
    this.#columns = known ?? []
    this.#rows = []
    this.#failure = undefined
  }
}

const skipped: Outcome = { _tag: "Skipped" }

interface Column {
  readonly name: string
  readonly decode: (text: string) => Driver.Value
}

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
