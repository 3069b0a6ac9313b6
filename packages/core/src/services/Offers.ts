/**
 * What idle agents offer to do at once: who offers it, and what of it stands.
 *
 * A dispatcher that finds nothing to do for an agent offers a run of that agent. Whoever makes a task
 * ready takes the offer in the same commit, so that the task is handed over without anybody else's
 * decision. An offer holds no longer than the tenure under which it was made.
 *
 * @since 0.1.0
 */
import { Clock, Effect } from "effect"
import type { Driver, Find, Row, Step, StoreError } from "../ports/Driver.ts"
import { AgentId, RunId } from "../rules/Identifier.ts"
import type { Attempt } from "./AttemptDecision.ts"
import type { Tenure } from "./Tenure.ts"

// models ----------------------------------------------------------------------

/**
 * A run that would begin at once.
 *
 * @category models
 * @since 0.1.0
 */
export interface Offer {
  readonly tenure: Tenure
  readonly runId: RunId
  readonly agentId: AgentId
  readonly teamId: string
  readonly role: string
  /** How long the run is taken to live before its process says so. */
  readonly startMillis: number
  /** Only the dispatcher knows the token of which this is the hash. */
  readonly tokenHash: string
  /** How long the token is good from the moment at which the offer is taken. */
  readonly tokenMicros: number
}

/**
 * The offers that others have made, as far as this process knows.
 *
 * @category models
 * @since 0.1.0
 */
export interface Standing {
  /** Those that nobody has taken and whose tenure lasts, read when what is known is old. */
  readonly of: (
    organization: string,
    now: number
  ) => Effect.Effect<ReadonlyArray<Offer>, StoreError>
  /** One of them is taken, or it is no good. */
  readonly forget: (organization: string, runId: RunId) => void
}

/**
 * What stands in a lane: the run that is offered, the token of the tenure under which it was, and the
 * attempt that was put there.
 *
 * @category models
 * @since 0.1.0
 */
export interface Offered {
  readonly runId: string
  readonly fence: number
  readonly attempt: Attempt | undefined
}

// rules -----------------------------------------------------------------------

/**
 * The step that makes an offer.
 *
 * @category services
 * @since 0.1.0
 */
export const made = (offer: Offer): Step => ({
  _tag: "Insert",
  table,
  row: {
    run_id: offer.runId,
    lane: offer.tenure.name,
    token: offer.tenure.token,
    holder: offer.tenure.holder,
    team_id: offer.teamId,
    agent_id: offer.agentId,
    role: offer.role,
    token_hash: offer.tokenHash,
    token_micros: offer.tokenMicros,
    start_millis: offer.startMillis,
    attempt: null
  }
})

/**
 * The step that takes an offer while nobody has taken it.
 *
 * @category services
 * @since 0.1.0
 */
export const taken = ({ runId }: Offer, attempt: Attempt): Step => ({
  _tag: "Set",
  table,
  key: { run_id: runId },
  row: { attempt: JSON.stringify(attempt) },
  where: [nobody]
})

/**
 * The step that takes an offer back while nobody has taken it.
 *
 * @category services
 * @since 0.1.0
 */
export const withdrawn = (runId: string): Step => ({
  _tag: "Delete",
  table,
  key: { run_id: runId },
  where: [nobody]
})

/**
 * The step that forgets an offer, taken or not.
 *
 * @category services
 * @since 0.1.0
 */
export const forgotten = (runId: string): Step => ({
  _tag: "Delete",
  table,
  key: { run_id: runId }
})

// services --------------------------------------------------------------------

/**
 * The offers of a lane, so many at most.
 *
 * @category services
 * @since 0.1.0
 */
export const ofLane = (
  driver: Pick<Driver, "find">,
  { name, organization }: Pick<Tenure, "name" | "organization">
): Effect.Effect<ReadonlyArray<Offered>, StoreError> =>
  Effect.map(
    allOf(driver, { organization, index: "offers_by_lane", equals: { lane: name } }),
    (rows) =>
      rows.map(({ attempt, run_id: runId, token }) => ({
        runId: String(runId),
        fence: Number(token),
        // As: `taken` has written it, and nothing else does.
        attempt: typeof attempt === "string" ? (JSON.parse(attempt) as Attempt) : undefined
      }))
  )

