/**
 * Replays an organisation's events and follows the chain of their hashes meanwhile, up to its head.
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
  readonly see: (broken: Broken) => Effect.Effect<void, E>
}

/** Where the chain is broken. */
export interface Broken {
  /** The first position that is missing or whose hash does not follow. */
  readonly position: number
  /** Up to where events are missing at the end; null where the chain is broken before it. */
  readonly missingTo: number | null
}

/** How far the events were replayed, and whether they followed from each other. */
export interface Replayed {
  readonly last: Pick<StoredEvent, "position" | "hash">
  readonly broken: Broken | null
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
  /** Up to where events are missing at the end; null where the chain is broken before it. */
  readonly missingTo: number | null
}> {
  override get message() {
    const { missingTo, organization, position } = this
    const lost =
      missingTo === null ? "" : `: all events up to position ${missingTo} are missing at the end`
    return (
      `The chain of hashes of ${organization} is broken at event ${position}${lost}, so nothing ` +
      "was written: restore a backup"
    )
  }
}

// services --------------------------------------------------------------------

/** Where a replay begins. */
export const beginning: Replayed = {
  last: { position: 0, hash: Chain.genesis },
  broken: null
}

/** Replays what comes after the last event, page by page, and answers how far that went. */
export const replay = Effect.fnUntraced(function* <E>(both: Both<E>, from: Replayed = beginning) {
  const { driver, organization, see } = both
  // First: what is read after it has everything up to it, however much others write meanwhile.
  const head = yield* headOf(driver, organization)
  for (let replayed = from; ;) {
    const { last } = replayed
    const page = yield* driver.readAll(organization, { after: last.position, limit: pageSize })
    const isEnd = page.length < pageSize
    let { broken } = replayed
    if (broken === null) {
      broken = inside(yield* Effect.promise(() => Chain.firstBroken(page, last)))
      if (isEnd) broken ??= yield* atEnd(both, head, page.at(-1) ?? last)
      if (broken !== null) yield* see(broken)
    }
    replayed = yield* fold(both, page, { last, broken })
    if (isEnd) return replayed
  }
})

/** Folds the page that comes after the last event, once it is known whether its chain holds. */
export const fold = Effect.fnUntraced(function* (
  { organization, rebuilt }: Pick<Both<unknown>, "organization" | "rebuilt">,
  page: ReadonlyArray<StoredEvent>,
  { broken, last }: Replayed
): Effect.fn.Return<Replayed, NotReplayable> {
  const refolded = RebuildReplay.refold(rebuilt, organization, page)
  yield* broken === null ? refolded : forged(refolded, organization, broken.position)
  return { last: page.at(-1) ?? last, broken }
})

/** What is said of a chain that is broken at an event, if it is. */
export const inside = (position: number | undefined): Broken | null =>
  position === undefined ? null : { position, missingTo: null }

/** Where the store says that an organisation stands: the first one after all names before its own. */
export const headOf = Effect.fnUntraced(function* (driver: Driver, organization: string) {
  const after = organization.slice(0, -1)
  for (let name = after; ;) {
    const page = yield* driver.ask("system", "heads", { after: name, limit: pageSize })
    const own = page.find((row) => row["organization"] === organization)
    if (own !== undefined) return Number(own["position"])
    if (page.length < pageSize) return 0
    name = String(page.at(-1)?.["organization"])
  }
})

// internal --------------------------------------------------------------------

const pageSize = 500

/** The events end where the head was, or later where somebody has written meanwhile. */
const atEnd = Effect.fnUntraced(function* (
  { driver, organization }: Pick<Both<unknown>, "driver" | "organization">,
  head: number,
  { position }: Replayed["last"]
) {
  if (position < head) return { position: position + 1, missingTo: head }
  const later = position === head ? head : yield* headOf(driver, organization)
  return position > later ? inside(later + 1) : null
})

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
