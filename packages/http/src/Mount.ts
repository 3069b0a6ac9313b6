/**
 * Further routes on the server's address: a protocol that is not derived from the catalogue.
 *
 * What is mounted stands behind the same door as everything else. A request that reaches it has
 * passed the guard and the limits and has shown a token that is good now; the mount writes its answer
 * by itself.
 *
 * @since 0.1.0
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { type Context, Effect } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Actor, Foreman } from "@foreman/core"
import { authenticate, tokenOf } from "./Authentication.ts"
import { at, respond } from "./Dialect.ts"
import { CurrentExchange } from "./Exchange.ts"
import * as JsonBody from "./JsonBody.ts"
import type { Limits } from "./Limits.ts"
import { RequestId, securityHeaders } from "./Middleware.ts"

// models ----------------------------------------------------------------------

/**
 * A request that was let in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly actor: Actor.Actor
  /** The token that was shown, if any. */
  readonly token: string | undefined
  /** The text of a body of JSON, empty if there is none. It may still be no JSON. */
  readonly body: string
  /** What every answer of the server carries. */
  readonly headers: Readonly<Record<string, string>>
  /** What the events of the request's commands are found by. */
  readonly correlationId: string
  /** What runs because of the request runs with this: its ids in the log, its span. */
  readonly context: Context.Context<never>
}

/**
 * What is mounted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Mount {
  readonly path: `/${string}`
  readonly methods: ReadonlyArray<"GET" | "POST" | "DELETE">
  /** Resolves when the answer is written, or the caller is gone. */
  readonly answer: (visit: Visit) => Promise<void>
  /** Ends what is open, because the server ends. */
  readonly close: () => Promise<void>
}

/**
 * What the routes stand on.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  readonly foreman: Pick<Foreman["Service"], "access">
  readonly limits: Limits
}

// services --------------------------------------------------------------------

/**
 * A route for every method of a mount.
 *
 * @category operations
 * @since 0.1.0
 */
export const routes = (
  { answer, methods, path }: Mount,
  { foreman, limits }: Options
): ReadonlyArray<HttpRouter.Route> => {
  const dialect = at(path)
  const visit = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const actor = yield* authenticate(foreman.access, request.headers)
    const requestId = yield* RequestId
    const { correlationId } = yield* CurrentExchange
    const context = yield* Effect.context<never>()
    const body = request.method === "POST" ? yield* JsonBody.readText(request, limits, dialect) : ""
    // As: the server speaks HTTP/1.1 only, so these are not of HTTP/2.
    const node = {
      request: NodeHttpServerRequest.toIncomingMessage(request) as IncomingMessage,
      response: NodeHttpServerRequest.toServerResponse(request) as ServerResponse
    }
    const headers = { ...securityHeaders, "x-request-id": requestId }
    const token = tokenOf(request.headers)
    yield* Effect.promise(() =>
      answer({ ...node, actor, body, context, correlationId, headers, token })
    )
    // Everything was written already; what is returned here is not sent, and stands in the log.
    return HttpServerResponse.empty({ status: node.response.statusCode })
  })
  const handle = (request: HttpServerRequest.HttpServerRequest) =>
    Effect.catch(visit(request), (refused) => Effect.succeed(respond(dialect, refused)))
  return methods.map((method) => HttpRouter.route(method, path, handle))
}
