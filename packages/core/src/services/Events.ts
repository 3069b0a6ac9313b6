/**
 * What happened, as the caller may see it: the feed that goes on.
 *
 * @since 0.1.0
 */
import { type Array as Arr, Context, Effect, Layer, Stream } from "effect"
import type { RecordedEvent } from "../operations/Answers.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import type { InvalidInput, StoreUnavailable } from "../operations/Refusal.ts"
import type { Driver, StoredEvent, StoreError } from "../ports/Driver.ts"
import * as Feed from "../ports/Feed.ts"
import { OrganizationNotFound } from "../rules/Organization.ts"
import { organizationOf } from "./Directory.ts"
import * as Envelope from "./Envelope.ts"
import * as FeedCursor from "./FeedCursor.ts"
import * as FeedMarks from "./FeedMarks.ts"
import { Shell } from "./Shell.ts"
import { StoreClock } from "./StoreClock.ts"
import { toUnavailable } from "./StoreRetry.ts"

// models ----------------------------------------------------------------------

/**
 * An event of the feed and the cursor after it. The cursor is opaque and shorter than 4 KiB however
 * many organisations there are: give it back as `after`. One that is not used for 30 days may be
 * refused, as `InvalidInput`.
 *
 * @category models
 * @since 0.1.0
 */
export interface FeedItem {
  readonly event: RecordedEvent
  readonly cursor: string
}

/**
 * Which events: those of one organisation or of every one the caller sees, after a cursor. `"0"` is
 * from the start, absent is from now on.
 *
 * @category models
 * @since 0.1.0
 */
export interface FollowInput {
  readonly organizationId?: string | undefined
  readonly after?: string | undefined
}

// services --------------------------------------------------------------------

/**
 * The feed of events: each once, in order within its organisation, across restarts of either side.
 *
 * @category services
 * @since 0.1.0
 */
export class Events extends Context.Service<
  Events,
  {
    /**
     * Checks an input and gives the cursor at which following it begins: a real one also for "from
     * now on", so that a follower who is cut off before its first event misses nothing.
     */
    readonly begin: (
      input: FollowInput
    ) => Effect.Effect<string, InvalidInput | OrganizationNotFound | StoreUnavailable, CurrentActor>
    readonly follow: (
      input: FollowInput
    ) => Stream.Stream<
      FeedItem,
      InvalidInput | OrganizationNotFound | StoreUnavailable,
      CurrentActor
    >
  }
>()("@foreman/core/Events") {
  static readonly layer: Layer.Layer<Events, never, Shell | StoreClock> = Layer.effect(
    Events,
    Effect.gen(function* () {
      const keeping: FeedMarks.Keeping = {
        shell: yield* Shell,
        clock: yield* StoreClock,
        latest: undefined
      }
      return Events.of({
        begin: (input) =>
          Effect.flatMap(begin(keeping, input), ({ place }) => FeedCursor.give(keeping, place)),
        follow: (input) => Stream.unwrap(follow(keeping, input))
      })
    })
  )
}

/**
 * Where every organisation stands, by its id.
 *
 * @category services
 * @since 0.1.0
 */
export const headsOf = Effect.fnUntraced(function* (
  driver: Driver
): Effect.fn.Return<Readonly<Record<string, number>>, StoreError> {
  const heads: Record<string, number> = {}
  const limit = 1000
  for (let after = ""; ;) {
    const rows = yield* driver.ask("system", "heads", { after, limit })
    for (const { organization, position } of rows) heads[String(organization)] = Number(position)
    if (rows.length < limit) return heads
    after = String(rows.at(-1)?.["organization"])
  }
})

/**
 * Where one organisation stands: 0 when nothing has happened in it.
 *
 * @category services
 * @since 0.1.0
 */
export const headOf = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string
): Effect.fn.Return<number, StoreError> {
  const limit = 20
  // The first name after all that come before its own.
  for (let after = organization.slice(0, -1); ;) {
    const rows = yield* driver.ask("system", "heads", { after, limit })
    const own = rows.find((row) => row["organization"] === organization)
    if (own !== undefined) return Number(own["position"])
    if (rows.length < limit) return 0
    after = String(rows.at(-1)?.["organization"])
  }
})

// internal --------------------------------------------------------------------

const begin = Effect.fnUntraced(function* (
  keeping: FeedMarks.Keeping,
  { after, organizationId }: FollowInput
) {
  const { shell } = keeping
  const actor = yield* CurrentActor
  const named = organizationId ?? actor.organizationId ?? undefined
  if (named !== undefined && (yield* organizationOf(shell, "organization", named)) === undefined) {
    return yield* new OrganizationNotFound({ organizationId: named })
  }
  const isBound = actor.organizationId !== null
  const whole = yield* placeOf(keeping, { after, named, isBound })
  if (named === undefined) return { named, place: whole }
  // Who follows one organisation is told of no other, and never needs a mark.
  const place = FeedCursor.placeAt({ [named]: whole.positions.get(named) ?? 0 })
  return { named, place }
})

const follow = Effect.fnUntraced(function* (keeping: FeedMarks.Keeping, input: FollowInput) {
  const { named, place } = yield* begin(keeping, input)
  const organizations = named === undefined ? ("all" as const) : [named]
  const after = Object.fromEntries(place.positions)
  yield* Effect.forkScoped(keepMark(keeping, place))
  return Feed.followAll(keeping.shell.driver, { after, organizations }).pipe(
    Stream.mapArrayEffect((page) => itemsOf(keeping, place, page)),
    Stream.catch((error) => Stream.fromEffect(toUnavailable(keeping.shell.outage)(error)))
  )
})

/** A page with its cursors. Few pages need a new mark, and none is handed on before it is stored. */
const itemsOf = Effect.fnUntraced(function* (
  keeping: FeedMarks.Keeping,
  place: FeedCursor.Place,
  page: Arr.NonEmptyReadonlyArray<StoredEvent>
) {
  return yield* Effect.forEach(page, (stored) => {
    const event = Envelope.toRecorded(stored)
    const short = FeedCursor.advance(place, stored.organization, stored.position)
    return short === undefined
      ? Effect.map(FeedCursor.give(keeping, place), (cursor): FeedItem => ({ event, cursor }))
      : Effect.succeed<FeedItem>({ event, cursor: short })
  })
})

/** Says every day that a mark is in use: whoever waits long for an event still holds its cursor. */
const keepMark = (keeping: FeedMarks.Keeping, place: FeedCursor.Place) =>
  Effect.forever(
    Effect.suspend(() => {
      const { mark } = place
      return mark === undefined ? Effect.void : Effect.ignore(FeedMarks.use(keeping, mark))
    }).pipe(Effect.delay("1 day"))
  )

interface Wanted {
  readonly after: string | undefined
  readonly named: string | undefined
  /** The actor sees one organisation only. */
  readonly isBound: boolean
}

/** From the start, from now, or from where a cursor says. */
const placeOf = Effect.fnUntraced(function* (
  keeping: FeedMarks.Keeping,
  { after, isBound, named }: Wanted
) {
  if (after === "0") return FeedCursor.placeAt({})
  if (after === undefined) {
    const { shell } = keeping
    if (named === undefined) return FeedCursor.placeAt(yield* shell.read(headsOf))
    const position = yield* shell.read((driver) => headOf(driver, named))
    return FeedCursor.placeAt({ [named]: position })
  }
  const said = yield* FeedCursor.decode(after)
  // Marks are places in the feed of all organisations, which this actor has never been given.
  if (isBound && said.mark !== undefined) return yield* FeedCursor.notOne
  return yield* FeedCursor.placeOf(keeping, said)
})
