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
  /** Finds out whether the store is away that has left something without an answer. */
  readonly silent: (line: string) => Effect.Effect<void>
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
  let state: "there" | "doubted" | "away" = "there"
  /** What failed while it is in doubt, as it would be told if the store is there. */
  const doubtful = new Map<string, Effect.Effect<void>>()
  /** When an outage was told last, in milliseconds. */
  let toldAt = -Infinity
  const watch = Effect.gen(function* () {
    const since = yield* monotonicMillis
    let absence = yield* absenceOf(driver)
    if (absence === undefined) {
      // It answers, so these failures are its own. What fails while they are told is told too.
      for (const otherwise of doubtful.values()) yield* otherwise
      return
    }
    state = "away"
    let isTold = false
    while (absence !== undefined) {
      const now = yield* monotonicMillis
      if (now - toldAt >= remindMillis) {
        yield* bare(Effect.logWarning(isTold ? stillAway(now - since, absence) : away(absence)))
        isTold = true
        toldAt = now
      }
      yield* Effect.sleep(lookMillis)
      absence = yield* absenceOf(driver)
    }
    if (isTold) yield* bare(Effect.logWarning(back((yield* monotonicMillis) - since)))
  })
  /** Tells of what may be an outage as it would be told otherwise, if it is none. */
  const doubt = (line: string, otherwise: Effect.Effect<void>) =>
    Effect.flatMap(References.CurrentLogAnnotations, (annotations) => {
      if (state !== "away" && doubtful.size < doubtfulMost && !doubtful.has(line)) {
        const ofIts = Effect.provideService(References.CurrentLogAnnotations, annotations)
        doubtful.set(line, ofIts(otherwise))
      }
      if (state !== "there") return Effect.logDebug(line)
      state = "doubted"
      const over = Effect.sync(() => {
        state = "there"
        doubtful.clear()
      })
      return Effect.asVoid(Effect.forkIn(Effect.ensuring(watch, over), scope))
    })
  return {
    note: (error) => (error.retryable ? doubt(error.message, tell(error)) : tell(error)),
    silent: (line) => doubt(line, Effect.void),
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

const lookMillis = 1_000
const remindMillis = 60_000

/** So many different failures are kept while it is in doubt. */
const doubtfulMost = 8

/** A store that takes longer for one row is away. */
const patienceMillis = 5_000

const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

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

const away = (reason: string): string =>
  `The store does not answer: ${reason}. What was acknowledged stands, commands are refused as ` +
  "retryable, and agents go on until this server's leases end: then they are stopped, and their " +
  "tasks begin again when the store is back, unless another server has taken over. It is tried " +
  "again by itself."

const stillAway = (millis: number, reason: string): string =>
  `The store has not answered for ${secondsOf(millis)}: ${reason}. It is tried again by itself.`

const back = (millis: number): string =>
  `The store answers again. It was away for ${secondsOf(millis)}.`

const secondsOf = (millis: number): string => `${Math.max(1, Math.round(millis / 1000))} s`
