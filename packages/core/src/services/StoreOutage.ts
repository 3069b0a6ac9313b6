/**
 * Whether the store is away, and what the log says of it: once when it is, at most once a minute while
 * it stays so, and once when it is back.
 *
 * All that a process does with its store fails while that is away, many times a second. None of these
 * failures says more than the others, so each is told at the level of debug, and the outage by itself.
 * What fails while the store answers is told as it was.
 *
 * @internal
 */
import { Cause, Clock, Effect, Option, References, Result, type Scope } from "effect"
import { StoreUnavailable } from "../operations/Refusal.ts"
import { type Driver, StoreError } from "../ports/Driver.ts"

// models ----------------------------------------------------------------------

/** What a process knows of its store, and how it tells what went wrong. */
export interface StoreOutage {
  /** Tells of a failure of the store, which its caller is not told. */
  readonly note: (error: StoreError) => Effect.Effect<void>
  /** Tells that a lease could not be renewed in time: in an outage once, for all of them. */
  readonly unrenewed: (name: string) => Effect.Effect<void>
  /** Warns that something was not done. */
  readonly missed: (words: string, error: Told) => Effect.Effect<void>
  /** Tells of what ended something that has to go on. */
  readonly failed: (words: string, cause: Cause.Cause<unknown>) => Effect.Effect<void>
}

/** Anything that can be told in a line. */
export interface Told {
  readonly message: string
}

// services --------------------------------------------------------------------

/** Begins with a store that is there. It is looked after in this scope. */
export const make = (driver: Pick<Driver, "ask">, scope: Scope.Scope): StoreOutage => {
  const known = begin()
  /** Finds out whether the store is there, unless that is being found out. */
  const look = Effect.suspend(() => {
    if (known.state !== "there") return Effect.void
    known.state = "doubted"
    const over = Effect.sync(() => Object.assign(known, begin(known.toldAt)))
    return Effect.asVoid(Effect.forkIn(Effect.ensuring(watch(driver, known), over), scope))
  })
  /** Tells of what may be an outage as it would be told otherwise, if it is none. */
  const doubt = (line: string, otherwise: Effect.Effect<void>) =>
    Effect.flatMap(References.CurrentLogAnnotations, (annotations) => {
      const { doubtful, state } = known
      if (state !== "away" && doubtful.size < doubtfulMost && !doubtful.has(line)) {
        doubtful.set(line, annotated(otherwise, annotations))
      }
      return state === "there" ? look : Effect.logDebug(line)
    })
  return {
    note: (error) => (error.retryable ? doubt(error.message, tell(error)) : tell(error)),
    unrenewed: (name) =>
      Effect.flatMap(References.CurrentLogAnnotations, (annotations) => {
        const line = `The ${name} could not renew its lease in time: whatever runs here is stopped`
        if (known.state !== "away") {
          known.unrenewed.push((say) => annotated(say(line), annotations))
          return look
        }
        if (known.areLeasesTold) return Effect.logDebug(line)
        known.isTold = true
        known.areLeasesTold = true
        return bare(Effect.logWarning(leasesEnd))
      }),
    missed: (words, error) => {
      const line = `${words}: ${error.message}`
      if (!isAbsence(error)) return Effect.logWarning(line)
      // What was refused has been noted where it was.
      return error instanceof StoreError
        ? doubt(line, Effect.logWarning(line))
        : Effect.logDebug(line)
    },
    failed: (words, cause) => {
      const error = Option.getOrUndefined(Cause.findErrorOption(cause))
      return Cause.hasDies(cause) || !isAbsence(error)
        ? Effect.logError(words, cause)
        : Effect.logDebug(words, cause)
    }
  }
}

/** Why the store failed, in one line. Some failures to connect have a code and no words. */
export const reasonOf = ({ cause, message }: StoreError): string => {
  const code = typeof cause === "object" && cause !== null ? Reflect.get(cause, "code") : undefined
  const words = cause instanceof Error ? cause.message.trim() : ""
  const [line = ""] = (words === "" ? String(code ?? message) : words).split(/\r?\n/)
  return line
}

// internal --------------------------------------------------------------------

interface Known {
  state: "there" | "doubted" | "away"
  /** What failed while it is in doubt, as it would be told if the store is there. */
  readonly doubtful: Map<string, Effect.Effect<void>>
  /** The leases that could not be renewed while it is in doubt, as each is told by itself. */
  readonly unrenewed: Array<(say: Say) => Effect.Effect<void>>
  /** When an outage was told last, in milliseconds. */
  toldAt: number
  /** Whether the present outage was told, and that leases could not be renewed in it. */
  isTold: boolean
  areLeasesTold: boolean
}

