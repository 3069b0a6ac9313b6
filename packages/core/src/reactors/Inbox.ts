/**
 * What a dispatcher's idle agents offer, and the attempts that were handed over to them.
 *
 * What was taken is queued in the store under this dispatcher's tenure already: only it knows the
 * run's token, and begins what is found here.
 *
 * @internal
 */
import { Clock, Effect, Semaphore } from "effect"
import type { Row, Step } from "../ports/Driver.ts"
import { AgentId } from "../rules/Identifier.ts"
import * as Lease from "../rules/Lease.ts"
import * as Attempts from "../services/Attempts.ts"
import * as OfferNews from "../services/OfferNews.ts"
import * as Offers from "../services/Offers.ts"
import { fenceOf, type Tenure } from "../services/Tenure.ts"
import * as Tokens from "../services/Tokens.ts"
import type { Bench } from "./Work.ts"

// models ----------------------------------------------------------------------

/** An attempt that was handed over. Without the token of its run it cannot begin. */
export interface Arrived {
  readonly attempt: Attempts.Attempt
  readonly token: string | undefined
}

/** The offers of one dispatcher. */
export interface Inbox {
  /** What was said at a commit may be that one of the offers was taken: then it need not be read. */
  readonly hear: (news: string | undefined) => Effect.Effect<void>
  /** Deals with what has been handed over. Nothing is read where nothing is offered. */
  readonly open: (deal: (arrived: Arrived) => Effect.Effect<void>) => Effect.Effect<void>
  /** Makes offers for these agents, so many at most in all, and takes back all others. */
  readonly offer: (agents: ReadonlyArray<Row>, room: number) => Effect.Effect<void>
  /** The runs that are offered or not dealt with yet: they may be live in the store already. */
  readonly ids: () => ReadonlyArray<string>
}

// services --------------------------------------------------------------------

/** Begins with no offer: those of whoever held the tenure before are forgotten with the first ones. */
export const make = (bench: Pick<Bench, "shell" | "terms">, tenure: Tenure): Inbox => {
  const desk: Desk = {
    standing: new Map(),
    arrived: new Set(),
    waiting: new Set(),
    heard: [],
    isKnown: false,
    doubtfulUntil: 0,
    forgotten: 0
  }
  const opening = Semaphore.makeUnsafe(1)
  const arrivals = Effect.suspend(() => collect(bench, tenure, desk)).pipe(
    logged(bench, "What was handed over is not known", noArrivals)
  )
  return {
    hear: (news) =>
      Effect.sync(() => {
        const isWanted = desk.standing.size > 0 && desk.heard.length < mostHeard
        if (news !== undefined && isWanted) desk.heard.push(news)
      }),
    open: Effect.fnUntraced(
      function* (deal) {
        for (const one of yield* arrivals) {
          yield* deal(one)
          desk.waiting.delete(one.attempt.run.id)
        }
      },
      Effect.uninterruptible,
      opening.withPermits(1)
    ),
    offer: (agents, room) =>
      settle(bench, tenure, desk, { agents, room }).pipe(
        logged(bench, "Nothing was offered", undefined)
      ),
    ids: () => [...desk.standing.keys(), ...desk.waiting]
  }
}

// internal --------------------------------------------------------------------

interface Standing {
  readonly agentId: string
  readonly token: string
}

/** What is known of the rows of this dispatcher's offers. */
interface Desk {
  readonly standing: Map<string, Standing>
  /** Those that were taken, and whose rows are still there. */
  readonly arrived: Set<string>
  /** Those that were found, and are not dealt with yet. */
  readonly waiting: Set<string>
  /** What was said since the last look, of which some may be about these. */
  readonly heard: Array<string>
  /** Whether the rows are as is known here: not before the first look, nor in doubt. */
  isKnown: boolean
  /** Until then what was sent without an answer may still come to stand, in milliseconds. */
  doubtfulUntil: number
  /** How many of those that were taken are forgotten. */
  forgotten: number
}

type Means = Pick<Bench, "shell" | "terms">

const noArrivals: ReadonlyArray<Arrived> = []

const noSteps: ReadonlyArray<Step> = []

/** So much is kept of what was said; the rest is read. */
const mostHeard = 100

const look = ({ shell }: Means, tenure: Tenure) =>
  shell.read((driver) => Offers.ofLane(driver, tenure))

/** Of what was said, what is known to be offered. */
const told = (desk: Desk): ReadonlyArray<Arrived> =>
  desk.heard.splice(0).flatMap((news) => {
    const { attempt, runId } = OfferNews.takenBy(news) ?? {}
    const offer = runId === undefined ? undefined : desk.standing.get(runId)
    if (attempt === undefined || offer === undefined) return []
    move(desk, attempt.run.id)
    return [{ attempt, token: offer.token }]
  })

/** One that was offered has been taken. */
const move = ({ arrived, standing, waiting }: Desk, runId: string) => {
  standing.delete(runId)
  arrived.add(runId)
  waiting.add(runId)
}

