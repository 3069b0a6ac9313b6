/**
 * Spans of what Foreman does, for whoever traces. While nobody does, none is made.
 *
 * A span says by name how something ended, and nothing of what it was given, answered or failed with.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Context, Effect, Exit, type Fiber, Option, References, Tracer } from "effect"
import { isOurs, type Outcome, outcomeOf } from "../rules/Measure.ts"
import { type Any, statusOf } from "./Operation.ts"

// models ----------------------------------------------------------------------

/**
 * Facts of a span.
 *
 * @category models
 * @since 0.1.0
 */
export interface SpanFacts {
  readonly kind?: Tracer.SpanKind
  /** The span that this one continues, if it is not the present one. */
  readonly parent?: Tracer.AnySpan | undefined
  readonly attributes?: Readonly<Record<string, string | number>>
  /** Adds what is known at the end, and says how it ended where the exit does not. */
  readonly ended?: (span: Tracer.Span, exit: Exit.Exit<unknown, unknown>) => Outcome | undefined
}

// services --------------------------------------------------------------------

/**
 * Makes a span, if somebody traces. It says by name how the effect ended, and nothing of what it was
 * given, answered or failed with.
 *
 * @category operations
 * @since 0.1.0
 */
export const traced = <A, E, R>(
  name: string,
  effect: Effect.Effect<A, E, R>,
  factsOf: () => SpanFacts = () => ({})
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    if (!isTracing(fiber)) return effect
    const clock = fiber.getRef(Clock.Clock)
    const facts = factsOf()
    const span = begin(fiber, clock, name, facts)
    return Effect.onExitPrimitive(
      Effect.updateContext(effect, (context: Context.Context<R>) =>
        Context.add(context, Tracer.ParentSpan, span)
      ),
      (exit) => {
        end(span, clock, facts.ended?.(span, exit) ?? outcomeOfExit(exit))
        return undefined
      }
    )
  })

/**
 * Says whether somebody traces: the tracer that is there without any set-up keeps nothing.
 *
 * @category operations
 * @since 0.1.0
 */
export const isTracing = (fiber: AnyFiber): boolean =>
  fiber.getRef(Tracer.Tracer) !== Tracer.nativeTracer && fiber.getRef(References.TracerEnabled)

/**
 * Begins a span below the present one.
 *
 * @category operations
 * @since 0.1.0
 */
export const begin = (
  fiber: AnyFiber,
  clock: Clock.Clock,
  name: string,
  { attributes = {}, kind = "internal", parent }: SpanFacts
): Tracer.Span => {
  const above = Option.fromNullishOr(
    parent ?? Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
  )
  const span = fiber.getRef(Tracer.Tracer).span({
    name,
    parent: above,
    annotations: Context.empty(),
    links: [],
    startTime: clock.currentTimeNanosUnsafe(),
    kind,
    root: Option.isNone(above),
    sampled: Option.isNone(above) || above.value.sampled
  })
  for (const [key, value] of Object.entries(attributes)) span.attribute(key, value)
  return span
}

/**
 * Ends a span. Only our own failures are errors of it, and stand in it by their kind alone: exporters
 * write down all that an exit holds.
 *
 * @category operations
 * @since 0.1.0
 */
export const end = (span: Tracer.Span, clock: Clock.Clock, outcome: Outcome): void => {
  span.attribute("foreman.outcome", outcome)
  span.end(clock.currentTimeNanosUnsafe(), isOurs(outcome) ? failureOf(outcome) : Exit.void)
}

/**
 * Says how an operation ended.
 *
 * @category operations
 * @since 0.1.0
 */
export const outcomeOfExit = (exit: Exit.Exit<unknown, unknown>): Outcome => {
  if (Exit.isSuccess(exit)) return "ok"
  const failed = exit.cause.reasons.find(Cause.isFailReason)
  if (failed !== undefined) return outcomeOfError(failed.error)
  return Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "failed"
}

// internal --------------------------------------------------------------------

type AnyFiber = Fiber.Fiber<unknown, unknown>

const failureOf = (outcome: Outcome) => {
  const error = new Error(outcome)
  error.stack = outcome
  return Exit.fail(error)
}

const known = new WeakMap<object, Outcome>()

/** A refusal's class says its status. Whatever has none is a failure, and not the caller's. */
const outcomeOfError = (error: unknown): Outcome => {
  const made = typeof error === "object" && error !== null ? error.constructor : undefined
  if (typeof made !== "function" || !("ast" in made)) return "failed"
  const found = known.get(made)
  if (found !== undefined) return found
  // As: what has an `ast` is the class of a schema, as every refusal of an operation is.
  const outcome = outcomeOf(statusOf(made as unknown as Any["errors"][number]))
  known.set(made, outcome)
  return outcome
}