type Say = (line: string) => Effect.Effect<void>

const begin = (toldAt = -Infinity): Known => ({
  state: "there",
  doubtful: new Map(),
  unrenewed: [],
  toldAt,
  isTold: false,
  areLeasesTold: false
})

/** Finds out whether the store is there, and where it is not, goes on until it is. */
const watch = Effect.fnUntraced(function* (driver: Pick<Driver, "ask">, known: Known) {
  const since = yield* monotonicMillis
  let absence = yield* absenceOf(driver)
  if (absence === undefined) {
    // It answers, so these failures are its own. What fails while they are told is told too.
    for (const otherwise of known.doubtful.values()) yield* otherwise
    return yield* tellUnrenewed(known.unrenewed)
  }
  known.state = "away"
  const isUnrenewed = known.unrenewed.length > 0
  while (absence !== undefined) {
    const now = yield* monotonicMillis
    // One that stops agents is told, however short the last one was ago.
    if (now - known.toldAt >= remindMillis || (isUnrenewed && !known.isTold)) {
      const words = known.isTold ? stillAway(now - since, absence) : away(absence, isUnrenewed)
      known.areLeasesTold ||= isUnrenewed
      known.isTold = true
      known.toldAt = now
      yield* bare(Effect.logWarning(words))
    }
    yield* Effect.sleep(lookMillis)
    absence = yield* absenceOf(driver)
  }
  if (known.isTold) yield* bare(Effect.logWarning(back((yield* monotonicMillis) - since)))
})

const lookMillis = 1_000
const remindMillis = 60_000

/** So many different failures are kept while it is in doubt. */
const doubtfulMost = 8

/** A store that takes longer for one row is away. */
const patienceMillis = 5_000

const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

const annotated = (effect: Effect.Effect<void>, annotations: Readonly<Record<string, unknown>>) =>
  Effect.provideService(effect, References.CurrentLogAnnotations, annotations)

/** Whoever met it first is not what it is about. */
const bare = Effect.provideService(References.CurrentLogAnnotations, {})

const tell = (error: StoreError) => Effect.logError(error.message, Cause.fail(error.cause))

const isAbsence = (error: unknown): boolean =>
  (error instanceof StoreError || error instanceof StoreUnavailable) && error.retryable

/** Why the store does not answer the question that health asks too; undefined when it does. */
const absenceOf = (driver: Pick<Driver, "ask">) =>
  driver.ask("system", "heads", { after: "", limit: 1 }).pipe(
    Effect.result,
    Effect.timeoutOption(patienceMillis),
    Effect.map((answered) => {
      if (Option.isNone(answered)) return `it has said nothing for ${secondsOf(patienceMillis)}`
      return Result.isFailure(answered.value) ? reasonOf(answered.value.failure) : undefined
    })
  )

const away = (reason: string, isUnrenewed: boolean): string => {
  const agents = isUnrenewed
    ? "are stopped, because this server's leases could not be renewed: their"
    : "go on until this server's leases end: then they are stopped, and their"
  return (
    `The store does not answer: ${reason}. What was acknowledged stands, commands are refused as ` +
    `retryable, and agents ${agents} tasks begin again when the store is back, unless another ` +
    "server has taken over. It is tried again by itself."
  )
}

const leasesEnd =
  "This server could not renew its leases in time, because the store does not answer: whatever " +
  "runs here is stopped as they end."

/** One by itself, more of them together, and which they were to whoever looks closely. */
const tellUnrenewed = (lines: Known["unrenewed"]): Effect.Effect<void> => {
  const [first] = lines
  if (first === undefined) return Effect.void
  if (lines.length === 1) return first(Effect.logWarning)
  const words = `${lines.length} leases could not be renewed in time: what runs under them is stopped`
  const each = Effect.forEach(lines, (line) => line(Effect.logDebug), { discard: true })
  return Effect.andThen(bare(Effect.logWarning(words)), each)
}

const stillAway = (millis: number, reason: string): string =>
  `The store has not answered for ${secondsOf(millis)}: ${reason}. It is tried again by itself.`

const back = (millis: number): string =>
  `The store answers again. It was away for ${secondsOf(millis)}.`

const secondsOf = (millis: number): string => `${Math.max(1, Math.round(millis / 1000))} s`
