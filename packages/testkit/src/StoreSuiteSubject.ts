/**
 * What the store's suite needs of a backend, and the batches that its tests speak in.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { Scope } from "effect"

import { Driver, Tables } from "@foreman/core"
import type { Vitest } from "@effect/vitest"

// models ----------------------------------------------------------------------

/**
 * A table as a backend really has it. Names only: each store has its own words for types.
 *
 * @category models
 * @since 0.1.0
 */
export interface Described {
  readonly columns: Readonly<Record<string, { readonly isNullable: boolean }>>
  readonly key: ReadonlyArray<string>
  readonly indexes: Readonly<Record<string, ReadonlyArray<string>>>
  readonly unique: Readonly<
    Record<string, { readonly columns: ReadonlyArray<string>; readonly isPartial: boolean }>
  >
}

/**
 * A store under test. What only some stores can do is optional, and its absence is a printed skip.
 *
 * @category models
 * @since 0.1.0
 */
export interface Backend {
  /** A new place for a store: a file, a database. It is gone when the scope ends. */
  readonly location?: Effect.Effect<string, never, Scope.Scope>
  /** Opens the store at a place. Opened twice it is one store, if it has a place. */
  readonly layer: (location: string) => Layer.Layer<Driver.Driver, Driver.StoreError>
  /** The tables that stand there, for stores that can say it. */
  readonly describe?: (location: string) => Effect.Effect<Readonly<Record<string, Described>>>
  /** Runs statements past the store, as a person with a console would. */
  readonly console?: Console
}

/**
 * How a console says what the suite wants to try on a store's history.
 *
 * @category models
 * @since 0.1.0
 */
export interface Console {
  /** Answers with what the statement was refused, if it was. */
  readonly run: (location: string, statement: string) => Effect.Effect<string | undefined>
  /** Changes events although the store refuses it: with its triggers taken away, say. */
  readonly force: (location: string, statement: string) => Effect.Effect<void>
}

// services --------------------------------------------------------------------

/**
 * An open store, empty at first, and the ways around it.
 *
 * @category testing
 * @since 0.1.0
 */
export interface Subject {
  readonly backend: Backend
  readonly driver: Driver.Driver
  readonly location: string
  /** Opens the same store again, as another process does. */
  readonly openSecond: Effect.Effect<Driver.Driver, Driver.StoreError, Scope.Scope>
}

/**
 * The store that the running test speaks to. Tests share it and keep to their own organisations.
 *
 * @category testing
 * @since 0.1.0
 */
export const Subject = Context.Service<Subject>("@foreman/testkit/StoreSuite/Subject")

/**
 * What registers a test that speaks to the subject.
 *
 * @category testing
 * @since 0.1.0
 */
export type It = Vitest.MethodsNonLive<Subject>

// layers ----------------------------------------------------------------------

/**
 * A new store at a new place.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerOf = (backend: Backend): Layer.Layer<Subject, Driver.StoreError> =>
  Layer.effect(
    Subject,
    Effect.gen(function* () {
      const location = yield* backend.location ?? Effect.succeed("")
      const open = Layer.build(Layer.fresh(backend.layer(location))).pipe(
        Effect.map((context) => Context.get(context, Driver.Driver))
      )
      return { backend, driver: yield* open, location, openSecond: open }
    })
  )

// testing ---------------------------------------------------------------------

/**
 * The name of an organisation that no other test has.
 *
 * @category testing
 * @since 0.1.0
 */
export const organization: Effect.Effect<string> = Effect.sync(() => {
  count += 1
  return `acme-${String(count).padStart(4, "0")}`
})

/**
 * A batch of what is given.
 *
 * @category testing
 * @since 0.1.0
 */
export const batch = (
  organization: string,
  parts: Partial<Omit<Driver.Batch, "organization">> = {}
): Driver.Batch => ({ organization, reliesOn: [], steps: [], events: [], ...parts })

/**
 * An event of a stream, with text beyond ASCII.
 *
 * @category testing
 * @since 0.1.0
 */
export const event = (stream: string, type = "task.created"): Driver.NewEvent => ({
  stream,
  type,
  body: JSON.stringify({ stream, type, data: { note: "é😀".repeat(10) } })
})

/**
 * Inserts a row: what is given, and something that fits in every other column that needs it.
 *
 * @category testing
 * @since 0.1.0
 */
export const insert = (table: string, row: Driver.Row): Driver.Step => {
  const needed = Object.entries(Tables.tableOf(table).columns).filter(
    ([name, type]) => name !== "organization" && fillers[type] !== undefined
  )
  const filled = needed.map(([name, type]) => [name, fillers[type] ?? null] as const)
  return { _tag: "Insert", table, row: { ...Object.fromEntries(filled), ...row } }
}

/**
 * Creates a task of team `team` that is `todo`.
 *
 * @category testing
 * @since 0.1.0
 */
export const createTask = (organization: string, id: number, row: Driver.Row = {}): Driver.Batch =>
  batch(organization, {
    steps: [insert("tasks", { id, team_id: "team", status: "todo", title: `Task ${id}`, ...row })],
    events: [event(`task:${id}`)]
  })

/**
 * Makes a task wait for another, unless that one already waits for it.
 *
 * @category testing
 * @since 0.1.0
 */
export const depend = (organization: string, id: number, on: number): Driver.Batch =>
  batch(organization, {
    steps: [
      { _tag: "Ask", name: "path", parameters: { from: on, to: id }, expect: "none" },
      insert("task_dependencies", { task_id: id, depends_on_id: on }),
      { _tag: "Add", table: "tasks", key: { id }, row: { open_dependencies: 1 } }
    ],
    events: [event(`task:${id}`, "task.dependency_added")]
  })

/**
 * Sets columns of a task.
 *
 * @category testing
 * @since 0.1.0
 */
export const setTask = (
  id: number,
  row: Driver.Row,
  guards: Partial<Driver.Guarded> = {}
): Driver.Step => ({ _tag: "Set", table: "tasks", key: { id }, row, ...guards })

/**
 * Commits to the subject.
 *
 * @category testing
 * @since 0.1.0
 */
export const commit = (
  wanted: Driver.Batch
): Effect.Effect<Driver.Answer, Driver.StoreError, Subject> =>
  Effect.flatMap(Subject, ({ driver }) => driver.commit(wanted))

/**
 * Commits all at once to the subject.
 *
 * @category testing
 * @since 0.1.0
 */
export const commitAll = (
  wanted: ReadonlyArray<Driver.Batch>
): Effect.Effect<ReadonlyArray<Driver.Answer>, Driver.StoreError, Subject> =>
  Effect.forEach(wanted, commit, { concurrency: "unbounded" })

/**
 * All events of an organisation.
 *
 * @category testing
 * @since 0.1.0
 */
export const history = (
  organization: string
): Effect.Effect<ReadonlyArray<Driver.StoredEvent>, Driver.StoreError, Subject> =>
  Effect.flatMap(Subject, ({ driver }) =>
    driver.readAll(organization, { after: 0, limit: 100_000 })
  )

/**
 * The tags of answers, in their order.
 *
 * @category testing
 * @since 0.1.0
 */
export const tags = (answers: ReadonlyArray<Driver.Answer>): ReadonlyArray<string> =>
  answers.map(({ _tag }) => _tag)

// internal --------------------------------------------------------------------

let count = 0

/** What stands in a column that nobody cares about; a column that takes null gets none. */
const fillers: Readonly<Partial<Record<Tables.ColumnType, Driver.Value>>> = {
  text: "",
  integer: 0,
  boolean: false,
  bytes: new Uint8Array(1)
}
