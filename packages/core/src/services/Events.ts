/**
 * What happened, as the caller may see it: the feed that goes on.
 *
 * @since 0.1.0
 */
import { Cause, Context, Effect, Layer, Stream } from "effect"
import type { RecordedEvent } from "../operations/Answers.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import { InvalidInput, StoreUnavailable } from "../operations/Refusal.ts"
import type { Driver, StoredEvent, StoreError } from "../ports/Driver.ts"
import * as Feed from "../ports/Feed.ts"
import { OrganizationNotFound } from "../rules/Organization.ts"
import { organizationOf } from "./Directory.ts"
import * as Envelope from "./Envelope.ts"
import { encode } from "./Paging.ts"
import { Shell } from "./Shell.ts"

// models ----------------------------------------------------------------------

/**
 * An event of the feed and the cursor after it. The cursor is opaque: give it back as `after`.
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
  static readonly layer: Layer.Layer<Events, never, Shell> = Layer.effect(
    Events,
    Effect.map(Shell, (shell) => ({
      begin: (input) => Effect.map(begin(shell, input), ({ cursor }) => encode([cursor])),
      follow: (input) => Stream.unwrap(follow(shell, input))
    }))
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

// internal --------------------------------------------------------------------

const begin = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  { after, organizationId }: FollowInput
) {
  const actor = yield* CurrentActor
  const named = organizationId ?? actor.organizationId ?? undefined
  if (named !== undefined && (yield* organizationOf(shell, "organization", named)) === undefined) {
    return yield* new OrganizationNotFound({ organizationId: named })
  }
  return { named, cursor: yield* cursorOf(shell, named, after) }
})

const follow = Effect.fnUntraced(function* (shell: Shell["Service"], input: FollowInput) {
  const { cursor, named } = yield* begin(shell, input)
  const organizations = named === undefined ? ("all" as const) : [named]
  const seen: Record<string, number> = { ...cursor }
  return Feed.followAll(shell.driver, { after: cursor, organizations }).pipe(
    Stream.map((stored: StoredEvent): FeedItem => {
      seen[stored.organization] = stored.position
      return { event: Envelope.toRecorded(stored), cursor: encode([seen]) }
    }),
    Stream.catch((error) =>
      Stream.fromEffect(
        Effect.andThen(
          Effect.logError(error.message, Cause.fail(error.cause)),
          new StoreUnavailable({ retryable: error.retryable })
        )
      )
    )
  )
})

/** From the start, from now, or from where a cursor says. */
const cursorOf = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  named: string | undefined,
  after: string | undefined
) {
  if (after === "0") return {}
  if (after !== undefined) return yield* decodeCursor(after)
  const heads = yield* shell.read(headsOf)
  return named === undefined ? heads : { [named]: heads[named] ?? 0 }
})

const decodeCursor = (text: string): Effect.Effect<Record<string, number>, InvalidInput> =>
  Effect.try({
    try: () => {
      const json = atob(text.replaceAll("-", "+").replaceAll("_", "/"))
      const [map]: ReadonlyArray<unknown> = JSON.parse(json)
      const isMap = typeof map === "object" && map !== null && !Array.isArray(map)
      if (!isMap) throw new TypeError("Not a cursor")
      const positions = Object.entries(map).map(([organization, position]) => {
        if (!Number.isSafeInteger(position) || position < 0) throw new TypeError("Not a cursor")
        return [organization, Number(position)] as const
      })
      return Object.fromEntries(positions)
    },
    catch: () =>
      new InvalidInput({
        problems: [{ path: "after", problem: "Expected the id of an event of this feed, or 0" }]
      })
  })
