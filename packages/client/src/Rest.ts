/**
 * The catalogue over REST: every operation as a request, every refusal as its class again.
 *
 * It needs nothing but `fetch`, so it runs in browsers, in workers and in every Node that Foreman
 * supports. It repeats nothing by itself: give a command an idempotency key and repeat it safely.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import {
  catalogue as everything,
  Client,
  type FullCatalogue,
  type Handlers,
  Invoke,
  Operation,
  Refusal,
  Route,
  Wire
} from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * What this package needs of the platform's `fetch`.
 *
 * @category configuration
 * @since 0.1.0
 */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * Where a server is, and who asks.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Connection {
  /** `http://127.0.0.1:8080`, or with a path if the server stands behind one. */
  readonly url: string
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The platform's own unless given. */
  readonly fetch?: Fetch | undefined
  /** How long a request may take, 60 seconds unless said. */
  readonly timeoutMillis?: number | undefined
}

// services --------------------------------------------------------------------

/**
 * A typed client of a server: a method per operation, whose refusals are the ones of the rules.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (
  connection: Connection
): Handlers.Client<FullCatalogue, Client.ClientError, never> =>
  Client.make(everything, overRest(everything, connection))

/**
 * A typed client of a server that shows what its commands would do.
 *
 * @category services
 * @since 0.1.0
 */
export const makeDryRuns = (
  connection: Connection
): Handlers.DryRuns<FullCatalogue, Client.ClientError, never> =>
  Client.makeDryRuns(everything, overRest(everything, connection))

/**
 * Invokes over REST.
 *
 * **Gotchas**
 *
 * REST ignores fields that it does not know. Whoever asks to have them refused has the input checked
 * here, before it is sent.
 *
 * @category services
 * @since 0.1.0
 */
export const overRest = (
  catalogue: Operation.Catalogue,
  connection: Connection
): Invoke.Invoke<Client.ClientError, never> => {
  const doors = new Map(
    Object.values(catalogue).map((operation) => [operation.name, door(operation, connection)])
  )
  return (name, input, options) =>
    doors.get(name)?.(input, options) ?? Effect.die(new TypeError(`There is no operation ${name}`))
}

/**
 * The headers that every request to a server carries.
 *
 * @category operations
 * @since 0.1.0
 */
export const headersOf = ({ headers, token }: Connection): Readonly<Record<string, string>> => ({
  ...headers,
  ...(token === undefined ? {} : { authorization: `Bearer ${token}` })
})

/**
 * The address of a path on a server.
 *
 * @category operations
 * @since 0.1.0
 */
export const urlOf = ({ url }: Connection, path: string): string => url.replace(/\/+$/, "") + path

/**
 * Reads the body of a refusal, whatever it is.
 *
 * @category operations
 * @since 0.1.0
 */
export const refusalOf = async (response: Response): Promise<Refusal.Refusal> => {
  const body: unknown = await response.json().catch(() => undefined)
  // The platform says `detail` where the manager API says `error`.
  const { code, detail, error, ...facts } = isRecord(body) ? body : {}
  const message = detail ?? error
  return {
    code: typeof code === "string" ? code : "",
    message:
      typeof message === "string" ? message : sentenceOf(facts["problems"], message, response),
    status: response.status,
    facts
  }
}

// internal --------------------------------------------------------------------