/**
 * Begins without knowing of any offer.
 *
 * @category services
 * @since 0.1.0
 */
export const standing = (driver: Pick<Driver, "find">): Standing => {
  const known = new Map<string, Known>()
  const look = (organization: string, now: number, at: number) =>
    Effect.tap(read(driver, organization, now), (offers) =>
      Effect.sync(() => {
        known.set(organization, { at, offers, emptyAt: offers.length === 0 ? at : undefined })
      })
    )
  return {
    of: (organization, now) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        const last = known.get(organization)
        const age = last === undefined ? Number.POSITIVE_INFINITY : at - last.at
        if (last !== undefined && age < keptMillis(last.offers)) {
          return Effect.succeed(last.offers)
        }
        if (known.size >= mostKnown) known.clear()
        const { emptyAt, offers = [] } = last ?? {}
        // One looks for all; who comes meanwhile goes by what was known before.
        known.set(organization, { at, offers, emptyAt })
        const looking = look(organization, now, at)
        // Where nobody offered anything a moment ago nobody waits to hear that it is so still.
        return emptyAt !== undefined && at - emptyAt < emptyMillis
          ? Effect.as(Effect.forkDetach(Effect.ignore(looking)), offers)
          : looking
      }),
    forget: (organization, runId) => {
      const { offers = [] } = known.get(organization) ?? {}
      const place = offers.findIndex((offer) => offer.runId === runId)
      if (place >= 0) offers.splice(place, 1)
    }
  }
}

// internal --------------------------------------------------------------------

const table = "offers"

const nobody = { columns: ["attempt"], is: "=", than: null } as const

/** As many as one dispatcher has agents idle at most, and more than anybody has processes. */
const mostRead = 500

/** What stores answer on the connections for short reads: more than most dispatchers have idle. */
const page = 100

/** Organizations of which something is known at once. */
const mostKnown = 1000

interface Known {
  /** When it was looked for, in milliseconds. */
  readonly at: number
  readonly offers: Array<Offer>
  /** When it was heard that there is none, if that was the last that was heard. */
  readonly emptyAt: number | undefined
}

/** So long nobody waits for the news that there are offers again. */
const emptyMillis = 1000

/** What stands is tried, and refused if it does not; what is missing is asked for soon. */
const keptMillis = ({ length }: ReadonlyArray<Offer>): number => (length > 0 ? 1000 : 50)

/** Rows in short pages, which nobody else waits behind: mostly it is one. */
const allOf = Effect.fnUntraced(function* (
  driver: Pick<Driver, "find">,
  query: Pick<Find, "organization" | "index" | "equals">
) {
  const found: Array<Row> = []
  for (let after = {}; found.length < mostRead;) {
    const rows = yield* driver.find({ ...query, ...after, table, limit: page })
    found.push(...rows)
    if (rows.length < page) break
    after = { after: rows.at(-1) }
  }
  return found
})

/** Offers whose tenure still lasts. Where there are none, which is most often so, that is one question. */
const read = Effect.fnUntraced(function* (
  driver: Pick<Driver, "find">,
  organization: string,
  now: number
) {
  const query = { organization, index: "key", equals: {} }
  const rows = yield* allOf(driver, query)
  const free = rows.filter(({ attempt }) => attempt === null)
  if (free.length === 0) return []
  const holders = yield* driver.find({ ...query, table: "singletons", limit: mostRead })
  const lasting = new Set(
    holders
      .filter(({ until }) => Number(until) > now)
      .map(({ name, token }) => `${String(name)} ${String(token)}`)
  )
  return free
    .filter(({ lane, token }) => lasting.has(`${String(lane)} ${String(token)}`))
    .map((row) => fromRow(organization, row))
})

const fromRow = (organization: string, row: Row): Offer => {
  const runId = RunId.make(String(row["run_id"]))
  return {
    tenure: {
      organization,
      name: String(row["lane"]),
      holder: String(row["holder"]),
      token: Number(row["token"]),
      // It is another one's, so nobody renews it here.
      lastsMillis: 0
    },
    runId,
    agentId: AgentId.make(String(row["agent_id"])),
    teamId: String(row["team_id"]),
    role: String(row["role"]),
    startMillis: Number(row["start_millis"]),
    tokenHash: String(row["token_hash"]),
    tokenMicros: Number(row["token_micros"])
  }
}
