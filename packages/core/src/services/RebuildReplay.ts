/**
 * The fold of stored events into a store: command by command, as they were folded at first.
 *
 * @internal
 */
import { Data, Effect, Stream } from "effect"
import { type Driver, type Row, type Step, type StoredEvent, StoreError } from "../ports/Driver.ts"
import { tableOf } from "../ports/Tables.ts"
import type { Filling } from "../ports/Transfer.ts"
import { timestamp } from "../rules/Identifier.ts"
import * as Envelope from "./Envelope.ts"
import * as Session from "./Session.ts"

// models ----------------------------------------------------------------------

/** A store that is being filled, as the fold sees it. */
export interface Target {
  readonly driver: Driver
  /** Writes what was folded since the last time. */
  readonly flush: Effect.Effect<void, StoreError>
}

// errors ----------------------------------------------------------------------

/**
 * An event cannot follow the ones before it, so the history is not what Foreman wrote.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotReplayable extends Data.TaggedError("NotReplayable")<{
  readonly organization: string
  readonly position: number
  readonly cause: unknown
  /** Where the chain of hashes is broken, if it is known to be. */
  readonly firstBroken?: number
}> {
  override get message() {
    const { firstBroken, organization, position } = this
    if (firstBroken === undefined)
      return `The event ${position} of ${organization} cannot be replayed`
    return (
      `The events of ${organization} cannot be replayed, and their chain of hashes is broken at ` +
      `event ${firstBroken}: restore a backup`
    )
  }
}

// services --------------------------------------------------------------------

/** Folds the next events of an organisation into a store that has folded those before them. */
export const refold = Effect.fnUntraced(function* (
  into: Driver,
  organization: string,
  events: ReadonlyArray<StoredEvent>
) {
  for (const command of yield* byCommand(organization, events)) {
    yield* refoldCommand(into, organization, command)
  }
})

/**
 * Lets events be folded into one organisation of a store that is being filled. Rows are kept here
 * until they are written, so that a store at the end of a wire is asked and told seldom.
 *
 * What set changes count is not seen here: no fold reads it.
 */
export const targetOf = (filling: Filling, organization: string): Target => {
  const rows = new Map<string, Row | undefined>()
  let steps: Array<Step> = []
  const placeOf = (table: string, key: Row) =>
    JSON.stringify([table, ...tableOf(table).key.map((column) => key[column] ?? null)])
  const take = (step: Step) => {
    steps.push(step)
    if (step._tag === "Insert") {
      rows.set(placeOf(step.table, step.row), { ...step.row, organization })
    } else if (step._tag === "Set") {
      const place = placeOf(step.table, step.key)
      rows.set(place, { ...rows.get(place), ...step.key, ...step.row, organization })
    } else if (step._tag === "Delete") rows.set(placeOf(step.table, step.key), undefined)
  }
  return {
    driver: {
      ...beside,
      get: (name, table, key) => {
        const place = placeOf(table, key)
        if (rows.has(place)) return Effect.succeed(rows.get(place))
        return Effect.tap(filling.get(name, table, key), (row) =>
          Effect.sync(() => rows.set(place, row))
        )
      },
      find: filling.find,
      commit: (batch) =>
        Effect.sync(() => {
          for (const step of batch.steps) take(step)
          return { _tag: "Committed", position: 0, at: 0, versions: [] }
        })
    },
    flush: Effect.suspend(() => {
      const written = steps
      steps = []
      rows.clear()
      return written.length === 0 ? Effect.void : filling.write(organization, written)
    })
  }
}

// internal --------------------------------------------------------------------

const refused = (operation: string) => () =>
  Effect.fail(
    new StoreError({
      operation,
      cause: new Error("The store is being filled"),
      retryable: false,
      ambiguous: false
    })
  )

/** What a fold has no use for. */
const beside: Omit<Driver, "commit" | "find" | "get"> = {
  capabilities: { name: "filling", durable: false, manyProcesses: false },
  allocate: refused("allocate"),
  versions: refused("versions"),
  readStream: refused("readStream"),
  readAll: refused("readAll"),
  receipt: refused("receipt"),
  ask: refused("ask"),
  changes: Stream.empty
}

/**
 * Events of one command stand together, and were folded together. A caller may use its key for
 * another command too, but that was decided at another time, or is folded in the same way.
 */
const byCommand = Effect.fnUntraced(function* (
  organization: string,
  events: ReadonlyArray<StoredEvent>
) {
  const commands: Array<Array<StoredEvent>> = []
  let latest: unknown
  for (const event of events) {
    const { at, metadata } = yield* Effect.try({
      try: () => Envelope.bodyOf(event),
      catch: (cause) => new NotReplayable({ organization, position: event.position, cause })
    })
    const id = JSON.stringify([metadata?.["command_id"], at])
    const present = id === latest ? commands.at(-1) : undefined
    if (present === undefined) commands.push([event])
    else present.push(event)
    latest = id
  }
  return commands
})

const refoldCommand = Effect.fnUntraced(
  function* (into: Driver, organization: string, stored: ReadonlyArray<StoredEvent>) {
    const [first] = stored
    if (first === undefined) return
    const events = yield* Effect.try(() => stored.map(Envelope.open))
    const at = yield* Effect.try(() => timestamp(Envelope.bodyOf(first).at))
    const { steps } = yield* Session.make(into, organization).fold(events, at)
    const answer = yield* into.commit({ organization, reliesOn: [], steps, events: [] })
    if (answer._tag !== "Committed") return yield* Effect.fail(answer)
  },
  (effect, _, organization, stored) =>
    Effect.mapError(
      effect,
      (cause) => new NotReplayable({ organization, position: stored[0]?.position ?? 0, cause })
    )
)
