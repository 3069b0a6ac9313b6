/**
 * Tasks that are handed over as they become ready: the command that makes a task ready also begins its
 * attempt, in the same commit, if an agent has offered that.
 *
 * The decision is the dispatcher's own (`AttemptDecision.ts`), under its tenure and with all of its
 * guards. If one of them does not hold where it is written, the command is written alone and the
 * dispatcher decides.
 *
 * @since 0.1.0
 */
import { Effect, Layer } from "effect"
import { definitionOf } from "../events/EventTypes.ts"
import { Driver, type StoreError } from "../ports/Driver.ts"
import { system } from "../rules/Actor.ts"
import { type TaskId, timestamp } from "../rules/Identifier.ts"
import * as Lease from "../rules/Lease.ts"
import * as Task from "../rules/Task.ts"
import { type Decided, decide } from "./AttemptDecision.ts"
import * as Envelope from "./Envelope.ts"
import { type Deciding, HandOver, type Joined } from "./HandOver.ts"
import * as OfferNews from "./OfferNews.ts"
import * as Offers from "./Offers.ts"
import { Policies } from "./Policies.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { blockersOf } from "./TaskSession.ts"
import * as Tokens from "./Tokens.ts"

// layers ----------------------------------------------------------------------

/**
 * Hands tasks over to whoever has offered to begin them.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, Driver> = Layer.effect(
  HandOver,
  Effect.map(Effect.all([Driver, Policies]), ([driver, policies]) => make(driver, policies))
)

// internal --------------------------------------------------------------------

const make = (driver: Driver, policies: Policies): HandOver => {
  const standing = Offers.standing(driver)
  return {
    join: Effect.fnUntraced(function* (deciding) {
      const { at, events, folded, session } = deciding
      const taskId = readyIn(deciding)
      if (taskId === undefined) return undefined
      const offers = yield* standing.of(session.organization, at)
      const task = folded.after<Task.Task>(Projection.tasks, { id: taskId })
      const fitting = onePerLane(offers.filter((offer) => mayHave(offer, task)))
      if (fitting.length === 0 || !(yield* isNewlyReady(session, task, events))) return undefined
      for (const offer of fitting) {
        // Whatever comes of it: nobody else of this process tries the same.
        standing.forget(session.organization, offer.runId)
        const joined = yield* begun(deciding, { offer, task }, policies)
        if (joined !== undefined) return joined
      }
      return undefined
    })
  }
}

interface Offered {
  readonly offer: Offers.Offer
  readonly task: Task.Task
}

/** In which lane a task is begun is known with its repository. */
const onePerLane = (offers: ReadonlyArray<Offers.Offer>): ReadonlyArray<Offers.Offer> => {
  const lanes = new Map<string, Offers.Offer>()
  for (const offer of offers) {
    if (!lanes.has(offer.tenure.name)) lanes.set(offer.tenure.name, offer)
  }
  return [...lanes.values()]
}

/** The one task that a command may have made ready. What changes several is the dispatcher's. */
const readyIn = ({ events, folded }: Deciding): TaskId | undefined => {
  let found: TaskId | undefined
  for (const { data, type } of events) {
    if (!type.startsWith("task.")) continue
    // How many dependencies are open is counted where it is written.
    if (type === "task.dependency_added" || type === "task.dependency_removed") return undefined
    const id = ("taskId" in data ? data.taskId : null) ?? undefined
    if (id === undefined || (found !== undefined && found !== id)) return undefined
    found = id
  }
  if (found === undefined) return undefined
  const task = folded.after<Task.Task>(Projection.tasks, { id: found })
  // Why a task came back is read once that is written.
  return !task.isRework && Task.isReady(task, { openDependencies: 0 }) ? found : undefined
}

