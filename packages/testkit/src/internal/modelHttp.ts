/**
 * The part of a scripted model server that speaks HTTP.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Duration, Effect, Exit, FiberSet, Result, type Scope } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Answer, Failure, ModelRequest, Turn } from "../ModelScript.ts"
import type { Exchange, Limits, ModelServer, Options } from "../ModelServer.ts"
import { ExchangeBook } from "./exchangeBook.ts"
import { type Asked, type Making, parse, type Protocol, type Refusal } from "./modelProtocol.ts"
import * as Wire from "./modelWire.ts"
import { ScriptCursor } from "./scriptCursor.ts"

// services --------------------------------------------------------------------

/** Serves a protocol by a script until the scope closes. */
export const serveModel: (
  protocol: Protocol,
  options: Options
) => Effect.Effect<ModelServer, never, Scope.Scope> = Effect.fnUntraced(function* (
  protocol,
  { apiKey, limits: given, models, script }
) {
  const limits = { ...defaults, ...given }
  const book = new ExchangeBook(limits.exchanges)
  const cursor = new ScriptCursor(script)
  const node = createServer({
    // The body has its own bound and a proper answer; this one is for what comes of no body.
    requestTimeout: Duration.toMillis(Duration.fromInputUnsafe(limits.arrival)),
    connectionsCheckingInterval: 1000
  })
  node.maxConnections = limits.connections
  const url = yield* Effect.acquireRelease(listen(node), () => close(node))
  // Closed before the server: answers under way are ended first.
  const run = yield* FiberSet.makeRuntime<never, void>()
  let ids = 0
  const id = (prefix: string) => `${prefix}${String(++ids).padStart(12, "0")}`
  const house: House = { protocol, apiKey, models, limits, book, cursor, id }
  node.on("request", (request, response) => {
    const fiber = run(exchange(house, request, response))
    response.once("close", () => fiber.interruptUnsafe())
  })
  return {
    url,
    exchanges: Effect.sync(() => book.all),
    requests: Effect.sync(() =>
      book.all.flatMap(({ answeredBy, request }) =>
        typeof answeredBy === "number" && request !== undefined ? [request] : []
      )
    ),
    remaining: Effect.sync(() => cursor.remaining),
    follow: (next) => Effect.sync(() => cursor.follow(next)),
    until: book.until
  }
})

// internal --------------------------------------------------------------------

const defaults: Limits = {
  bodyBytes: 32 * 1024 * 1024,
  connections: 1024,
  exchanges: 1000,
  arrival: "30 seconds",
  silence: "10 minutes"
}

interface House {
  readonly apiKey: string | undefined
  readonly models: ReadonlyArray<string> | undefined
  readonly protocol: Protocol
  readonly limits: Limits
  readonly book: ExchangeBook
  readonly cursor: ScriptCursor
  readonly id: Making["id"]
}

/** One request under way. */
interface Visit extends House {
  readonly response: ServerResponse
  readonly number: number
}

const listen = (node: Server): Effect.Effect<string> =>
  Effect.callback((resume) => {
    node.once("error", (cause) => resume(Effect.die(cause)))
    node.listen(0, "127.0.0.1", () => {
      const address = node.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed(`http://127.0.0.1:${port}`))
    })
  })

const close = (node: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    node.close(() => resume(Effect.void))
    node.closeAllConnections()
  })

const exchange = Effect.fnUntraced(function* (
  house: House,
  request: IncomingMessage,
  response: ServerResponse
): Effect.fn.Return<void> {
  const { book } = house
  const headers = Wire.headersOf(request)
  const method = request.method ?? "GET"
  const path = (request.url ?? "/").split("?")[0] ?? "/"
  const number = book.open({ method, path, headers: Wire.withoutSecrets(headers) })
  const visit: Visit = { ...house, response, number }
  yield* talk(visit, request, { method, path, headers }).pipe(
    // A predicate or a turn of the script that throws is told to the client.
    Effect.catchDefect((defect) =>
      refuse(visit, { status: 500, message: `The script: ${defect}` })
    ),
    Effect.onExit((exit) =>
      Effect.sync(() => {
        if (Exit.isSuccess(exit)) return
        const isEnded = Cause.hasInterruptsOnly(exit.cause) && !response.destroyed
        book.note(number, { end: isEnded ? "server_ended" : "client_left" })
        response.destroy()
      })
    )
  )
})

