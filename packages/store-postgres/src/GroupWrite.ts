/**
 * One group on its way: written together, or one by one where one of them is in the way of the others.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import type { Driver } from "@foreman/core"

import { type Alone, ofBatch } from "./PostgresAlone.ts"
import { BatchMalformed, isCertain } from "./PostgresFailure.ts"
import { wordsOf } from "./PostgresHint.ts"
import { read, type Told, write, type Written } from "./PostgresGroup.ts"
import type { Lane } from "./PostgresLane.ts"
import type { Seal } from "./PostgresSeal.ts"

// models ----------------------------------------------------------------------

/**
 * A batch, whoever waits for what becomes of it, and the time if it is told.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ticket {
  readonly batch: Driver.Batch
  readonly at?: number
  readonly resume: (effect: Effect.Effect<Driver.Answer, Driver.StoreError>) => void
}

/**
 * How groups are written, and who hears of it.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface WriteOptions {
  /**
   * Several groups are committed one after the other, all or none, and with them a hint of that
   * organization.
   */
  readonly commit: (
    lane: Lane,
    groups: ReadonlyArray<Written>,
    hint: string | undefined
  ) => Promise<ReadonlyArray<Told>>
  /** A batch alone. It answers nothing where something is in its way. */
  readonly commitAlone: (lane: Lane, alone: Alone) => Promise<Driver.Answer | undefined>
  /** What a batch has to say is said with a hint that is part of its commit, and of no other's. */
  readonly seal: Pick<Seal, "close">
  /** A commit of the organization was sent on the lane without a hint, and is not answered yet. */
  readonly hinted: (lane: Lane, organization: string) => void
  readonly failed: (cause: unknown) => Driver.StoreError
  /** Hears of what was committed, before the callers do. */
  readonly committed: (batch: Driver.Batch, answer: Driver.Answer) => void
}

/**
 * A group on its way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Going {
  readonly lane: Lane
  readonly group: ReadonlyArray<Ticket>
  /** Whether other organizations commit at the same time, so that no hint may hold them up. */
  readonly isBusy: boolean
}

// services --------------------------------------------------------------------

/**
 * Writes a group, and tells everybody of it what became of theirs.
 *
 * @category operations
 * @since 0.1.0
 */
export const writeGroup = async (
  options: WriteOptions,
  { group, isBusy, lane }: Going
): Promise<void> => {
  const batches = group.map(({ batch }) => batch)
  const moved = batches.find(({ events }) => events.length > 0)?.organization
  const within = isBusy ? undefined : moved
  const sending = <A>(answering: Promise<A>): Promise<A> => {
    if (isBusy && moved !== undefined) options.hinted(lane, moved)
    return answering
  }
  const at = group.reduce<number | undefined>(
    (latest, ticket) => (ticket.at === undefined ? latest : Math.max(latest ?? 0, ticket.at)),
    undefined
  )
  try {
    const alone = aloneOf(group, options, within !== undefined)
    // Nothing is waited for before several are sent, or those sent after them would overtake them.
    const answer = alone && (await sending(options.commitAlone(lane, alone)))
    if (answer !== undefined) return settle(options, group, [answer])
    const written = write(batches, at)
    const answers = answersOf(written, (await sending(options.commit(lane, [written], within)))[0])
    if (answers !== undefined) return settle(options, group, answers)
    const apart = batches.map((batch) => write([batch], at))
    const told = await sending(options.commit(lane, apart, within))
    const each = apart.flatMap((one, index) => answersOf(one, told[index]) ?? [])
    settle(options, group, each)
  } catch (cause) {
    if (group.length > 1 && isCertain(cause)) {
      // One of them made the whole statement fail: alone, it harms only itself.
      for (const ticket of group) await writeGroup(options, { lane, group: [ticket], isBusy })
      return
    }
    const error = options.failed(cause)
    for (const { resume } of group) resume(Effect.fail(error))
  }
}

// internal --------------------------------------------------------------------

/** A batch alone that nobody tells the time, if it needs no more than some statements. */
const aloneOf = (
  [first, ...others]: ReadonlyArray<Ticket>,
  { seal }: Pick<WriteOptions, "seal">,
  isHinted: boolean
): Alone | undefined => {
  if (first === undefined || others.length > 0 || first.at !== undefined) return undefined
  const { news, organization } = first.batch
  if (!isHinted) return ofBatch(first.batch, undefined)
  const sealed = news === undefined ? undefined : seal.close(organization, news)
  return ofBatch(first.batch, wordsOf(organization, sealed))
}

const answersOf = (
  written: Written,
  told: Told | undefined
): ReadonlyArray<Driver.Answer> | undefined => {
  if (told === undefined) throw new Error("The database gave no answer")
  return read(written, told)
}

const settle = (
  { committed, failed }: WriteOptions,
  group: ReadonlyArray<Ticket>,
  answers: ReadonlyArray<Driver.Answer>
) => {
  for (const [index, { batch, resume }] of group.entries()) {
    const answer = answers[index]
    if (answer === undefined) {
      resume(Effect.fail(failed(new BatchMalformed("The database gave no answer"))))
    } else {
      committed(batch, answer)
      resume(Effect.succeed(answer))
    }
  }
}
