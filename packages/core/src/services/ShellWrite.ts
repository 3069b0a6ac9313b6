/**
 * The writing of a command: decide, commit one batch, answer; and again from the start when somebody
 * else was faster.
 *
 * @internal
 */
import { Effect } from "effect"
import type { Command } from "../operations/Command.ts"
import type { Rehearsal } from "../operations/DryRun.ts"
import { timed } from "../operations/Observation.ts"
import { Busy, IdempotencyKeyReused, RunTokenStale } from "../operations/Refusal.ts"
import type { Answer, Batch, Driver, Receipt, Step } from "../ports/Driver.ts"
import { type Actor, system } from "../rules/Actor.ts"
import { timestamp } from "../rules/Identifier.ts"
import * as Envelope from "./Envelope.ts"
import type { Deciding, HandOver, Joined } from "./HandOver.ts"
import * as Session from "./Session.ts"
import type { Place, Plan } from "./ShellPlan.ts"
import { rehearse } from "./ShellRehearsal.ts"
import type { StoreClock } from "./StoreClock.ts"
import { sure } from "./StoreRetry.ts"

// models ----------------------------------------------------------------------

/** One try at a decision. */
export type Attempt<A, E, R, G> = (
  session: Session.Session,
  now: number
) => Effect.Effect<Plan<A, G>, E, R>

/** A command on its way to the store. */
export interface Call {
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

/** With what commands are written. */
export interface Means {
  readonly driver: Driver
  readonly clock: StoreClock["Service"]
  readonly handOver: HandOver | undefined
}

// services --------------------------------------------------------------------

/** Decides and commits, and that from the start whenever somebody else was faster. */
export const makeWrite = ({ clock, driver, handOver }: Means) => {
  const commit = (batch: Batch) =>
    timed("commit", sure(driver.commit(batch))).pipe(
      Effect.tap((answer) => (answer._tag === "Committed" ? clock.observe(answer.at) : Effect.void))
    )
  /** A task is handed over by whoever makes it ready, unless that is another decision of Foreman's. */
  const joined = ({ actor, rehearsal }: Call, tries: number, deciding: Deciding) =>
    handOver === undefined || tries > 0 || rehearsal !== undefined || actor.type === system.type
      ? Effect.succeed(undefined)
      : handOver.join(deciding)
  return Effect.fnUntraced(function* <A, E, R, G>(call: Call, attempt: Attempt<A, E, R, G>) {
    const { actor, command, commandId, digest, place, rehearsal } = call
    const { organization } = place
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
      const { correlationId = commandId } = command
      const deciding = { session, events: plan.events, folded, at, commandId, correlationId }
      const company = yield* joined(call, tries, deciding)
      const batch = batchOf(call, { plan, deciding, company, answer })
      const outcome = yield* rehearsal === undefined
        ? commit(batch)
        : rehearse(driver, batch, rehearsal)
      const settled = settle(plan, outcome, fenceOf(actor).length)
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

/** What a command answered when it was written the first time. */
export const replay = (command: Command, receipt: Receipt, digest: string) =>
  receipt.digest === digest
    ? Effect.sync(() => command.decodeAnswer(JSON.parse(receipt.answer)))
    : Effect.fail(new IdempotencyKeyReused({ idempotencyKey: command.key ?? "" }))

// internal --------------------------------------------------------------------

const maxAttempts = 12

/** What a try has decided. */
interface Tried<A, E> {
  readonly plan: Plan<A, E>
  readonly deciding: Deciding
  readonly company: Joined | undefined
  readonly answer: A
}

const batchOf = <A, E>(
  { actor, command, commandId, digest, place, receiptKey }: Call,
  { answer, company, deciding, plan }: Tried<A, E>
): Batch => {
  const { organization, receipts = organization } = place
  const { at, correlationId, folded, session } = deciding
  const { causationId = null } = command
  const metadata = { actor, commandId, correlationId, causationId, at }
  const own = plan.events.map((event) => Envelope.seal(event, metadata))
  return {
    organization,
    reliesOn: session.versions(),
    steps: [
      ...fenceOf(actor),
      ...(plan.guards ?? []),
      ...(company?.guards ?? []),
      ...(company?.steps ?? folded.steps),
      ...(plan.also ?? [])
    ],
    events: company === undefined ? own : [...own, ...company.events],
    news: company?.news,
    receipt: {
      ...(receipts === organization ? {} : { organization: receipts }),
      key: receiptKey,
      digest,
      // Who gave no key asks for it never again: that receipt only tells whether it was written.
      answer: command.key === undefined ? "null" : JSON.stringify(command.encodeAnswer(answer))
    }
  }
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