const talk = Effect.fnUntraced(function* (
  visit: Visit,
  request: IncomingMessage,
  asked: Omit<Asked, "body">
): Effect.fn.Return<void> {
  const { apiKey, book, cursor, limits, models, number, protocol } = visit
  const arrived = yield* Wire.readText(request, limits)
  if (Result.isFailure(arrived)) return yield* refuse(visit, arrived.failure)
  const text = arrived.success
  const body = text === "" ? null : parse(text)
  book.note(number, { body: body === undefined ? text : body })
  if (apiKey !== undefined && asked.path !== "/" && protocol.key(asked.headers) !== apiKey) {
    return yield* refuse(visit, { status: 401, message: "The API key is missing or wrong" })
  }
  const fixed = protocol.fixed({ ...asked, body }, models)
  if (fixed !== undefined) {
    if (Result.isFailure(fixed)) return yield* refuse(visit, fixed.failure)
    return yield* reply(
      visit,
      { status: 200, headers: {}, body: fixed.success },
      { answeredBy: "server" }
    )
  }
  const read = protocol.read({ ...asked, body: body ?? undefined })
  if (Result.isFailure(read)) return yield* refuse(visit, read.failure)
  const known = { ...read.success, headers: Wire.withoutSecrets(asked.headers) }
  if (models !== undefined && !models.includes(known.model)) {
    const message = `The model '${known.model}' does not exist`
    return yield* refuse(visit, { status: 404, message, param: "model", code: "model_not_found" })
  }
  book.note(number, { request: known })
  const aside = protocol.aside(known)
  const { answeredBy, turn } =
    aside === undefined
      ? cursor.take(known)
      : { answeredBy: "aside" as const, turn: cursor.aside ?? spoken(aside) }
  book.note(number, { answeredBy })
  yield* perform(visit, known, turn)
})

/** An answer on the side costs as little as there is. */
const spoken = (text: string): Answer => ({
  type: "answer",
  parts: [{ type: "text", text }],
  ending: "complete",
  usage: { input: 1, output: 1 },
  delay: 0,
  pace: 0
})

const perform = Effect.fnUntraced(function* (
  visit: Visit,
  request: ModelRequest,
  turn: Turn
): Effect.fn.Return<void> {
  const { book, limits, number, response } = visit
  yield* Effect.sleep(turn.delay)
  switch (turn.type) {
    case "failure":
      return yield* refuseBy(visit, turn)
    case "answer":
      return yield* answer(visit, request, turn)
    case "disturbance": {
      if (turn.kind === "html") {
        book.note(number, { status: 200, end: "complete" })
        return yield* Wire.page(response)
      }
      if (turn.kind === "silence_after_status") {
        book.note(number, { status: 200 })
        Wire.begin(response, request.stream, idOf(visit))
      }
      yield* Effect.sleep(limits.silence)
      return yield* cut(visit)
    }
  }
})

const answer = Effect.fnUntraced(function* (
  visit: Visit,
  request: ModelRequest,
  turn: Answer
): Effect.fn.Return<void> {
  const { book, id, limits, number, protocol, response } = visit
  const now = yield* Clock.currentTimeMillis
  const composed = protocol.compose(turn, request, { now, id })
  if (Result.isFailure(composed)) return yield* refuse(visit, composed.failure)
  const { events, whole } = composed.success
  if (!request.stream && turn.ending === "error") {
    return yield* refuse(visit, { status: 500, message: "The script breaks off" })
  }
  const full = request.stream ? events.map(Wire.frame) : [JSON.stringify(whole)]
  const isWhole = !["cut", "half_line", "silence"].includes(turn.ending)
  book.note(number, { status: 200 })
  Wire.begin(response, request.stream, idOf(visit))
  for (const [index, text] of (isWhole ? full : Wire.firstHalf(full, turn.ending)).entries()) {
    if (index > 0) yield* Effect.sleep(turn.pace)
    yield* Wire.write(response, text)
  }
  if (turn.ending === "silence") yield* Effect.sleep(limits.silence)
  if (turn.ending === "cut" || turn.ending === "silence") return yield* cut(visit)
  book.note(number, { end: "complete" })
  yield* Wire.end(response)
})

const cut = ({ book, number, response }: Visit): Effect.Effect<void> =>
  Effect.sync(() => {
    book.note(number, { end: "cut" })
    response.destroy()
  })

const refuseBy = (visit: Visit, { retryAfter, ...failure }: Failure): Effect.Effect<void> => {
  if (retryAfter === undefined) return refuse(visit, failure, {})
  const seconds = Math.ceil(Duration.toSeconds(Duration.fromInputUnsafe(retryAfter)))
  const headers = { "retry-after": String(seconds), ...failure.headers }
  return refuse(visit, { ...failure, headers }, {})
}

const refuse = Effect.fnUntraced(function* (
  visit: Visit,
  refusal: Refusal,
  facts: Partial<Exchange> = { answeredBy: "server" }
): Effect.fn.Return<void> {
  const now = yield* Clock.currentTimeMillis
  yield* reply(visit, visit.protocol.refuse(refusal, now, visit.id("req_")), facts)
})

const reply = Effect.fnUntraced(function* (
  visit: Visit,
  { body, headers, status }: ReturnType<Protocol["refuse"]>,
  facts: Partial<Exchange>
): Effect.fn.Return<void> {
  const { book, number, response } = visit
  book.note(number, { ...facts, status, end: "complete" })
  const type = { "content-type": "application/json" }
  response.writeHead(status, { ...type, ...idOf(visit), ...headers })
  yield* Wire.end(response, JSON.stringify(body))
})

const idOf = ({ id, protocol }: Visit) => ({ [protocol.idHeader]: id("req_") })
