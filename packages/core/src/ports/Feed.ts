/**
 * The feed of events from a cursor on: every event once, in order.
 *
 * A hint makes it fast, a poll makes it certain. A follower holds one page and one cursor for each
 * organisation it follows; a slow one makes nobody wait and misses nothing.
 *
 * @since 0.1.0
 */
import { type Duration, Effect, identity, Option, Stream } from "effect"

import type { Driver, Hint, Row, StoredEvent, StoreError } from "./Driver.ts"

// models ----------------------------------------------------------------------

/**
 * How often a follower looks without a hint, and how much it takes at a time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pace {
  readonly poll?: Duration.Input
  readonly pageSize?: number
  /** How long it waits after a hint, and so lets others read first: not at all unless said. */
  readonly rest?: Duration.Input
}

/**
 * What to follow of one organisation: everything after a position.
 *
 * @category models
 * @since 0.1.0
 */
export interface Following extends Pace {
  readonly organization: string
  readonly after: number
}

/**
 * What to follow of many organisations: each after its position, or from its first event on.
 *
 * @category models
 * @since 0.1.0
 */
export interface FollowingAll extends Pace {
  readonly after: Readonly<Record<string, number>>
  /** All of them, also those that appear later, unless some are named. */
  readonly organizations?: "all" | ReadonlyArray<string>
}

// services --------------------------------------------------------------------

/**
 * Follows one organisation.
 *
 * @category services
 * @since 0.1.0
 */
export const follow = (
  driver: Driver,
  { after, organization, ...pace }: Following
): Stream.Stream<StoredEvent, StoreError> =>
  followAll(driver, { after: { [organization]: after }, organizations: [organization], ...pace })

/**
 * Follows many organisations at once. Each has its own order; between them there is none.
 *
 * @category services
 * @since 0.1.0
 */
export const followAll = (
  driver: Driver,
  { after, organizations = "all", pageSize = 500, poll = "1 second", rest = 0 }: FollowingAll
): Stream.Stream<StoredEvent, StoreError> =>
  Stream.suspend(() => {
    const follower: Follower = {
      driver,
      pageSize,
      cursors: new Map(Object.entries(after)),
      behind: new Set(),
      isFollowed: (name) => organizations === "all" || organizations.includes(name)
    }
    const look =
      organizations === "all"
        ? lookAtHeads(follower)
        : Effect.sync(() => organizations.forEach((name) => follower.behind.add(name)))
    return driver.changes.pipe(
      Stream.map((hint) => notice(follower, hint)),
      Stream.merge(Stream.mapEffect(Stream.tick(poll), () => look)),
      // Who is behind stands in the set; that somebody is, needs to be known only once.
      Stream.buffer({ capacity: 1, strategy: "sliding" }),
      rest === 0 ? identity : Stream.tap(() => Effect.sleep(rest)),
      Stream.flatMap(() => Stream.paginate(undefined, () => nextPage(follower)))
    )
  })

// internal --------------------------------------------------------------------

interface Follower {
  readonly driver: Driver
  readonly pageSize: number
  /** What was handed on, by organisation. */
  readonly cursors: Map<string, number>
  /** Organisations that may have more, the one that waits longest first. */
  readonly behind: Set<string>
  readonly isFollowed: (organization: string) => boolean
}

const notice = ({ behind, cursors, isFollowed }: Follower, { organization, position }: Hint) => {
  if (isFollowed(organization) && position > (cursors.get(organization) ?? 0)) {
    behind.add(organization)
  }
}

const headsLimit = 500

const lookAtHeads = Effect.fnUntraced(function* (follower: Follower) {
  let after: string | undefined = ""
  while (after !== undefined) {
    const heads: ReadonlyArray<Row> = yield* follower.driver.ask("", "heads", {
      after,
      limit: headsLimit
    })
    for (const { organization, position } of heads) {
      notice(follower, { organization: String(organization), position: Number(position) })
    }
    const last = heads.at(-1)?.["organization"]
    after = heads.length < headsLimit || last === undefined ? undefined : String(last)
  }
})

/** One page of the organisation that waits longest; whoever has more goes to the end of the line. */
const nextPage = Effect.fnUntraced(function* ({ behind, cursors, driver, pageSize }: Follower) {
  const [organization] = behind
  if (organization === undefined) return [[], Option.none<undefined>()] as const
  behind.delete(organization)
  const after = cursors.get(organization) ?? 0
  const events = yield* driver.readAll(organization, { after, limit: pageSize })
  const last = events.at(-1)
  if (last !== undefined) cursors.set(organization, last.position)
  if (events.length >= pageSize) behind.add(organization)
  return [events, Option.some(undefined)] as const
})
