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
 * What a connection knows.
 *
 * @category models
 * @since 0.1.0
 */
export interface Plans {
  /** The columns of each statement that has been answered, by its name. */
  columns: Map<string, ReadonlyArray<Column>>
  /** The names of all that it was told, also of what then failed. */
  readonly told: Set<string>
}

// services --------------------------------------------------------------------

/**
 * So many texts have a name at once: more than twice what the tests of all commands ask for. Each is a
 * plan of up to 200 kB on each connection that has used it.
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
 * What a connection knows, before something is sent on it. What it was told under names that were
 * forgotten is given back: nobody asks for that any more.
 *
 * @category services
 * @since 0.1.0
 */
export const plansOf = (connection: pg.Connection): Plans => {
  const known = planned.get(connection)
  if (known?.age === age) return known.plans
  for (const name of known?.plans.told ?? []) connection.close({ type: "S", name }, true)
  const plans: Plans = { columns: new Map(), told: new Set() }
  planned.set(connection, { age, plans })
  return plans
}

/**
 * Lets a connection be told everything again. What is under way on it goes on with what it knew.
 *
 * @category services
 * @since 0.1.0
 */
export const forget = (connection: pg.Connection): void => {
  const known = planned.get(connection)
  if (known !== undefined) known.plans.columns = new Map()
}

// internal --------------------------------------------------------------------

const names = new Map<string, string>()
let count = 0
/** How often names were forgotten, and all texts got new ones. */
let age = 0

const planned = new WeakMap<pg.Connection, { readonly age: number; readonly plans: Plans }>()
