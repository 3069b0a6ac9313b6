/**
 * The shell around every rule: load what it needs, decide, commit one batch, answer; and again from
 * the start when somebody else was faster.
 *
 * Nothing else writes. A command that is repeated under its key finds its receipt; a commit whose
 * answer was lost is repeated with its receipt; a retry that cannot win ends as `Busy`; a dry run
 * decides and checks alike, and shows its events.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import { CurrentCommand } from "../operations/Command.ts"
import { begin } from "../operations/DryRun.ts"
import { timed } from "../operations/Observation.ts"
import type {
  Busy,
  IdempotencyKeyReused,
  RunTokenStale,
  StoreUnavailable
} from "../operations/Refusal.ts"
import { Driver, type StoreError } from "../ports/Driver.ts"
import { principalOf } from "../rules/Actor.ts"
import * as CommandId from "./CommandId.ts"
import { HandOver } from "./HandOver.ts"
import type * as Session from "./Session.ts"
import { digestOf } from "./ShellDigest.ts"
import { makeAllocate } from "./ShellNumbers.ts"
import type { Place, Plan } from "./ShellPlan.ts"
import { makeQueues } from "./ShellQueues.ts"
import { type Means, makeWrite, replay } from "./ShellWrite.ts"
import { StoreClock } from "./StoreClock.ts"
import * as StoreOutage from "./StoreOutage.ts"
import { available, toUnavailable } from "./StoreRetry.ts"

// models ----------------------------------------------------------------------

/**
 * What every command may end with beside its own refusals.
 *
 * @category errors
 * @since 0.1.0
 */
export type ShellFailure = Busy | StoreUnavailable | IdempotencyKeyReused | RunTokenStale

export { decided, type Place, type Plan } from "./ShellPlan.ts"

// services --------------------------------------------------------------------

/**
 * The one way in which anything is written.
 *
 * @category services
 * @since 0.1.0
 */
export class Shell extends Context.Service<
  Shell,
  {
    readonly transact: <A, E, R, G = never>(
      place: Place,
      attempt: (session: Session.Session, now: number) => Effect.Effect<Plan<A, G>, E, R>
    ) => Effect.Effect<A, Exclude<E, StoreError> | G | ShellFailure, R | CurrentActor>
    /** Runs reads: a store that fails is tried again a few times, then unavailable. */
    readonly read: <A, E, R>(
      effect: (driver: Driver) => Effect.Effect<A, E, R>
    ) => Effect.Effect<A, Exclude<E, StoreError> | StoreUnavailable, R>
    /** Takes the next number of a store-wide sequence. */
    readonly allocate: (sequence: string) => Effect.Effect<number, StoreUnavailable>
    readonly driver: Driver
    /** Tells what went wrong, and of a store that is away only that it is. */
    readonly outage: StoreOutage.StoreOutage
  }
>()("@foreman/core/Shell") {
  static readonly layer: Layer.Layer<Shell, never, Driver | StoreClock> = Layer.effect(
    Shell,
    Effect.gen(function* () {
      const handOver = yield* HandOver
      const driver = yield* Driver
      const outage = StoreOutage.make(driver, yield* Effect.scope)
      return make({ driver, clock: yield* StoreClock, handOver }, outage)
    })
  )
}

// internal --------------------------------------------------------------------

const make = (means: Means, outage: StoreOutage.StoreOutage): Shell["Service"] => {
  const { driver } = means
  const queues = makeQueues()
  const write = makeWrite(means)

  const transact: Shell["Service"]["transact"] = (place, attempt) =>
    Effect.gen(function* () {
      const rehearsal = yield* begin
      const command = yield* CurrentCommand
      const actor = yield* CurrentActor
      const { organization, queue, receipts = organization } = place
      const commandId = command.key ?? (yield* CommandId.next())
      const receiptKey = CommandId.receiptOf(principalOf(actor), command.name, commandId)
      const digest = command.key === undefined ? "" : yield* digestOf(command)
      const mayStand = command.key !== undefined && place.isKeyNew !== true
      const stored = available(outage, driver.receipt(receipts, receiptKey))
      const before = mayStand ? yield* stored : undefined
      if (before !== undefined) return yield* replay(command, before, digest)
      const call = { place, command, actor, commandId, receiptKey, digest, rehearsal }
      const attempted = timed("attempt", write(call, attempt))
      // The same may have been sent through another process and have come first: then its own effect
      // is what refuses it here.
      const answered = <E>(refusal: E) =>
        Effect.flatMap(stored, (receipt): Effect.Effect<unknown, E | IdempotencyKeyReused> =>
          receipt === undefined ? Effect.fail(refusal) : replay(command, receipt, digest)
        )
      const written = mayStand ? Effect.catch(attempted, answered) : attempted
      const name = queue === undefined ? undefined : `${organization}/${queue}`
      return yield* timed("transact", queues(name, written))
    }).pipe(
      Effect.catch(toUnavailable(outage))
      // As: `toUnavailable` takes StoreError out, which generics cannot follow.
    ) as never

  return {
    driver,
    outage,
    transact,
    // As: the same, for reads.
    read: (effect) => available(outage, effect(driver)) as never,
    allocate: makeAllocate({ allocate: (...input) => available(outage, driver.allocate(...input)) })
  }
}