const collect = Effect.fnUntraced(function* (means: Means, tenure: Tenure, desk: Desk) {
  // These begin at once. What was taken and not said is found when the dispatcher fills, right after.
  const said = told(desk)
  if (said.length > 0) return said
  if (desk.isKnown && desk.standing.size === 0) return noArrivals
  const found: Array<Arrived> = []
  const { forgotten } = desk
  // Nothing is found before it is heard, so a store that hangs keeps nobody from ending.
  for (const { attempt, fence, runId } of yield* Effect.interruptible(look(means, tenure))) {
    if (attempt === undefined || fence !== tenure.token || desk.arrived.has(runId)) continue
    const token = desk.standing.get(runId)?.token
    // What was forgotten while this looked has begun already.
    if (token === undefined && desk.forgotten > forgotten) continue
    move(desk, runId)
    found.push({ attempt, token })
  }
  return found
})

interface Wanted {
  readonly agents: ReadonlyArray<Row>
  readonly room: number
}

/** Brings the rows into line with who is idle, in one commit, if anything has changed. */
const settle = Effect.fnUntraced(function* (
  means: Means,
  tenure: Tenure,
  desk: Desk,
  { agents, room }: Wanted
) {
  const { arrived, standing } = desk
  const now = yield* Clock.currentTimeMillis
  const strange = desk.isKnown ? noSteps : yield* compared(means, tenure, desk)
  const wanted = new Set(agents.map(({ id }) => String(id)))
  const offered = new Set(Array.from(standing.values(), ({ agentId }) => agentId))
  const good = [...standing].flatMap(([id, { agentId }]) => (wanted.has(agentId) ? [id] : []))
  const kept = new Set(good.slice(0, room))
  const stale = [...standing.keys()].filter((id) => !kept.has(id))
  const most = Math.max(0, room - kept.size)
  const fresh = agents.filter(({ id }) => !offered.has(String(id))).slice(0, most)
  const { startMillis } = means.terms ?? Lease.defaults
  const offers = yield* Effect.forEach(fresh, (row) => offerOf(tenure, row, startMillis))
  const gone = [...arrived]
  const steps = [
    ...strange,
    ...gone.map(Offers.forgotten),
    ...stale.map(Offers.withdrawn),
    ...offers.map(({ step }) => step)
  ]
  // They may stand before that is heard, so whoever takes one is met from now on.
  for (const offer of offers) standing.set(offer.runId, offer)
  const doubt = Effect.sync(() => {
    desk.isKnown = false
    desk.doubtfulUntil = now + lateMillis
  })
  const isWritten = yield* Effect.onError(write(means, tenure, steps), () => doubt)
  if (!isWritten) {
    // One of them was taken in between: that is met with the next look.
    for (const { runId } of offers) standing.delete(runId)
    return
  }
  desk.isKnown = now >= desk.doubtfulUntil
  desk.forgotten += gone.length
  for (const runId of gone) arrived.delete(runId)
  for (const runId of stale) standing.delete(runId)
})

/** What a connection that broke has left behind is written within that time, or never. */
const lateMillis = 60_000

/** Forgets what is not there, and answers the steps that take back what nobody here knows. */
const compared = Effect.fnUntraced(function* (means: Means, tenure: Tenure, desk: Desk) {
  // What comes to be known during the look may have come to stand after it.
  const standing = [...desk.standing.keys()]
  const arrived = [...desk.arrived]
  const rows = yield* look(means, tenure)
  const there = new Set(rows.map(({ runId }) => runId))
  desk.forgotten += arrived.length
  for (const runId of standing) if (!there.has(runId)) desk.standing.delete(runId)
  for (const runId of arrived) if (!there.has(runId)) desk.arrived.delete(runId)
  return rows.flatMap(({ attempt, fence, runId }) => {
    if (desk.standing.has(runId) || desk.arrived.has(runId)) return []
    // Nobody can take what a holder before has left, because its tenure is over.
    if (fence !== tenure.token) return [Offers.forgotten(runId)]
    // What was taken is met with the next look.
    return attempt === undefined ? [Offers.withdrawn(runId)] : []
  })
})

const write = ({ shell }: Means, tenure: Tenure, changes: ReadonlyArray<Step>) => {
  if (changes.length === 0) return Effect.succeed(true)
  const steps = [fenceOf(tenure), ...changes]
  const batch = { organization: tenure.organization, reliesOn: [], steps, events: [] }
  // Not tried again by itself: a second answer would not tell whether the first try was written.
  return Effect.map(shell.driver.commit(batch), (answer) => answer._tag === "Committed")
}

/** A run's token ends with the run; this is for one whose end was never recorded. */
const tokenMicros = 7 * 24 * 3600 * 1_000_000

const offerOf = Effect.fnUntraced(function* (tenure: Tenure, agent: Row, startMillis: number) {
  const runId = yield* Attempts.nextRunId
  const agentId = AgentId.make(String(agent["id"]))
  const token = Tokens.random("run")
  const place = { teamId: String(agent["team_id"]), role: String(agent["role"]), startMillis }
  const tokenHash = yield* Tokens.hashOf(token)
  const step = Offers.made({ tenure, runId, agentId, ...place, tokenHash, tokenMicros })
  return { agentId, runId, token, step }
})

/** Offers are a shorter way: without them tasks take the usual one. */
const logged =
  <B>({ shell }: Means, words: string, otherwise: B) =>
  <A, E extends { readonly message: string }>(effect: Effect.Effect<A, E>): Effect.Effect<A | B> =>
    Effect.catch(effect, (error) => Effect.as(shell.outage.missed(words, error), otherwise))
