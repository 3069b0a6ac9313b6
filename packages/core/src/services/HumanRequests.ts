/**
 * Human requests: agents ask, people answer, and whoever asked may wait for it.
 *
 * A request ends by an answer, when its time is up, or with the run that asked. The end of a run
 * takes back its requests in the same commit; `expireDue` does the rest.
 *
 * @since 0.1.0
 */
import { Context, type Duration, Effect, Layer, Option, Stream } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import type { Handler } from "../operations/Handlers.ts"
import type * as Operations from "../operations/HumanRequestOperations.ts"
import { CurrentRehearsal } from "../operations/DryRun.ts"
import { timed } from "../operations/Observation.ts"
import type { StoreUnavailable } from "../operations/Refusal.ts"
import type { Row } from "../ports/Driver.ts"
import type { Actor } from "../rules/Actor.ts"
import type { AgentRecord } from "../rules/Agent.ts"
import * as HumanRequest from "../rules/HumanRequest.ts"
import type { HumanRequestId, OrganizationId } from "../rules/Identifier.ts"
import type { Run } from "../rules/Run.ts"
import * as CommandApprovals from "./CommandApprovals.ts"
import { lookUp, organizationOf } from "./Directory.ts"
import { hints } from "./Hints.ts"
import { ask } from "./HumanRequestAsk.ts"
import { reliedOn } from "./HumanRequestEnds.ts"
import type { Method } from "./Method.ts"
import * as Paging from "./Paging.ts"
import * as Projection from "./Projection.ts"
import { decided, Shell } from "./Shell.ts"
import { onBehalfOf } from "./Standing.ts"
import { StoreClock } from "./StoreClock.ts"

// models ----------------------------------------------------------------------

/**
 * A run in whose name a person is asked.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asker {
  readonly organization: OrganizationId
  readonly run: Pick<Run, "id" | "agentId" | "taskId" | "attempt">
  readonly agent: Pick<AgentRecord, "teamId" | "role">
}

// services --------------------------------------------------------------------

/**
 * The human requests of this store.
 *
 * @category services
 * @since 0.1.0
 */
export class HumanRequests extends Context.Service<
  HumanRequests,
  {
    readonly ask: Method<typeof Operations.askHuman>
    /** Asks in the name of a run whether its agent may do something, as an approval too. */
    readonly askWhether: (
      wish: Omit<Parameters<Method<typeof Operations.askHuman>>[0], "wait">,
      judged: CommandApprovals.Judged
    ) => ReturnType<Method<typeof Operations.askHuman>>
    readonly get: Method<typeof Operations.getHumanRequest>
    readonly pending: Method<typeof Operations.getPendingRequests>
    readonly list: Method<typeof Operations.listHumanRequests>
    readonly respond: Handler<typeof Operations.respondToRequest>
    /**
     * The request once it is no longer pending, or as it stands when so much time has passed. A hint
     * of the store makes it fast, a look each second makes it certain.
     */
    readonly answered: (
      requestId: HumanRequestId,
      within: Duration.Input
    ) => Effect.Effect<
      HumanRequest.HumanRequest,
      HumanRequest.HumanRequestNotFound | StoreUnavailable,
      CurrentActor
    >
  }
>()("@foreman/core/HumanRequests") {
  static readonly layer: Layer.Layer<HumanRequests, never, Shell | StoreClock> = Layer.effect(
    HumanRequests,
    Effect.gen(function* () {
      return make(yield* Shell, yield* StoreClock)
    })
  )
}

/**
 * Asks a person in the name of a live run, and waits: until somebody has answered, the run is over,
 * or so much time has passed, when the answer is the pending request.
 *
 * **When to use**
 *
 * Use where Foreman itself asks for an agent, say for a command that the policy lets no agent decide.
 *
 * @category services
 * @since 0.1.0
 */
export const askInRun = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  clock: StoreClock["Service"],
  { agent, organization, run }: Asker,
  wish: Pick<HumanRequest.HumanRequest, "kind" | "question" | "options">,
  within: Duration.Input
) {
  const { agentId, attempt, id, taskId } = run
  const actor: Actor = {
    type: "run",
    id,
    role: agent.role,
    organizationId: organization,
    run: { id, agentId, taskId, attempt }
  }
  const asked = Effect.flatMap(ask(shell, { ...wish, agentId, teamId: agent.teamId }), (request) =>
    makeAnswered(shell, clock)(request.id, within)
  )
  return yield* Effect.provideService(asked, CurrentActor, actor)
})

