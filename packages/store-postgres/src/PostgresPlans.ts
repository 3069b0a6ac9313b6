/**
 * Statements by name, and what each connection has planned of them.
 *
 * @since 0.1.0
 */
import type pg from "pg"

import type { Driver } from "@foreman/core"

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
 * A column of an answer, and what its text means.
 *
 * @category models
 * @since 0.1.0
 */
export interface Column {
  readonly name: string
  readonly decode: (text: string) => Driver.Value
}

/**
 * The statements that a connection knows, and the columns that each answers.
 *
 * @category models
 * @since 0.1.0
 */
export type Plans = Map<string, ReadonlyArray<Column>>

// services --------------------------------------------------------------------

/**
 * So many texts have a name at once; the store itself has some two hundred. Each is a plan of up to
 * 200 kB on each connection that has used it.
 *
 * @category configuration
 * @since 0.1.0
 */
export const mostNames = 400

/**
 * A name for each text: a prepared statement's name is cut to 63 bytes, so a text cannot be one.
 *
 * @category services
 * @since 0.1.0
 */
export const named = (text: string, values: ReadonlyArray<Driver.Value>): Statement => {
  let name = names.get(text)
  if (name === undefined) {
    // Texts come from a few shapes of queries; the cap is for the case that they do not.
    if (names.size >= mostNames) {
      names.clear()
      age += 1
    }
    name = `foreman_${(count += 1)}`
    names.set(text, name)
  }
  return { name, text, values }
}

/**
 * What a connection knows, before something is sent on it. Plans of names that were forgotten are given
 * back: nobody asks for them any more.
 *
 * @category services
 * @since 0.1.0
 */
export const plansOf = (connection: pg.Connection): Plans => {
  const known = planned.get(connection)
  if (known?.age === age) return known.plans
  for (const name of known?.plans.keys() ?? []) connection.close({ type: "S", name }, true)
  const plans: Plans = new Map()
  planned.set(connection, { age, plans })
  return plans
}

/**
 * Lets a connection plan everything again.
 *
 * @category services
 * @since 0.1.0
 */
export const forget = (connection: pg.Connection): void => void planned.delete(connection)

// internal --------------------------------------------------------------------

const names = new Map<string, string>()
let count = 0
/** How often names were forgotten, and all texts got new ones. */
let age = 0

const planned = new WeakMap<pg.Connection, { readonly age: number; readonly plans: Plans }>()
