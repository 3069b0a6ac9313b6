/**
 * Group commit: batches that arrive while others are being written are written together.
 *
 * Many callers are sent on in parts, so that this thread decides the next part while the other
 * writes the last. No timer waits, so one caller alone loses nothing. The line has an end: who comes
 * when it is full is sent away at once, surely without having written anything. Organisations take
 * turns, so that nobody waits behind another's thousands.
 *
 * @since 0.1.0
 */
import { Clock, Effect } from "effect"

import { Driver, Lookout } from "@foreman/core"

import * as Line from "./Line.ts"
import type { Outcome, Wanted } from "./SqliteCommit.ts"
import { WriterFailed } from "./SqliteWriter.ts"

// models ----------------------------------------------------------------------

/**
 * A line of batches in front of a writer.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupOptions {
  /** How many batches the writer writes together. */
  readonly groupLimit: number
  /** How many batches may wait at most. */
  readonly queueLimit: number
  /** How long the event loop stays awake for an answer, in milliseconds; 0: not at all. */
  readonly awakeMilliseconds: number
  /** Asked again before it has answered; answers come in the order of what was asked. */
  readonly write: (group: ReadonlyArray<Wanted>) => Promise<ReadonlyArray<Outcome>>
  readonly failed: (cause: unknown) => Driver.StoreError
  /** Hears of what was committed, before the callers do. */
  readonly committed: (batch: Pick<Driver.Batch, "organization">, answer: Driver.Answer) => void
}

// services --------------------------------------------------------------------

/**
 * What commits by getting in line.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (options: GroupOptions): Driver.Driver["commit"] => {
  const { awakeMilliseconds, groupLimit } = options
  const part = Math.min(partSize, groupLimit)
  const sentLimit = 4 * groupLimit
  const waiting = Line.make<Ticket>()
  let sent = 0
  let isScheduled = false
  const answering = makeTurns(answersATurn)
  const stayAwake = Lookout.vigil({
    milliseconds: awakeMilliseconds,
    isWaiting: () => sent > 0,
    turn: setImmediate
  })

  const schedule = () => {
    if (waiting.size() >= part && sent + part <= sentLimit) return send(part)
    if (isScheduled || sent > 0 || waiting.size() === 0) return
    isScheduled = true
    // The next turn of the event loop, so that callers woken by the last answer join these.
    setImmediate(() => {
      isScheduled = false
      if (sent === 0 && waiting.size() > 0) send(groupLimit)
    })
  }
  const send = async (count: number) => {
    const group = waiting.take(count)
    sent += group.length
    stayAwake()
    await writeGroup(options, group, answering)
    sent -= group.length
    schedule()
  }
  return (batch) =>
    Clock.clockWith((clock) =>
      Effect.callback((resume) => {
        if (waiting.size() >= options.queueLimit) {
          return resume(Effect.fail(queueFull(options.queueLimit)))
        }
        const now = Number(clock.currentTimeNanosUnsafe() / 1000n)
        const ticket = { wanted: { batch, now }, resume }
        waiting.join(batch.organization, ticket)
        schedule()
        // Who gives up while still in line leaves it; later it is too late.
        return Effect.sync(() => waiting.leave(batch.organization, ticket))
      })
    )
}

// internal --------------------------------------------------------------------

/** So many that the costs of a message are shared, and so few that both threads are busy. */
const partSize = 8

/** So few that what their callers do next does not keep the event loop from all else. */
const answersATurn = 8

/** Does so much in each turn of the event loop, and what is more in the next ones, in its order. */
const makeTurns = (most: number) => {
  const left: Array<() => void> = []
  let done = 0
  const next = () => {
    done = 0
    const now = left.splice(0, most)
    if (now.length === 0) return
    done = now.length
    setImmediate(next)
    for (const act of now) act()
  }
  return (act: () => void) => {
    if (done === 0) setImmediate(next)
    if (done >= most) return void left.push(act)
    done += 1
    act()
  }
}

interface Ticket {
  readonly wanted: Wanted
  readonly resume: (effect: Effect.Effect<Driver.Answer, Driver.StoreError>) => void
}

const queueFull = (limit: number) =>
  new Driver.StoreError({
    operation: "commit",
    cause: new Error(`${limit} batches are waiting already`),
    retryable: true,
    ambiguous: false
  })

const writeGroup = async (
  options: GroupOptions,
  group: ReadonlyArray<Ticket>,
  answering: (act: () => void) => void
): Promise<void> => {
  if (group.length === 0) return
  try {
    const outcomes = await options.write(group.map(({ wanted }) => wanted))
    for (const [index, { resume, wanted }] of group.entries()) {
      const outcome = outcomes[index] ?? unanswered
      if (outcome._tag === "Failed") {
        resume(Effect.fail(options.failed(new WriterFailed(outcome.failure))))
      } else {
        options.committed(wanted.batch, outcome)
        answering(() => resume(Effect.succeed(outcome)))
      }
    }
  } catch (cause) {
    const error = options.failed(cause)
    for (const { resume } of group) resume(Effect.fail(error))
  }
}

const unanswered: Outcome = {
  _tag: "Failed",
  failure: { message: "The writer gave no answer", isRetryable: true, isAmbiguous: true }
}
