/**
 * The pages: the tasks at `/`, the description of the API at `/docs`, and the document itself at
 * `/openapi.json`. None of them needs a token; what they show is asked for with one.
 *
 * The pages are made of the files in `page/`, which stand in this package as strings, so that a
 * server finds them from source, from a package and from a bundle alike.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import type { Foreman, Operation } from "@foreman/core"
import { authenticate } from "./Authentication.ts"
import { type Dialect, refusal, respond } from "./Dialect.ts"
import { files } from "./internal/pageFiles.ts"
import * as OpenApi from "./OpenApi.ts"

// models ----------------------------------------------------------------------

/**
 * What the page tells people who connect an agent.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Connect {
  /** The absolute path of `foreman-mcp`. */
  readonly mcpPath: string
  /** The path under which this server speaks MCP itself, if it does: `/mcp`. */
  readonly mcpEndpoint?: string | undefined
  /** A token made for agents; without one the page shows the token that it was opened with. */
  readonly token?: string | undefined
}

/**
 * What the pages stand on.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  readonly catalogue: Operation.Catalogue
  readonly foreman: Pick<Foreman["Service"], "access">
  readonly dialect: Dialect
  readonly connect?: Connect | undefined
}

// rules -----------------------------------------------------------------------

/**
 * What a browser lets the pages do: use the files and the API of this server, and nothing else; and
 * never make HTML out of text.
 *
 * @category rules
 * @since 0.1.0
 */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'"
].join("; ")

// services --------------------------------------------------------------------

/**
 * The routes of the pages, of their files and of the document.
 *
 * @category operations
 * @since 0.1.0
 */
export const routes = (options: Options): ReadonlyArray<HttpRouter.Route> => {
  // Nobody waits at the start for what few ask for.
  let document: string | undefined
  const openApi = Effect.sync(() => {
    document ??= JSON.stringify(OpenApi.document(options.catalogue))
    return HttpServerResponse.text(document, { contentType: "application/json" })
  })
  return [
    HttpRouter.route("GET", "/", fileOf("index.html")),
    HttpRouter.route("GET", "/docs", fileOf("docs.html")),
    HttpRouter.route("GET", "/openapi.json", openApi),
    connectRoute(options),
    ...Object.keys(files).map((name) => HttpRouter.route("GET", `/page/${name}`, fileOf(name)))
  ]
}

// internal --------------------------------------------------------------------

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml"
}

const fileOf = (name: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(files[name] ?? "", {
    contentType: types[name.split(".").at(-1) ?? ""] ?? "text/plain",
    headers: { "content-security-policy": contentSecurityPolicy }
  })

/** A path of this machine and perhaps a token: for callers that have one only. */
const connectRoute = ({ connect, dialect, foreman: { access } }: Options) =>
  HttpRouter.route("GET", "/page/connect.json", ({ headers }) =>
    authenticate(access, headers).pipe(
      Effect.map(({ role }) => {
        if (role !== "operator") return respond(dialect, notForAgents)
        const { mcpEndpoint = null, mcpPath = null, token = null } = connect ?? {}
        const body = { mcp_path: mcpPath, mcp_endpoint: mcpEndpoint, token }
        return HttpServerResponse.jsonUnsafe(body)
      }),
      Effect.catch((refused) => Effect.succeed(respond(dialect, refused)))
    )
  )

const notForAgents = refusal(403, "PermissionDenied", "Only the operator connects agents", {
  permission: "agent:create"
})
