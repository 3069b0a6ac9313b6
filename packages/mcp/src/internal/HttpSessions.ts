/**
 * The sessions of clients of the revisions before 2026-07-28.
 *
 * A session belongs to the token that opened it: to everybody else it does not exist. Sessions are
 * counted, because each holds memory for as long as its client says nothing. Many clients leave
 * without a word, so the session that has lain idle longest makes room for a new one; one that has
 * been used a moment ago does not.
 *
 * @since 0.1.0
 */
import type { Actor } from "@foreman/core/rules/Actor"
import { type Server, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server"
import type { Limits, Visit } from "../McpHttp.ts"
import { authOf, reject } from "./HttpExchange.ts"

// models ----------------------------------------------------------------------

/** What sessions are made of. */
export interface Options {
  readonly limits: Limits
  /** Makes the server of a session. Who calls may have another role at the next request. */
  readonly serverOf: (actorOf: () => Actor) => Server
  readonly report: (error: Error) => void
}

/** All sessions of a server. */
export interface HttpSessions {
  readonly fetch: (request: Request, body: unknown, visit: Visit) => Promise<Response>
  readonly close: () => Promise<void>
}

interface Session {
  readonly id: string
  readonly token: string | undefined
  readonly server: Server
  readonly transport: WebStandardStreamableHTTPServerTransport
  /** Who calls, with the role of the latest request. */
  readonly caller: { actor: Actor }
  /** The streams and requests that are open. */
  open: number
  usedAt: number
}

// services --------------------------------------------------------------------

/** Keeps the sessions of a server. */
export const make = (options: Options): HttpSessions => new Sessions(options)

// internal --------------------------------------------------------------------

class Sessions implements HttpSessions {
  readonly #options: Options
  readonly #sessions = new Map<string, Session>()
  #sweeping: ReturnType<typeof setInterval> | undefined
  #isClosed = false

  constructor(options: Options) {
    this.#options = options
  }

  readonly fetch = async (request: Request, body: unknown, visit: Visit): Promise<Response> => {
    if (this.#isClosed) return ending()
    const id = request.headers.get("mcp-session-id")
    if (id === null) {
      return isInitialize(body) ? this.#open(request, body, visit) : sessionRequired(request.method)
    }
    const session = this.#sessions.get(id)
    if (session === undefined || session.token !== visit.token) return sessionNotFound()
    session.caller.actor = visit.actor
    return this.#use(session, request, body, visit)
  }

  readonly close = async (): Promise<void> => {
    this.#isClosed = true
    clearInterval(this.#sweeping)
    await Promise.allSettled([...this.#sessions.values()].map((session) => this.#end(session)))
  }

  readonly #open = async (request: Request, body: unknown, visit: Visit): Promise<Response> => {
    const { limits, report, serverOf } = this.#options
    const limit = this.#makeRoom(visit.token)
    if (limit !== undefined) return tooManySessions(limit)
    const id = crypto.randomUUID()
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      keepAliveMs: limits.heartbeatMillis
    })
    const { actor, token } = visit
    const caller = { actor }
    const server = serverOf(() => caller.actor)
    const session = { id, token, caller, server, transport, open: 0, usedAt: performance.now() }
    // Taken at once: whoever opens many at a time must not get more than one after the other.
    this.#sessions.set(id, session)
    this.#sweep()
    // The SDK knows no listeners.
    Object.assign(server, { onerror: report, onclose: () => void this.#sessions.delete(id) })
    await server.connect(transport)
    const response = await this.#use(session, request, body, visit)
    if (!response.ok) await this.#end(session)
    return response
  }

  readonly #use = async (
    session: Session,
    request: Request,
    body: unknown,
    visit: Visit
  ): Promise<Response> => {
    const { requestsPerSession } = this.#options.limits
    if (session.open >= requestsPerSession) return tooManyRequests(requestsPerSession)
    session.open += 1
    const done = () => {
      session.open -= 1
      session.usedAt = performance.now()
    }
    const { transport } = session
    // A call whose answer nobody reads any more is not made to its end.
    const abandon = () => {
      for (const requestId of requestIds(body)) {
        const params = { requestId, reason: "The client is gone" }
        transport.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params })
      }
    }
    request.signal.addEventListener("abort", abandon, { once: true })
    try {
      const authInfo = authOf(visit)
      const response = await transport.handleRequest(request, { authInfo, parsedBody: body })
      // No answer follows a call that was cancelled, and its stream would stay open.
      for (const requestId of cancelledBy(body)) transport.closeSSEStream(requestId)
      return counted(response, done)
    } catch (error) {
      done()
      throw error
    }
  }

  readonly #end = (session: Session): Promise<void> => {
    this.#sessions.delete(session.id)
    return session.server.close()
  }

  /** Says which limit leaves no room for one more session of a token. */
  readonly #makeRoom = (token: string | undefined): number | undefined => {
    const { sessionGraceMillis, sessions, sessionsPerToken } = this.#options.limits
    const all = [...this.#sessions.values()]
    const own = all.filter((session) => session.token === token)
    const bounds = [
      { among: own, limit: sessionsPerToken },
      { among: all, limit: sessions }
    ]
    for (const { among, limit } of bounds) {
      const present = among.filter(({ id }) => this.#sessions.has(id))
      if (present.length < limit) continue
      const before = performance.now() - sessionGraceMillis
      const idle = present
        .filter(({ open, usedAt }) => open === 0 && usedAt < before)
        .toSorted((one, other) => one.usedAt - other.usedAt)
      if (idle[0] === undefined) return limit
      void this.#end(idle[0])
    }
    return undefined
  }

  /** Looks now and then for sessions that lie idle, as long as there are any. */
  readonly #sweep = (): void => {
    const { sessionIdleMillis } = this.#options.limits
    this.#sweeping ??= setInterval(
      () => {
        const before = performance.now() - sessionIdleMillis
        for (const session of this.#sessions.values()) {
          if (session.open === 0 && session.usedAt < before) void this.#end(session)
        }
        if (this.#sessions.size > 0) return
        clearInterval(this.#sweeping)
        this.#sweeping = undefined
      },
      Math.min(30_000, sessionIdleMillis)
    ).unref()
  }
}

/** The same response, and a call when it is over: read to its end, cancelled or without a body. */
const counted = (response: Response, done: () => void): Response => {
  if (response.body === null) {
    done()
    return response
  }
  const reader = response.body.getReader()
  let isOver = false
  const finish = () => {
    if (!isOver) done()
    isOver = true
  }
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const part = await reader.read().catch((error: unknown) => {
        finish()
        throw error
      })
      if (!part.done) return controller.enqueue(part.value)
      finish()
      controller.close()
    },
    cancel: (reason) => {
      finish()
      return reader.cancel(reason)
    }
  })
  return new Response(body, { status: response.status, headers: response.headers })
}

