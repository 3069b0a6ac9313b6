/**
 * The steps of a batch, one after the other, in the transaction that is open.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"
import type { SQLInputValue, StatementSync } from "node:sqlite"

import { type Connection, toInput } from "./SqliteConnection.ts"
import * as Questions from "./SqliteQuestions.ts"
import * as Statements from "./Statements.ts"

// errors ----------------------------------------------------------------------

/**
 * Carries a refusal out of a batch, to where the batch is undone.
 *
 * @category errors
 * @since 0.1.0
 */
export class Refused {
  readonly answer: Driver.Answer
  constructor(answer: Driver.Answer) {
    this.answer = answer
  }
}

// services --------------------------------------------------------------------

/**
 * Carries out a step, or throws what refuses it.
 *
 * @category operations
 * @since 0.1.0
 */
export const runStep = (
  connection: Connection,
  organization: string,
  step: Driver.Step | Statements.Put,
  index: number
): void => {
  const { prepare, tables } = connection
  const failed = (rows: ReadonlyArray<Driver.Row> = []) =>
    new Refused({ _tag: "GuardFailed", step: index, rows })
  switch (step._tag) {
    case "Put": {
      const { places, statement } = statementOf(connection, step.shape)
      const values = places.map((place) =>
        // As: a shape has a place for each of its values.
        place === null ? organization : (step.values[place] as SQLInputValue)
      )
      if (step.shape.tag === "Insert") statement.run(...values)
      else if (statement.get(...values)?.["kept"] !== 1) throw failed()
      return
    }
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

// internal --------------------------------------------------------------------

interface Prepared {
  readonly statement: StatementSync
  readonly places: ReadonlyArray<number | null>
}

const statements = new WeakMap<Statements.Shape, Prepared>()

/** What a shape is put in with, made when it is first used: what cannot be made fails each time. */
const statementOf = ({ prepare, tables }: Connection, shape: Statements.Shape): Prepared => {
  const known = statements.get(shape)
  if (known !== undefined) return known
  const { places, text } = Statements.ofShape(tables, shape)
  const made = { statement: prepare(text), places }
  statements.set(shape, made)
  return made
}
