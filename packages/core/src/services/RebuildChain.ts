/**
 * Replays an organisation's events and follows the chain of their hashes meanwhile.
 *
 * @internal
 */
import { Data, Effect } from "effect"
import * as Chain from "../ports/Chain.ts"
import type { Driver, StoredEvent } from "../ports/Driver.ts"
import * as RebuildReplay from "./RebuildReplay.ts"
import { NotReplayable } from "./RebuildReplay.ts"

// models ----------------------------------------------------------------------

/** A store, and the one in which its rows are made again. */
export interface Both<E> {
  readonly driver: Driver
  readonly rebuilt: Driver
  readonly organization: string
  /** Is told where the chain is broken before anything is made of the events there. */
  readonly see: (firstBroken: number) => Effect.Effect<void, E>
}

/** How far the events were replayed, and whether they followed from each other. */
export interface Replayed {
  readonly last: Pick<StoredEvent, "position" | "hash">
  readonly firstBroken: number | null
}

// errors ----------------------------------------------------------------------

/**
 * The events are not those that Foreman wrote, so no row is made to follow from them.
 *
 * @category errors
 * @since 0.1.0
 */
export class ChainBroken extends Data.TaggedError("ChainBroken")<{
  readonly organization: string
  /** The first position that is missing or whose hash does not follow. */
  readonly position: number
}> {
  override get message() {
    return (
      `The chain of hashes of ${this.organization} is broken at event ${this.position}, so nothing ` +
      "was written: restore a backup"
    )
  }
}

// services --------------------------------------------------------------------

/** Replays what comes after the last event, page by page, and answers how far that went. */
export const replay = Effect.fnUntraced(function* <E>(both: Both<E>, from: Replayed = beginning) {
  const { driver, organization, rebuilt, see } = both
  let { firstBroken, last } = from
  for (;;) {
    const page = yield* driver.readAll(organization, { after: last.position, limit: pageSize })
    if (firstBroken === null) {
      const before = last
      firstBroken = (yield* Effect.promise(() => Chain.firstBroken(page, before))) ?? null
      if (firstBroken !== null) yield* see(firstBroken)
    }
    const refolded = RebuildReplay.refold(rebuilt, organization, page)
    yield* firstBroken === null ? refolded : forged(refolded, organization, firstBroken)
    last = page.at(-1) ?? last
    if (page.length < pageSize) return { last, firstBroken }
  }
})

// internal --------------------------------------------------------------------

const pageSize = 500

const beginning: Replayed = {
  last: { position: 0, hash: Chain.genesis },
  firstBroken: null
}

/** What was changed may be anything, also what breaks the fold itself. */
const forged = (
  refolded: ReturnType<typeof RebuildReplay.refold>,
  organization: string,
  firstBroken: number
) =>
  refolded.pipe(
    Effect.catchDefect((cause) =>
      Effect.fail(new NotReplayable({ organization, position: firstBroken, cause }))
    ),
    Effect.mapError(
      ({ cause, position }) => new NotReplayable({ organization, position, cause, firstBroken })
    )
  )
