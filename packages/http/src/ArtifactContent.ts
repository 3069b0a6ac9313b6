/**
 * The raw bytes of an artifact over HTTP, streamed: whole, in part, or not again when they are known.
 *
 * The bytes come from agents, so a browser is told not to guess what they are, to run nothing of
 * them and to give them to no other site; what could run is saved and never shown.
 *
 * @since 0.1.0
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Data, Effect, Stream } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { ServerResponse } from "node:http"
import {
  Artifact,
  type Artifacts,
  Authorization,
  type Foreman,
  type Identifier,
  type Refusal
} from "@foreman/core"
import { authenticate } from "./Authentication.ts"
import { type Dialect, refusal, respond } from "./Dialect.ts"
import { RequestId, securityHeaders } from "./Middleware.ts"

// models ----------------------------------------------------------------------

/**
 * What the routes stand on.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  readonly foreman: Pick<Foreman["Service"], "access" | "artifacts">
  readonly dialect: Dialect
}

/**
 * A part of the bytes: from the first to the last, both among them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Part {
  readonly first: number
  readonly last: number
}

// rules -----------------------------------------------------------------------

/**
 * What a browser lets raw content do: nothing. It has no origin, runs no script and loads nothing.
 *
 * @category rules
 * @since 0.1.0
 */
export const contentSecurityPolicy: string = [
  "sandbox",
  "default-src 'none'",
  "img-src data:",
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

/**
 * The one part that a `Range` asks for; undefined for all, also where it asks in a way that need not
 * be understood; `none` where there are no such bytes.
 *
 * @category rules
 * @since 0.1.0
 */
export const partOf = (range: string | undefined, size: number): Part | "none" | undefined => {
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range?.trim() ?? "") ?? []
  if (from === "" && to === "") return undefined
  if (from === "") {
    const count = Math.min(Number(to), size)
    return count === 0 ? "none" : { first: size - count, last: size - 1 }
  }
  const first = Number(from)
  const last = to === "" ? size - 1 : Math.min(Number(to), size - 1)
  if (to !== "" && Number(to) < first) return undefined
  return first >= size ? "none" : { first, last }
}

// services --------------------------------------------------------------------

/**
 * The route of an artifact's bytes at a path with `:artifact_id` in it. Every surface has one, with its
 * own words for what is refused.
 *
 * @category operations
 * @since 0.1.0
 */
export const route = (path: `/${string}`, options: Options): HttpRouter.Route =>
  HttpRouter.route("GET", path, (request) =>
    Effect.catch(answer(request, options), (refused) =>
      Effect.succeed(respond(options.dialect, refused))
    )
  )

// internal --------------------------------------------------------------------

type Request = HttpServerRequest.HttpServerRequest

const answer = Effect.fnUntraced(function* (request: Request, { dialect, foreman }: Options) {
  const actor = yield* authenticate(foreman.access, request.headers)
  const { artifact_id: id = "" } = yield* HttpRouter.params
  const artifactId = isId(id) ? id : yield* Effect.fail(refusalOf(missing(id)))
  const { artifact, bytes } = yield* foreman.artifacts
    .open(artifactId)
    .pipe(Effect.provideService(Authorization.CurrentActor, actor), Effect.mapError(refusalOf))
  const { headers } = request
  const { digest, size } = artifact
  const tag = `"${digest}"`
  const about = headersOf(artifact, tag)
  if (isKnown(headers["if-none-match"], tag)) {
    return HttpServerResponse.empty({ status: 304, headers: about })
  }
  const ifRange = headers["if-range"]
  const wish = ifRange === undefined || ifRange === tag ? headers["range"] : undefined
  const part = partOf(wish, size)
  if (part === "none") {
    const refused = respond(dialect, notThere(size))
    return HttpServerResponse.setHeaders(refused, { "content-range": `bytes */${size}` })
  }
  const { first, last } = part ?? { first: 0, last: size - 1 }
  const contentLength = last - first + 1
  const range = part && { offset: first, length: contentLength }
  const status = part === undefined ? 200 : 206
  const head = {
    ...about,
    "content-length": String(contentLength),
    ...(part === undefined ? {} : { "content-range": `bytes ${first}-${last}/${size}` })
  }
  if (request.method === "HEAD") return HttpServerResponse.empty({ status, headers: head })
  yield* send(request, { status, headers: head }, bytes(range))
  // Everything was written already; what is returned here is not sent.
  return HttpServerResponse.empty({ status })
})

/**
 * Writes piece by piece, each when the one before it has left: so a caller who reads slowly, or never,
 * costs one piece of memory. What fails in the middle ends the connection, not the answer.
 */
const send = Effect.fnUntraced(function* <E>(
  request: Request,
  { headers, status }: { readonly status: number; readonly headers: Record<string, string> },
  bytes: Stream.Stream<Uint8Array, E>
) {
  const id = yield* RequestId
  // As: the server speaks HTTP/1.1 only, so this is no response of HTTP/2.
  const sink = NodeHttpServerRequest.toServerResponse(request) as ServerResponse
  sink.writeHead(status, { ...securityHeaders, ...headers, "x-request-id": id })
  const written = Stream.runForEach(bytes, (piece) =>
    Effect.callback<void, Gone>((resume) => {
      sink.write(piece, (error) => resume(error ? Effect.fail(new Gone()) : Effect.void))
    })
  )
  yield* written.pipe(
    Effect.andThen(Effect.sync(() => sink.end())),
    Effect.catch((error) =>
      error instanceof Gone ? Effect.void : Effect.logWarning("An artifact was cut off", error)
    ),
    // Whatever is not whole by now never will be.
    Effect.ensuring(Effect.sync(() => sink.writableEnded || sink.destroy()))
  )
})

/** The caller is gone. */
class Gone extends Data.TaggedError("Gone") {}

const headersOf = ({ contentType, path }: Artifact.Artifact, tag: string) => ({
  "accept-ranges": "bytes",
  // What it is never changes, who may see it may.
  "cache-control": "private, no-cache",
  "content-disposition": Artifact.dispositionOf(path, contentType),
  "content-security-policy": contentSecurityPolicy,
  "content-type": contentType,
  "cross-origin-resource-policy": "same-origin",
  etag: tag,
  "x-content-type-options": "nosniff"
})

const isId = (id: string): id is Identifier.ArtifactId =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)

const isKnown = (known: string | undefined, tag: string): boolean =>
  known !== undefined &&
  known.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag)

type Failure = Effect.Error<ReturnType<Artifacts.Artifacts["Service"]["open"]>>

const missing = (artifactId: string) => new Artifact.ArtifactNotFound({ artifactId })

const refusalOf = (error: Failure): Refusal.Refusal => {
  const { _tag, message } = error
  switch (_tag) {
    case "ArtifactNotFound":
      return refusal(404, _tag, message, { artifact_id: error.artifactId })
    case "ArtifactGone":
      return refusal(410, _tag, message, { artifact_id: error.artifactId, reason: error.reason })
    case "PermissionDenied":
      return refusal(403, _tag, message, { permission: error.permission })
    case "StoreUnavailable":
      return refusal(503, _tag, message, { retryable: error.retryable })
  }
}

const notThere = (size: number) =>
  refusal(416, "RangeNotSatisfiable", `There are ${size} bytes, and none of them was asked for`, {
    size
  })