/** What was ready before the command is in its dispatcher's hands. */
const isNewlyReady = Effect.fnUntraced(function* (
  session: Session,
  task: Task.Task,
  events: Deciding["events"]
) {
  const isNew = events.some(({ type }) => type === "task.created")
  const before = isNew ? undefined : yield* session.get(Projection.tasks, { id: task.id })
  const open = task.dependsOn.length === 0 ? 0 : (yield* blockersOf(session, task)).length
  return open === 0 && (before === undefined || !Task.isReady(before, { openDependencies: open }))
})

/** Its own tasks are an agent's, and those of its team that nobody has are any engineer's. */
const mayHave = ({ agentId, role, teamId }: Offers.Offer, task: Task.Task): boolean =>
  teamId === task.teamId &&
  (task.assigneeId === null ? role === "engineer" : task.assigneeId === agentId)

/** The command with the attempt that begins by it, if nothing is in its way. */
const begun = Effect.fnUntraced(function* (
  { at, commandId, correlationId, events, folded, session }: Deciding,
  { offer, task }: Offered,
  policies: Policies
): Effect.fn.Return<Joined | undefined, StoreError> {
  const { agentId, runId, startMillis, tenure, tokenHash, tokenMicros } = offer
  const seen = yield* looked(session, task, offer)
  const steps = Tokens.stepsOf(runId, { hash: tokenHash, expiresAt: at + tokenMicros })
  const issued = { token: "", steps }
  const terms = { ...Lease.defaults, startMillis }
  const wanted = { taskId: task.id, agentId, runId, issued, policies, terms }
  const decision = yield* decide(ahead(session, folded, events), tenure, wanted, {
    ...seen,
    now: at
  }).pipe(Effect.catchTag("NotStarted", () => Effect.succeed(undefined)))
  if (decision === undefined || !decision.begins) return undefined
  return yield* together(decision, offer, { at, commandId, correlationId, events, session })
})

const together = Effect.fnUntraced(function* (
  { plan }: Decided,
  offer: Offers.Offer,
  { at, commandId, correlationId, events, session }: Omit<Deciding, "folded">
): Effect.fn.Return<Joined | undefined, StoreError> {
  const folded = yield* session.fold([...events, ...plan.events], timestamp(at))
  const attempt = plan.answer(folded)
  if (attempt === null) return undefined
  // It is one command with one receipt, of which this part is the dispatcher's decision.
  const cause = { actor: system, commandId, correlationId, causationId: null, at }
  return {
    guards: plan.guards ?? [],
    steps: [...folded.steps, ...(plan.also ?? []), Offers.taken(offer, attempt)],
    events: plan.events.map((event) => Envelope.seal(event, cause)),
    news: OfferNews.newsOf(offer, attempt)
  }
})

/** Reads at once what the decision needs: in most stores that is one question. */
const looked = Effect.fnUntraced(function* (
  session: Session,
  { projectId, teamId }: Task.Task,
  { agentId }: Offers.Offer
) {
  const repositories = session.driver.find({
    organization: session.organization,
    table: "repositories",
    index: "repositories_by_team",
    equals: { team_id: teamId },
    limit: 2
  })
  const [rows] = yield* Effect.all(
    [
      repositories,
      session.get(Projection.agents, { id: agentId }),
      session.get(Projection.teams, { id: teamId }),
      session.get(Projection.projects, { id: projectId })
    ],
    { concurrency: "unbounded" }
  )
  return { openDependencies: 0, teamRepositories: rows.map(({ id }) => String(id)) }
})

/** A session in which the command's own events have happened. */
const ahead = (
  session: Session,
  folded: Deciding["folded"],
  events: Deciding["events"]
): Session => {
  const own = new Set(events.map(({ data, type }) => definitionOf(type).streamOf(data)))
  return {
    ...session,
    relyOn: (stream) => (own.has(stream) ? Effect.void : session.relyOn(stream)),
    get: <State>(
      projection: Parameters<typeof session.get<State>>[0],
      key: Parameters<typeof session.get<State>>[1]
    ) => {
      const state = folded.after<State | undefined>(projection, key)
      return state === undefined ? session.get(projection, key) : Effect.succeed(state)
    }
  }
}
