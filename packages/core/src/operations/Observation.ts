/**
 * What is seen of every operation: how often, how long, how it ended, and for whom, in lines of the
 * log, in measures and in spans. The input is in none of them.
 *
 * It is set once around each operation. Whatever is logged inside of one carries its ids, and while
 * nobody traces, no span is made.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Context, Effect, Exit, type Fiber, References, Tracer } from "effect"
import { type Actor, principalOf, system } from "../rules/Actor.ts"
import { commands, commandSeconds, type Outcome, queries, querySeconds } from "../rules/Measure.ts"
import { type Command, CurrentCommand, type Phases, underKey } from "./Command.ts"
import { CurrentRehearsal } from "./DryRun.ts"
import { begin, end, isTracing, outcomeOfExit, traced } from "./Tracing.ts"

// models ----------------------------------------------------------------------

/**
 * What is observed: an operation, and in whose name.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subject {
  readonly name: string
  readonly kind: "query" | "command"
  readonly actor: Actor
  /** What is carried out, for a command. */
  readonly command?: Command | undefined
  readonly correlationId?: string | undefined
}

// services --------------------------------------------------------------------

/**
 * How long a command may take, in milliseconds, before the log says that it was slow.
 *
 * @category configuration
 * @since 0.1.0
 */
export const SlowCommandMillis = Context.Reference<number>("@foreman/core/SlowCommandMillis", {
  defaultValue: () => 1000
})

/**
 * Observes an operation. A command finds itself as the current one.
 *
 * @category operations
 * @since 0.1.0
 */
export const observe = <A, E, R>(
  subject: Subject,
  call: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    const { command } = subject
    // A dry run is seen as a whole: of its parts none is carried out.
    if (fiber.getRef(CurrentRehearsal) !== undefined) {
      return command === undefined ? call : Effect.provideService(call, CurrentCommand, command)
    }
    const clock = fiber.getRef(Clock.Clock)
    const began = clock.monotonicTimeNanosUnsafe()
    const annotations = annotationsOf(fiber.getRef(References.CurrentLogAnnotations), subject)
    const span = isTracing(fiber) ? spanOf(fiber, clock, subject) : undefined
    const observed = Effect.updateContext(call, (context: Context.Context<R>) => {
      const annotated = Context.add(context, References.CurrentLogAnnotations, annotations)
      const named =
        command === undefined ? annotated : Context.add(annotated, CurrentCommand, command)
      return span === undefined ? named : Context.add(named, Tracer.ParentSpan, span)
    })
    return Effect.onExitPrimitive(observed, (exit) => {
      const seconds = Number(clock.monotonicTimeNanosUnsafe() - began) / 1e9
      const outcome = outcomeOfExit(exit)
      count(subject, outcome, seconds, fiber.context)
      if (span !== undefined) end(span, clock, outcome)
      return linesOf(fiber, subject, { annotations, exit, outcome, seconds })
    })
  })

/**
 * Carries out a reactor's command under a derived key, observed as every other one.
 *
 * @category operations
 * @since 0.1.0
 */
export const observedUnder =
  (name: string, key: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    observe({ name, kind: "command", actor: system, command: underKey(name, key) }, effect)

/**
 * Measures a part of the present command, and is a span of its own where somebody traces.
 *
 * **Details**
 *
 * An `attempt` lies in the `transact` and has no span.
 *
 * @category operations
 * @since 0.1.0
 */
export const timed = <A, E, R>(
  phase: keyof Phases,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    const { phases } = fiber.getRef(CurrentCommand)
    if (phases === undefined) return traced(phase, effect)
    const clock = fiber.getRef(Clock.Clock)
    const began = clock.currentTimeMillisUnsafe()
    return Effect.onExitPrimitive(phase === "attempt" ? effect : traced(phase, effect), () => {
      phases[phase] += clock.currentTimeMillisUnsafe() - began
      return undefined
    })
  })

/**
 * Says whether a defect stands in the log already, with the ids of its operation. A transport that
 * meets it again need not log it.
 *
 * @category operations
 * @since 0.1.0
 */
export const isReported = (defect: unknown): boolean =>
  typeof defect === "object" && defect !== null && reported.has(defect)

