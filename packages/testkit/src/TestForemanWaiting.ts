/**
 * Waiting in tests: on events, with a bound, and with words for what did not come.
 *
 * @since 0.1.0
 */
import { Data, type Duration, Effect, Option, Stream } from "effect"

import {
  Actor,
  type Answers,
  Authorization,
  Envelope,
  Foreman,
  type Identifier,
  Shell,
  type Task
} from "@foreman/core"
import { asOperator } from "./TestForemanActors.ts"

// models ----------------------------------------------------------------------

/**
 * How long to wait, and for what, in the words of the failure.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Patience {
  readonly what?: string
  /** Twenty seconds unless said. */
  readonly within?: Duration.Input
}

// errors ----------------------------------------------------------------------

/**
 * What a test waited for did not come to be.
 *
 * @category errors
 * @since 0.1.0
 */
export class NeverHappened extends Data.TaggedError("NeverHappened")<{
  readonly what: string
  /** How things stood in the end, and what happened meanwhile. */
  readonly instead: string
}> {
  override get message() {
    return `It never happened: ${this.what}.\n${this.instead}`
  }
}

// testing ---------------------------------------------------------------------

/**
 * Looks until there is something to see: at once, and again after each event of any organisation.
 *
 * **When to use**
 *
 * Use for facts that follow from events. What changes without one is not noticed.
 *
 * @category testing
 * @since 0.1.0
 */
export const until = Effect.fnUntraced(function* <A, E, R>(
  look: Effect.Effect<A | undefined, E, R>,
  { what = "what the test looks for", within = "20 seconds" }: Patience = {}
): Effect.fn.Return<A, E | NeverHappened, R | Foreman> {
  const { events } = yield* Foreman
  const seen: Array<Answers.RecordedEvent> = []
  const after = yield* Effect.orDie(asOperator(events.begin({})))
  const wakes = events.follow({ after }).pipe(
    Stream.tap(({ event }) => Effect.sync(() => seen.push(event))),
    Stream.provideService(Authorization.CurrentActor, Actor.operator),
    Stream.orDie,
    // Many events at once are one reason to look.
    Stream.buffer({ capacity: 1, strategy: "sliding" })
  )
  const found = yield* Stream.concat(Stream.succeed(undefined), wakes).pipe(
    Stream.mapEffect(() => look),
    Stream.filter((sight): sight is A => sight !== undefined),
    Stream.runHead,
    Effect.timeoutOption(within),
    Effect.map(Option.flatten)
  )
  if (Option.isSome(found)) return found.value
  return yield* new NeverHappened({ what, instead: told("Meanwhile", seen) })
})

/**
 * Waits until a task is as the predicate wants it, and answers it.
 *
 * @category testing
 * @since 0.1.0
 */
export const untilTask = Effect.fnUntraced(function* (
  taskId: Identifier.TaskId,
  predicate: (task: Task.Task) => boolean,
  { what = `task ${taskId} as the test wants it`, within = "20 seconds" }: Patience = {}
): Effect.fn.Return<Task.Task, NeverHappened, Foreman> {
  const { client } = yield* Foreman
  const task = Effect.orDie(asOperator(client.getTask({ taskId })))
  const look = Effect.map(task, (present) => (predicate(present) ? present : undefined))
  const describe = Effect.gen(function* () {
    const { hold, lastOutcome, liveRunId, status } = yield* task
    const { items } = yield* asOperator(client.getTaskEvents({ taskId, limit: 200 }))
    const facts = JSON.stringify({ status, hold, liveRunId, lastOutcome })
    return yield* new NeverHappened({ what, instead: told(`It is ${facts} after`, items) })
  }).pipe(Effect.catchIf((error) => error._tag !== "NeverHappened", Effect.die))
  return yield* Effect.catchTag(until(look, { what, within }), "NeverHappened", () => describe)
})

/**
 * Waits for the first event that the predicate wants, from the beginning of all organisations on or
 * after a cursor of the feed.
 *
 * @category testing
 * @since 0.1.0
 */
export const untilEvent = Effect.fnUntraced(function* (
  predicate: (event: Answers.RecordedEvent) => boolean,
  {
    after = "0",
    what = "the event that the test wants",
    within = "20 seconds"
  }: Patience & { readonly after?: string } = {}
): Effect.fn.Return<Answers.RecordedEvent, NeverHappened, Foreman> {
  const { events } = yield* Foreman
  const seen: Array<Answers.RecordedEvent> = []
  const found = yield* events.follow({ after }).pipe(
    Stream.map(({ event }) => event),
    Stream.tap((event) => Effect.sync(() => seen.push(event))),
    Stream.filter(predicate),
    Stream.runHead,
    Effect.timeoutOption(within),
    Effect.map(Option.flatten),
    asOperator,
    Effect.orDie
  )
  if (Option.isSome(found)) return found.value
  return yield* new NeverHappened({ what, instead: told("Only this happened", seen) })
})

/**
 * Everything that has happened in an organisation, in order.
 *
 * @category testing
 * @since 0.1.0
 */
export const history: (
  organizationId: string
) => Effect.Effect<ReadonlyArray<Answers.RecordedEvent>, never, Shell.Shell> = Effect.fnUntraced(
  function* (organizationId) {
    const { driver } = yield* Shell.Shell
    const events: Array<Answers.RecordedEvent> = []
    for (;;) {
      const page = yield* driver.readAll(organizationId, { after: events.length, limit: 1000 })
      events.push(...page.map(Envelope.toRecorded))
      if (page.length < 1000) return events
    }
  },
  Effect.orDie
)

// internal --------------------------------------------------------------------

const mostLines = 30
const mostColumns = 200

const told = (intro: string, events: ReadonlyArray<Answers.RecordedEvent>): string => {
  if (events.length === 0) return `${intro}: nothing.`
  const lines = events.slice(-mostLines).map(({ data, id, streamId, type }) => {
    const line = `  ${id} ${streamId} ${type} ${JSON.stringify(data)}`
    return line.length > mostColumns ? `${line.slice(0, mostColumns)}…` : line
  })
  return `${intro}:\n${lines.join("\n")}`
}
