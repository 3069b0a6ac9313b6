/**
 * Tells somebody outside what happened on the local team: every run that is over, every approval that
 * is needed, every question, at least once and in order for each task.
 *
 * It follows the feed from where it was, writes down what is to be told, and sends it until it has
 * arrived. Each notifier is a channel of its own: one that does not answer keeps no other one waiting,
 * and a task of which something does not arrive keeps no other task waiting. One process at a time has
 * a channel.
 *
 * @since 0.1.0
 */
import { Cause, Deferred, Effect, Layer, Queue, Result, Semaphore, Stream } from "effect"
import type { StoredEvent } from "../ports/Driver.ts"
import * as Feed from "../ports/Feed.ts"
import { type Notification, type Notifier, Notifiers } from "../ports/Notifier.ts"
import * as LocalTeam from "../services/LocalTeam.ts"
import { Shell } from "../services/Shell.ts"
import { StoreClock } from "../services/StoreClock.ts"
import { tellingOf } from "./DeliveryEvents.ts"
import * as Ledger from "./DeliveryLedger.ts"
import * as Holding from "./Holding.ts"

// models ----------------------------------------------------------------------

/**
 * Who delivers, and with how much patience.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface DeliveriesConfig {
  /** Names this process among those that share the store; unique for each start. */
  readonly holder: string
  /** How long a channel is this process's without renewal. */
  readonly ttlMillis: number
  /** Until the second try, 1 s unless said. Each time it is twice as long. */
  readonly firstMillis?: number
  /** Between two tries at most, 5 minutes unless said. */
  readonly mostMillis?: number
  /** After so long it is given up, 7 days unless said. */
  readonly deadlineMillis?: number
  /** For so long what was given up is kept for a person to see, 30 days unless said. */
  readonly keepDeadMillis?: number
}

// layers ----------------------------------------------------------------------

/**
 * Starts to deliver, until its scope ends. Where there are no notifiers it does nothing.
 *
 * **Gotchas**
 *
 * A channel that is new begins with what happens from then on. One that was there before goes on from
 * where it was, also when its notifier was away in between.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  config: DeliveriesConfig
): Layer.Layer<never, never, Notifiers | Shell | StoreClock> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const means = { shell: yield* Shell, clock: yield* StoreClock }
      for (const notifier of yield* Notifiers) {
        yield* Effect.forkScoped(deliver(means, notifier, config))
      }
    })
  )

// internal --------------------------------------------------------------------

const day = 86_400_000

const patienceOf = (config: DeliveriesConfig): Ledger.Patience => ({
  firstMillis: config.firstMillis ?? 1000,
  mostMillis: config.mostMillis ?? 300_000,
  deadlineMillis: config.deadlineMillis ?? 7 * day,
  keepDeadMillis: config.keepDeadMillis ?? 30 * day
})

/** How many are sent at once, each about another subject. */
const together = 8

/** A notifier has a bound of its own; one that forgets it holds nothing up for ever. */
const sendMillis = 120_000

/** What no event announces, say a moment that has come, is noticed after so long at most. */
const restMillis = 30_000

const deliver = Effect.fnUntraced(function* (
  means: Holding.Means,
  notifier: Notifier,
  config: DeliveriesConfig
) {
  const { holder, ttlMillis } = config
  const { isNew, organization } = yield* localOrganization(means)
  const wanted = { organization, name: `notifier:${notifier.name}`, holder, ttlMillis }
  yield* Holding.whileHeld(means, wanted, (tenure) => {
    const lock = Semaphore.makeUnsafe(1)
    const place: Ledger.Place = { ...means, tenure, channel: notifier.name, lock }
    return Effect.catch(serve(place, notifier, patienceOf(config), isNew), (error) =>
      Effect.andThen(
        means.shell.outage.missed(`Notifications to ${notifier.name} wait`, error),
        Effect.sleep("1 second")
      )
    )
  })
})

/** The local team is made when it is first needed; before that there is nothing to tell. */
const localOrganization = Effect.fnUntraced(function* ({ shell }: Holding.Means) {
  let isNew = false
  for (;;) {
    const looked = yield* Effect.result(LocalTeam.find(shell))
    if (Result.isSuccess(looked)) {
      const local = looked.success
      if (local !== undefined) return { organization: String(local.organizationId), isNew }
      isNew = true
    } else {
      yield* shell.outage.missed("Notifications wait for the store", looked.failure)
    }
    yield* Effect.sleep("1 second")
  }
})

/** Takes in what happens and sends what is due, side by side: the one wakes the other. */
const serve = Effect.fnUntraced(function* (
  place: Ledger.Place,
  notifier: Notifier,
  patience: Ledger.Patience,
  isNew: boolean
) {
  const wake = yield* Queue.sliding<void>(1)
  yield* Effect.raceFirst(takeIn(place, wake, isNew), sendDue(place, notifier, patience, wake))
})