/**
 * Says whether lines for debugging are written. A line that is not is best not made.
 *
 * @category operations
 * @since 0.1.0
 */
export const isDebugging = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  debugLevels.has(fiber.getRef(References.MinimumLogLevel))

// internal --------------------------------------------------------------------

type AnyFiber = Fiber.Fiber<unknown, unknown>

const annotationsOf = (
  outer: Readonly<Record<string, unknown>>,
  { actor, correlationId, name }: Subject
): Readonly<Record<string, unknown>> => ({
  // Where no transport has set the id of a request, the caller's own is the nearest to one.
  ...(correlationId === undefined ? {} : { request_id: correlationId }),
  ...outer,
  ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
  operation: name,
  actor_type: actor.type,
  actor_id: principalOf(actor),
  ...(actor.run === undefined ? {} : { run_id: actor.run.id })
})

const spanOf = (fiber: AnyFiber, clock: Clock.Clock, { actor, correlationId, name }: Subject) =>
  begin(fiber, clock, name, {
    attributes: {
      "foreman.operation": name,
      "foreman.actor.type": actor.type,
      "foreman.actor.id": principalOf(actor),
      ...(actor.run === undefined ? {} : { "foreman.run.id": actor.run.id }),
      ...(correlationId === undefined ? {} : { "foreman.correlation.id": correlationId })
    }
  })

const count = (
  { kind, name }: Subject,
  outcome: Outcome,
  seconds: number,
  context: Context.Context<never>
): void => {
  const isCommand = kind === "command"
  const counter = isCommand ? commands(name, outcome) : queries(name, outcome)
  const histogram = isCommand ? commandSeconds(name) : querySeconds(name)
  counter.updateUnsafe(1, context)
  histogram.updateUnsafe(seconds, context)
}

interface Seen {
  readonly annotations: Readonly<Record<string, unknown>>
  readonly exit: Exit.Exit<unknown, unknown>
  readonly outcome: Outcome
  readonly seconds: number
}

const reported = new WeakSet<object>()

const debugLevels: ReadonlySet<string> = new Set(["All", "Trace", "Debug"])

/** What the log says of an operation that has ended: mostly nothing. */
const linesOf = (fiber: AnyFiber, { command, kind, name }: Subject, seen: Seen) => {
  const millis = seen.seconds * 1000
  const phases = command?.phases
  const died = Exit.isFailure(seen.exit)
    ? seen.exit.cause.reasons.find(Cause.isDieReason)
    : undefined
  const defect = isReported(died?.defect) ? undefined : died
  const isSlow =
    kind === "command" && millis - (phases?.wait ?? 0) >= fiber.getRef(SlowCommandMillis)
  if (!isSlow && defect === undefined && !isDebugging(fiber)) return undefined
  const facts = {
    ...seen.annotations,
    duration_ms: Math.round(millis * 1000) / 1000,
    outcome: seen.outcome,
    ...codeOf(seen.exit)
  }
  if (defect !== undefined) {
    if (typeof defect.defect === "object" && defect.defect !== null) reported.add(defect.defect)
    const failed = Effect.logError(`${name} failed`, Cause.die(defect.defect))
    return Effect.annotateLogs(failed, facts)
  }
  return isSlow
    ? Effect.annotateLogs(Effect.logWarning(`Slow command ${name}`), {
        ...facts,
        ...phasesOf(phases)
      })
    : Effect.annotateLogs(Effect.logDebug(`${name} ${seen.outcome}`), facts)
}

const phasesOf = (phases: Phases | undefined) =>
  phases === undefined
    ? {}
    : {
        queue_ms: phases.transact - phases.attempt,
        decide_ms: phases.attempt - phases.commit,
        commit_ms: phases.commit
      }

/** The class of a refusal, not what it says. */
const codeOf = (exit: Exit.Exit<unknown, unknown>) => {
  const error = Exit.isSuccess(exit)
    ? undefined
    : exit.cause.reasons.find(Cause.isFailReason)?.error
  return isTagged(error) ? { code: error._tag } : {}
}

const isTagged = (error: unknown): error is { readonly _tag: string } =>
  typeof error === "object" && error !== null && "_tag" in error && typeof error._tag === "string"