const door = (operation: Operation.Any, connection: Connection) => {
  const { name } = operation
  const route = Route.of(operation)
  const codes = new Set([...operation.errors, ...Refusal.common].map(Operation.codeOf))
  const check = strictly(operation)
  const call = Effect.fnUntraced(function* (
    input: Wire.Json,
    { correlationId, dryRun, idempotencyKey, unknownFields }: Invoke.InvokeOptions
  ): Effect.fn.Return<Wire.Json, Refusal.Refusal | Client.ClientError> {
    if (unknownFields === "refuse") yield* check(input)
    const { body, url: path } = Route.split(route, isRecord(input) ? input : {})
    const url = urlOf(connection, path)
    const fail = (status: number | null, cause: unknown) =>
      new Client.ClientError({
        operation: name,
        url,
        status,
        retryable: isRetryable(status),
        cause
      })
    // Such a segment would be resolved away, and the request would be another one.
    if (/\/\.{1,2}(?=[/?]|$)/.test(path)) return yield* fail(400, new TypeError("Not an id"))
    const hasBody = Route.hasBody(route.method)
    const init = {
      method: route.method,
      redirect: "error" as const,
      headers: {
        ...headersOf(connection),
        ...(hasBody ? { "content-type": "application/json" } : {}),
        ...(dryRun === true ? { "foreman-dry-run": "true" } : {}),
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        ...(isProperId(correlationId) ? { "x-correlation-id": correlationId } : {})
      },
      ...(hasBody ? { body: JSON.stringify(body) } : {})
    }
    const answer = yield* Effect.tryPromise({
      try: (signal) => send(connection, url, { ...init, signal }),
      catch: (cause) => fail(null, cause)
    }).pipe(
      Effect.timeoutOrElse({
        duration: connection.timeoutMillis ?? 60_000,
        orElse: () => Effect.fail(fail(null, new Error("It took too long")))
      })
    )
    if (answer._tag === "Refused") {
      const { refusal } = answer
      if (codes.has(refusal.code)) return yield* Effect.fail(refusal)
      return yield* fail(refusal.status, new Error(refusal.message))
    }
    if (answer._tag === "NotJson") return yield* fail(answer.status, answer.cause)
    return operation.isList ? toPage(answer) : answer.json
  })
  return (input: Wire.Json, options: Invoke.InvokeOptions = {}) => call(input, options)
}

/** A server takes no other; the call is worth more than what its events are found by. */
const isProperId = (id: string | undefined): id is string =>
  id !== undefined && /^[\w.:-]{1,128}$/.test(id)

/** Decodes an input as strictly as a server that refuses unknown fields would. */
const strictly = (operation: Operation.Any) => {
  const decode = Schema.decodeUnknownEffect(Wire.of(operation.input))
  const refuse = Invoke.toRefusal(operation)
  return (input: Wire.Json) =>
    decode(input, { errors: "all", onExcessProperty: "error" }).pipe(
      Effect.mapError(({ issue }) =>
        refuse(new Refusal.InvalidInput({ problems: Refusal.problemsOf(issue) }))
      )
    )
}

type Answer =
  | { readonly _tag: "Answered"; readonly json: unknown; readonly link: string | null }
  | { readonly _tag: "Refused"; readonly refusal: Refusal.Refusal }
  | { readonly _tag: "NotJson"; readonly status: number; readonly cause: unknown }

const send = async (
  { fetch = (url, init) => globalThis.fetch(url, init) }: Connection,
  url: string,
  init: RequestInit
): Promise<Answer> => {
  const response = await fetch(url, init)
  if (!response.ok) return { _tag: "Refused", refusal: await refusalOf(response) }
  const text = await response.text()
  try {
    return { _tag: "Answered", json: JSON.parse(text), link: response.headers.get("link") }
  } catch (cause) {
    return { _tag: "NotJson", status: response.status, cause }
  }
}

const toPage = ({ json, link }: { readonly json: unknown; readonly link: string | null }) => {
  const next = /<([^>]*)>; rel="next"/.exec(link ?? "")?.[1]
  if (next === undefined) return { items: json, next_cursor: null }
  return { items: json, next_cursor: new URL(next, "http://localhost").searchParams.get("cursor") }
}

const isRetryable = (status: number | null): boolean =>
  status === null || status >= 500 || status === 408 || status === 429

/** A wrong input's problems, else what the list of its details says, else the status alone. */
const sentenceOf = (
  problems: unknown,
  details: unknown,
  { status, statusText }: Response
): string => {
  if (Array.isArray(problems) && problems.every(isRecord)) {
    return problems.map(({ path, problem }) => `${String(path)}: ${String(problem)}`).join("; ")
  }
  const said = Array.isArray(details) ? details.filter(isRecord).map(({ msg }) => msg) : []
  const words = said.filter((msg) => typeof msg === "string" && msg !== "")
  return words.length > 0 ? words.join("; ") : `${status} ${statusText}`.trim()
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