const messagesOf = (body: unknown): ReadonlyArray<unknown> =>
  Array.isArray(body) ? body : body === undefined ? [] : [body]

/** What a message of JSON-RPC may hold; the SDK has not looked at it yet. */
interface Message {
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: { readonly requestId?: unknown }
}

const isMessage = (value: unknown): value is Message => typeof value === "object" && value !== null

const isId = (id: unknown): id is string | number =>
  typeof id === "string" || typeof id === "number"

const isInitialize = (body: unknown): boolean =>
  messagesOf(body).some((message) => isMessage(message) && message.method === "initialize")

const requestIds = (body: unknown): ReadonlyArray<string | number> =>
  messagesOf(body)
    .filter(isMessage)
    .filter(({ method }) => method !== undefined)
    .map(({ id }) => id)
    .filter(isId)

const cancelledBy = (body: unknown): ReadonlyArray<string | number> =>
  messagesOf(body)
    .filter(isMessage)
    .filter(({ method }) => method === "notifications/cancelled")
    .map(({ params }) => params?.requestId)
    .filter(isId)

const sessionNotFound = () =>
  reject({
    status: 404,
    code: -32_001,
    message: "Session not found",
    data: { code: "SessionNotFound" }
  })

const sessionRequired = (method: string) =>
  reject({
    status: 400,
    code: -32_000,
    message:
      method === "POST"
        ? "Bad Request: initialize first, or send requests of the revision 2026-07-28"
        : "Bad Request: the header Mcp-Session-Id is missing",
    data: { code: "SessionRequired" }
  })

const tooManySessions = (limit: number) =>
  reject({
    status: 429,
    code: -32_000,
    message: `There are ${limit} sessions open; end one with DELETE, or try again later`,
    data: { code: "TooManySessions", limit, retryable: true },
    headers: { "retry-after": "30" }
  })

const tooManyRequests = (limit: number) =>
  reject({
    status: 429,
    code: -32_000,
    message: `The session has ${limit} requests open`,
    data: { code: "TooManyRequests", limit, retryable: true },
    headers: { "retry-after": "1" }
  })

const ending = () =>
  reject({
    status: 503,
    code: -32_000,
    message: "The server is ending",
    data: { code: "ServerEnding", retryable: true },
    headers: { "retry-after": "1" }
  })
