/**
 * Foreman's tools over streamable HTTP, for clients of every revision.
 *
 * A client of the revision 2026-07-28 sends requests that stand for themselves; those before it open
 * a session, which belongs to the token that opened it. The server that this is mounted on has let
 * the caller in, read the body within its limits and knows who calls: nothing here looks at a token.
 *
 * @since 0.1.0
 */
import { Foreman } from "@foreman/core/Foreman"
import { CurrentActor } from "@foreman/core/operations/Authorization"
import type { Run } from "@foreman/core/operations/Facade"
import type { Invoke } from "@foreman/core/operations/Invoke"
import type { Refusal } from "@foreman/core/operations/Refusal"
import type { Actor } from "@foreman/core/rules/Actor"
import { version } from "@foreman/core/services/Health"
import { createMcpHandler, isLegacyRequest } from "@modelcontextprotocol/server"
import { Context, Effect } from "effect"
import { AsyncLocalStorage } from "node:async_hooks"
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Elicitation from "./Elicitation.ts"
import * as HttpExchange from "./internal/HttpExchange.ts"
import * as HttpSessions from "./internal/HttpSessions.ts"
import * as McpServer from "./McpServer.ts"
import { isPerson, speakingThrough } from "./internal/People.ts"
import * as ToolCall from "./ToolCall.ts"
import { toolList } from "./ToolList.ts"
import { narrow, type ToolRole } from "./ToolRole.ts"

// models ----------------------------------------------------------------------

/**
 * How much callers may hold open, and how long anything may take.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Limits {
  /** How many sessions may be open. */
  readonly sessions: number
  /** How many of them may be those of one token. */
  readonly sessionsPerToken: number
  /** How long a session may lie there with no request and no stream open. */
  readonly sessionIdleMillis: number
  /** How long it must have lain there to make room for another when there are too many. */
  readonly sessionGraceMillis: number
  /** How many requests of a session may be open. */
  readonly requestsPerSession: number
  /** How many callers of the revision 2026-07-28 may listen for changes. */
  readonly subscriptions: number
  /** Until an operation has answered. */
  readonly callMillis: number
  /** How often an open stream says that it is alive. */
  readonly heartbeatMillis: number
}

/**
 * How to serve.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** Where it is mounted, `/mcp` unless said. */
  readonly path?: `/${string}`
  readonly limits?: Partial<Limits>
  /** How people are asked through their clients. */
  readonly elicitation?: Elicitation.Options
}

/**
 * A request that was let in, as the server that this is mounted on hands it over.
 *
 * @category models
 * @since 0.1.0
 */
export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly actor: Actor
  /** The token that was shown, if any: sessions are told apart by it. */
  readonly token: string | undefined
  /** The text of the body. */
  readonly body: string
  /** What every answer carries besides its own headers. */
  readonly headers: Readonly<Record<string, string>>
  /** What the events of the request's commands are found by. */
  readonly correlationId?: string
  /** What a call of this request runs with: its ids in the log, its span. */
  readonly context?: Context.Context<never>
}

/**
 * What is mounted on a server: the form that `@foreman/http` takes.
 *
 * @category services
 * @since 0.1.0
 */
export interface McpHttp {
  readonly path: `/${string}`
  readonly methods: ReadonlyArray<"GET" | "POST" | "DELETE">
  /** Resolves when the answer is written, or the caller is gone. */
  readonly answer: (visit: Visit) => Promise<void>
  /** Ends every session and every stream, and interrupts the calls under way. */
  readonly close: () => Promise<void>
}

// rules -----------------------------------------------------------------------

/**
 * The bounds of a server that is given no others.
 *
 * @category configuration
 * @since 0.1.0
 */
export const defaults: Limits = {
  sessions: 1_000,
  sessionsPerToken: 100,
  sessionIdleMillis: 600_000,
  sessionGraceMillis: 30_000,
  requestsPerSession: 100,
  subscriptions: 1_000,
  callMillis: 30_000,
  heartbeatMillis: 15_000
}

// services --------------------------------------------------------------------