/** Whoever starts what is ready reads first. */
const followingRest = "10 millis"

const takeIn = Effect.fnUntraced(function* (
  place: Ledger.Place,
  wake: Queue.Queue<void>,
  isNew: boolean
) {
  const { shell, tenure } = place
  const { organization } = tenure
  let known = yield* Ledger.begin(place, isNew)
  yield* Feed.follow(shell.driver, { organization, after: known, rest: followingRest }).pipe(
    Stream.runForEachArray(
      Effect.fnUntraced(function* (events) {
        const entries = yield* entriesOf(place, events)
        const position = events.at(-1)?.position ?? known
        // Events that nobody is told may be read again: that costs less than to say that they were.
        if (entries.length === 0 && position - known < eventsBetweenCursors) return
        yield* Ledger.add(place, position, entries)
        known = position
        Queue.offerUnsafe(wake, undefined)
      })
    )
  )
})

const eventsBetweenCursors = 500

const entriesOf = Effect.fnUntraced(function* (
  { shell }: Ledger.Place,
  events: ReadonlyArray<StoredEvent>
) {
  const entries: Array<Ledger.Entry> = []
  for (const event of events) {
    const telling = yield* tellingOf(shell, event)
    if (telling === undefined) continue
    const { notification, subject } = telling
    // Written down now, so that every try says the same.
    entries.push({ position: event.position, subject, body: JSON.stringify(notification) })
  }
  return entries
})

/** Sends what is due, each on its own: who does not answer keeps only what stands behind it. */
const sendDue = Effect.fnUntraced(function* (
  place: Ledger.Place,
  notifier: Notifier,
  patience: Ledger.Patience,
  wake: Queue.Queue<void>
) {
  yield* Ledger.forget(place, patience)
  const broken = yield* Deferred.make<never, Effect.Error<ReturnType<typeof send>>>()
  const busy = new Set<number>()
  const begin = (delivery: Ledger.Delivery) => {
    busy.add(delivery.position)
    return send(place, notifier, patience, delivery).pipe(
      Effect.catchCause((cause) => Deferred.failCause(broken, cause)),
      Effect.ensuring(
        Effect.sync(() => {
          busy.delete(delivery.position)
          Queue.offerUnsafe(wake, undefined)
        })
      ),
      Effect.forkScoped
    )
  }
  const loop = Effect.gen(function* () {
    const most = together - busy.size
    const deliveries = most === 0 ? [] : yield* Ledger.due(place, busy, most)
    for (const delivery of deliveries) yield* begin(delivery)
    if (deliveries.length > 0) return
    const next = most === 0 ? undefined : yield* Ledger.untilDue(place, busy)
    yield* Effect.timeoutOption(Queue.take(wake), Math.min(next ?? restMillis, restMillis))
  })
  return yield* Effect.raceFirst(Effect.forever(loop), Deferred.await(broken))
}, Effect.scoped)

const send = (
  place: Ledger.Place,
  notifier: Notifier,
  patience: Ledger.Patience,
  delivery: Ledger.Delivery
) => {
  // As: only `entriesOf` writes bodies.
  const notification = JSON.parse(delivery.body) as Notification
  // What has arrived is written down, also by a process that is about to end.
  return Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(problemOf(notifier, notification)), (problem) =>
      problem === undefined
        ? Ledger.arrived(place, delivery)
        : notArrived(place, patience, delivery, notification.key, problem)
    )
  )
}

/** Sends it, and says why it has not arrived, if it has not. */
const problemOf = (notifier: Notifier, notification: Notification) =>
  notifier.send(notification).pipe(
    Effect.as(undefined),
    Effect.catch((error) => Effect.succeed(error.message)),
    Effect.catchDefect((defect) =>
      Effect.as(
        Effect.logError(`The notifier ${notifier.name} met a defect`, Cause.die(defect)),
        "it met a defect; the log says which"
      )
    ),
    Effect.timeoutOrElse({
      duration: sendMillis,
      orElse: () => Effect.succeed("it did not come to an end")
    })
  )

const notArrived = Effect.fnUntraced(function* (
  place: Ledger.Place,
  patience: Ledger.Patience,
  delivery: Ledger.Delivery,
  key: string,
  problem: string
) {
  const isDead = yield* Ledger.failed(place, delivery, problem, patience)
  if (isDead) yield* Effect.logError(`Notification ${key} is given up: ${problem}`)
  else if (delivery.attempts === 0) yield* Effect.logWarning(`A notification waits: ${problem}`)
})
