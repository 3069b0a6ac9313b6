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
import { Context, Effect, Layer, Result } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import { type Command, CurrentCommand } from "../operations/Command.ts"
import { begin, type Rehearsal } from "../operations/DryRun.ts"
import { timed } from "../operations/Observation.ts"
import {
  Busy,
  IdempotencyKeyReused,
  RunTokenStale,
  type StoreUnavailable
} from "../operations/Refusal.ts"
import {
  type Answer,
  type Batch,
  Driver,
  type Receipt,
  type Row,
  type Step,
  type StoreError
} from "../ports/Driver.ts"
import { type Actor, principalOf } from "../rules/Actor.ts"
import type { Decision } from "../rules/Decision.ts"
import { timestamp } from "../rules/Identifier.ts"
import * as CommandId from "./CommandId.ts"
import * as Envelope from "./Envelope.ts"
import * as Session from "./Session.ts"
import { digestOf } from "./ShellDigest.ts"
import { makeAllocate } from "./ShellNumbers.ts"
import { makeQueues } from "./ShellQueues.ts"
import { rehearse } from "./ShellRehearsal.ts"
import { StoreClock } from "./StoreClock.ts"
import { available, sure, toUnavailable } from "./StoreRetry.ts"

// models ----------------------------------------------------------------------

/**
 * What an attempt wants to write, and what it answers when that is written.
 *
 * @category models
 * @since 0.1.0
 */
export interface Plan<A, E> {
  readonly events: ReadonlyArray<DomainEvent>
  /** Checks that must hold where the batch is written. */
  readonly guards?: ReadonlyArray<Step>
  /** Operational rows that belong to the decision. */
  readonly also?: ReadonlyArray<Step>
  readonly answer: (folded: Session.Folded) => A
  /** What a guard that does not hold means; absent, the attempt is made again. */
  readonly onGuard?: (rows: ReadonlyArray<Row>, guard: number) => E
  /** What a broken constraint means, by its name; others mean another attempt. */
  readonly onConstraint?: Readonly<Record<string, () => E>>
}

/**
 * What every command may end with beside its own refusals.
 *
 * @category errors
 * @since 0.1.0
 */
export type ShellFailure = Busy | StoreUnavailable | IdempotencyKeyReused | RunTokenStale

/**
 * Where a command writes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Place {
  readonly organization: string
  /** Commands of this process with the same queue go one after the other. */
  readonly queue?: string
  /** Where the receipt is kept, if not in the organisation. */
  readonly receipts?: string
  /** The command's key was made just now for this call: it cannot have a receipt yet. */
  readonly isKeyNew?: boolean
  /** What the first try need not read. If it was out of date, the next one reads everything. */
  readonly known?: Session.Known
}

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
  }
>()("@foreman/core/Shell") {
  static readonly layer: Layer.Layer<Shell, never, Driver | StoreClock> = Layer.effect(
    Shell,
    Effect.gen(function* () {
      return make(yield* Driver, yield* StoreClock)
    })
  )
}

/**
 * The events of a decision, or its refusal as a failure.
 *
 * @category services
 * @since 0.1.0
 */
export const decided = <Event, Refusal>(
  decision: Decision<Event, Refusal>
): Effect.Effect<ReadonlyArray<Event>, Refusal> =>
  Result.isSuccess(decision) ? Effect.succeed(decision.success) : Effect.fail(decision.failure)

// internal --------------------------------------------------------------------

const maxAttempts = 12

/** One try at a decision. */
type Attempt<A, E, R, G> = (
  session: Session.Session,
  now: number
) => Effect.Effect<Plan<A, G>, E, R>

/** A command on its way to the store. */
interface Call {
  readonly place: Place
  readonly command: Command
  readonly actor: Actor
  readonly commandId: string
  readonly receiptKey: string
  /** Of the command's input; empty where the caller gave no key. */
  readonly digest: string
  /** In a dry run. */
  readonly rehearsal: Rehearsal | undefined
}

const make = (driver: Driver, clock: StoreClock["Service"]): Shell["Service"] => {
  const queues = makeQueues()
  const write = makeWrite(driver, clock)

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
      const stored = available(driver.receipt(receipts, receiptKey))
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
      Effect.catch(toUnavailable)
      // As: `toUnavailable` takes StoreError out, which generics cannot follow.
    ) as never

  return {
    driver,
    transact,
    // As: the same, for reads.
    read: (effect) => available(effect(driver)) as never,
    allocate: makeAllocate(driver)
  }
}