/**
 * Serves a running Foreman.
 *
 * **Example** (Beside REST, on the same address)
 *
 * ```ts
 * import { HttpServer } from "@foreman/http"
 * import { McpHttp } from "@foreman/mcp"
 * import { Effect, Layer } from "effect"
 *
 * const server = Layer.unwrap(
 *   Effect.map(McpHttp.make(), (mcp) => HttpServer.layer({ mounts: [mcp] }))
 * )
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<McpHttp, never, Foreman> {
  const { invoke } = yield* Foreman
  const runWith = Effect.runPromiseWith(yield* Effect.context())
  const run: Run<never> = (effect, given) => runWith(inVisit(effect), given)
  const limits = { ...defaults, ...options.limits }
  const serverOf = serving(invoke, ToolCall.prepare({ run, isStrict: true }), {
    ...options,
    limits
  })
  const report = (error: Error) => void run(Effect.logDebug("MCP over HTTP", error))
  const sessions = HttpSessions.make({ limits, serverOf, report })
  const callers = new WeakMap<Request, Visit>()
  const modern = createMcpHandler(
    ({ requestInfo }) => {
      const visit = requestInfo && callers.get(requestInfo)
      if (visit === undefined) throw new Error("A request came from nobody")
      return serverOf(() => visit.actor)
    },
    {
      legacy: "reject",
      keepAliveMs: limits.heartbeatMillis,
      maxSubscriptions: limits.subscriptions,
      onerror: report
    }
  )
  const respond = async (request: Request, visit: Visit) => {
    const parsed = HttpExchange.parse(visit.body)
    if (parsed === undefined && request.method === "POST") return HttpExchange.notJson()
    if (await isLegacyRequest(request, parsed)) return sessions.fetch(request, parsed, visit)
    callers.set(request, visit)
    return modern.fetch(request, { parsedBody: parsed, authInfo: HttpExchange.authOf(visit) })
  }
  return {
    path: options.path ?? "/mcp",
    methods: ["GET", "POST", "DELETE"],
    answer: (visit) =>
      visits.run(visit, () => HttpExchange.answer(visit, (request) => respond(request, visit))),
    close: async () => {
      await Promise.all([modern.close(), sessions.close()])
    }
  }
})

// internal --------------------------------------------------------------------

/** The request that a call came with: those of one session may overlap. */
const visits = new AsyncLocalStorage<Visit>()

/** Runs with what is known of the present request. */
const inVisit = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  const context = visits.getStore()?.context
  return context === undefined
    ? effect
    : Effect.updateContext(effect, (present: Context.Context<never>) =>
        Context.merge(present, context)
      )
}

/** Makes servers of the tools of whoever calls, asked for anew at each call. */
const serving = (
  invoke: Foreman["Service"]["invoke"],
  callOf: (invoke: Invoke<never, never>) => McpServer.Call,
  { elicitation: asking, limits }: Options & { readonly limits: Limits }
) => {
  const list = toolList()
  const elicitation = Elicitation.make(asking)
  const callAs = (actorOf: () => Actor) =>
    callOf((name, input, given) =>
      invoke(name, input, { correlationId: visits.getStore()?.correlationId, ...given }).pipe(
        Effect.provideService(CurrentActor, actorOf()),
        Effect.timeoutOrElse({
          duration: limits.callMillis,
          orElse: () => Effect.fail(callTimeout)
        })
      )
    )
  return (actorOf: () => Actor) => {
    const through = (client: string) => callAs(() => speakingThrough(actorOf(), client))
    return McpServer.make({
      tools: narrow(list, roleOf(actorOf())),
      call: callAs(actorOf),
      version,
      person: isPerson(actorOf()) ? { elicitation, through } : undefined
    })
  }
}

/** An agent has the tools of its role, a person all of them. */
const roleOf = ({ role, type }: Actor): ToolRole | undefined =>
  type !== "operator" && (role === "manager" || role === "engineer" || role === "reviewer")
    ? role
    : undefined

const callTimeout: Refusal = {
  status: 503,
  code: "HandlerTimeout",
  message: "No answer came in time; with an idempotency_key the call can be repeated safely",
  facts: { retryable: true }
}