/**
 * The human requests over a shell.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (
  shell: Shell["Service"],
  clock: StoreClock["Service"]
): HumanRequests["Service"] => {
  const answered = makeAnswered(shell, clock)
  const within = `${HumanRequest.waitSeconds} seconds` as const
  return {
    answered,
    respond: makeRespond(shell),
    pending: (input) => list(shell, clock, { ...input, status: "pending" }),
    list: (input) => list(shell, clock, input),
    askWhether: (wish, judged) => ask(shell, wish, judged),
    ask: Effect.fnUntraced(function* ({ wait, ...wish }) {
      const asked = yield* ask(shell, wish)
      if (!wait || (yield* CurrentRehearsal) !== undefined) return asked
      return yield* timed("wait", answered(asked.id, within)).pipe(
        // It has just been stored, or was before under the same key.
        Effect.catchTag("HumanRequestNotFound", () => Effect.succeed(asked))
      )
    }),
    get: ({ requestId, wait }) =>
      wait ? answered(requestId, within) : look(shell, clock, requestId)
  }
}

export { expireDue, withdrawalsOf } from "./HumanRequestEnds.ts"

// internal --------------------------------------------------------------------

const makeRespond = (shell: Shell["Service"]): HumanRequests["Service"]["respond"] =>
  Effect.fnUntraced(function* ({ questionsOnly, requestId, respondedBy: named, response }) {
    const actor = yield* CurrentActor
    const respondedBy = yield* onBehalfOf(named)
    const missing = () => new HumanRequest.HumanRequestNotFound({ requestId })
    const { organization } = yield* requestOf(shell, requestId)
    return yield* shell.transact(
      { organization, queue: `human_request:${requestId}` },
      Effect.fnUntraced(function* (session, now) {
        const request = yield* reliedOn(session, requestId)
        if (request === undefined) return yield* missing()
        if (questionsOnly === true) yield* CommandApprovals.keptFromTools(session, request)
        const agent = yield* session.get(Projection.agents, { id: respondedBy })
        const facts = { now, isPerson: isPerson(actor) && agent === undefined }
        const wish = { response, respondedBy }
        const events = yield* decided(HumanRequest.respond(request, wish, facts))
        const said = { ...wish, actor, now }
        const approval =
          events.length === 0 ? [] : yield* CommandApprovals.answered(session, request, said)
        return {
          events: [...events, ...approval],
          answer: ({ after }) =>
            after<HumanRequest.HumanRequest | undefined>(Projection.humanRequests, {
              id: requestId
            }) ?? request
        }
      })
    )
  })

/** Whoever holds the token of a local server is the person there. */
const isPerson = ({ type }: Actor): boolean => type === "operator" || type === "user"

const makeAnswered = (
  shell: Shell["Service"],
  clock: StoreClock["Service"]
): HumanRequests["Service"]["answered"] =>
  Effect.fnUntraced(function* (requestId, within) {
    const seen = look(shell, clock, requestId)
    const present = yield* seen
    if (present.status !== "pending") return present
    const { organization } = yield* requestOf(shell, requestId)
    const final = yield* hints(shell.driver, organization).pipe(
      Stream.mapEffect(() => seen),
      Stream.filter(({ status }) => status !== "pending"),
      Stream.runHead,
      Effect.timeoutOption(within)
    )
    const found = Option.flatten(final)
    return Option.isSome(found) ? found.value : yield* seen
  })

/** The request as it is now. */
const look = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  clock: StoreClock["Service"],
  requestId: HumanRequestId
) {
  const { thing } = yield* requestOf(shell, requestId)
  return HumanRequest.seenAt(thing, yield* clock.now)
})

const list = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  clock: StoreClock["Service"],
  { agentId, status, taskId, teamId, ...page }: Parameters<HumanRequests["Service"]["list"]>[0]
) {
  const organization = yield* organizationOf(shell, "team", teamId)
  if (organization === undefined) return Paging.empty
  const now = yield* clock.now
  const index =
    taskId !== undefined
      ? "human_requests_by_task"
      : status !== undefined
        ? "human_requests_by_status"
        : agentId !== undefined
          ? "human_requests_by_agent"
          : "human_requests_by_team"
  const equals = {
    team_id: teamId,
    ...(taskId === undefined ? {} : { task_id: taskId }),
    ...(agentId === undefined ? {} : { agent_id: agentId }),
    ...(status === undefined ? {} : { status })
  }
  const query = { organization, table: "human_requests", index, equals } as const
  const toItem = (row: Row) => HumanRequest.seenAt(Projection.humanRequests.fromRow(row), now)
  const { items, nextCursor } = yield* shell.read((driver) =>
    Paging.find(
      driver,
      { ...query, direction: "descending", toItem },
      { ...page, limit: page.limit ?? 50 }
    )
  )
  // One whose time is up waits no more, even before that has been recorded.
  const kept = items.filter((item) => status === undefined || item.status === status)
  return { items: kept, nextCursor }
})

const requestOf = (shell: Shell["Service"], requestId: HumanRequestId) =>
  lookUp(
    shell,
    Projection.humanRequests,
    "human_request",
    requestId,
    () => new HumanRequest.HumanRequestNotFound({ requestId })
  )