/** Decides and commits, and that from the start whenever somebody else was faster. */
const makeWrite = (driver: Driver, clock: StoreClock["Service"]) => {
  const commit = (batch: Batch) =>
    timed("commit", sure(driver.commit(batch))).pipe(
      Effect.tap((answer) => (answer._tag === "Committed" ? clock.observe(answer.at) : Effect.void))
    )
  return Effect.fnUntraced(function* <A, E, R, G>(call: Call, attempt: Attempt<A, E, R, G>) {
    const { actor, command, commandId, digest, place, receiptKey, rehearsal } = call
    const { organization, receipts = organization } = place
    const fence = fenceOf(actor)
    const isKeyed = command.key !== undefined
    for (let tries = 0; tries < maxAttempts; tries++) {
      if (tries > 2) yield* Effect.sleep(`${2 ** Math.min(tries, 6)} millis`)
      const session = Session.make(driver, organization, tries === 0 ? place.known : undefined)
      const at = yield* clock.now
      const plan = yield* attempt(session, at)
      const folded = yield* session.fold(plan.events, timestamp(at))
      const answer = plan.answer(folded)
      const isSilent = plan.events.length === 0 && (plan.also ?? []).length === 0
      if (isSilent && !isKeyed) return answer
      const { correlationId = commandId, causationId = null } = command
      const metadata = { actor, commandId, correlationId, causationId, at }
      const batch: Batch = {
        organization,
        reliesOn: session.versions(),
        steps: [...fence, ...(plan.guards ?? []), ...folded.steps, ...(plan.also ?? [])],
        events: plan.events.map((event) => Envelope.seal(event, metadata)),
        receipt: {
          ...(receipts === organization ? {} : { organization: receipts }),
          key: receiptKey,
          digest,
          // Who gave no key asks for it never again: that receipt only tells whether it was written.
          answer: isKeyed ? JSON.stringify(command.encodeAnswer(answer)) : "null"
        }
      }
      const outcome = yield* rehearsal === undefined
        ? commit(batch)
        : rehearse(driver, batch, rehearsal)
      const settled = settle(plan, outcome, fence.length)
      if (settled === "committed") return answer
      if (settled === "again") continue
      if (settled === "stale") {
        return yield* new RunTokenStale({ runId: actor.run?.id ?? actor.id })
      }
      if (settled._tag === "Duplicate") {
        return isKeyed ? yield* replay(command, settled.receipt, digest) : answer
      }
      return yield* Effect.fail(settled.refusal)
    }
    return yield* new Busy({ retryable: true })
  })
}

/** A run writes only while it is live, checked where the batch is written. */
const fenceOf = ({ run }: Actor): ReadonlyArray<Step> =>
  run === undefined
    ? []
    : [
        {
          _tag: "Require",
          table: "runs",
          key: { id: run.id },
          where: [{ columns: ["is_live"], is: "=", than: true }]
        }
      ]

/** What an answer of the store means for the attempt. */
const settle = <A, E>(plan: Plan<A, E>, outcome: Answer, fenced: number) => {
  switch (outcome._tag) {
    case "Committed":
      return "committed"
    case "Conflict":
      return "again"
    case "Duplicate":
      return outcome
    case "GuardFailed": {
      if (outcome.step < fenced) return "stale"
      const guard = outcome.step - fenced
      const isGuard = guard < (plan.guards ?? []).length
      const meaning = isGuard ? plan.onGuard : undefined
      return meaning === undefined
        ? "again"
        : { _tag: "Refused" as const, refusal: meaning(outcome.rows, guard) }
    }
    case "ConstraintBroken": {
      const meaning = plan.onConstraint?.[outcome.constraint]
      return meaning === undefined ? "again" : { _tag: "Refused" as const, refusal: meaning() }
    }
  }
}

const replay = (command: Command, receipt: Receipt, digest: string) =>
  receipt.digest === digest
    ? Effect.sync(() => command.decodeAnswer(JSON.parse(receipt.answer)))
    : Effect.fail(new IdempotencyKeyReused({ idempotencyKey: command.key ?? "" }))
