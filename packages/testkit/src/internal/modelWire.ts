/**
 * Bytes of a model server: what arrives, and what is written piece by piece.
 *
 * @since 0.1.0
 */
import { Effect, Option, Result } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Ending } from "../ModelScript.ts"
import type { Limits } from "../ModelServer.ts"
import type { Refusal, SseEvent } from "./modelProtocol.ts"

// rules -----------------------------------------------------------------------

/** The headers of a request, each with one value. */
export const headersOf = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? "")
    ])
  )

/** Headers without what lets somebody in. */
export const withoutSecrets = (
  headers: Readonly<Record<string, string>>
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !secrets.test(name)))

/** An event as it stands in a stream. */
export const frame = ({ data, event }: SseEvent): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** What is sent of an answer that does not come whole: half of its pieces, or half of its only one. */
export const firstHalf = (pieces: ReadonlyArray<string>, ending: Ending): ReadonlyArray<string> => {
  const half = (text: string | undefined) => (text ?? "").slice(0, (text ?? "").length / 2)
  if (pieces.length === 1) return [half(pieces[0])]
  const middle = Math.floor(pieces.length / 2)
  const sent = pieces.slice(0, middle)
  return ending === "half_line" ? [...sent, half(pieces[middle])] : sent
}

// services --------------------------------------------------------------------

/** Reads a body, unless it is too large or takes too long. */
export const readText = (
  request: IncomingMessage,
  { arrival, bodyBytes }: Limits
): Effect.Effect<Result.Result<string, Refusal>> =>
  Effect.callback<Result.Result<string, Refusal>>((resume) => {
    const pieces: Array<Buffer> = []
    let size = 0
    request.on("data", (piece: Buffer) => {
      size += piece.length
      // What is too much is thrown away, so that the client is done with it and reads the answer.
      if (size <= bodyBytes) pieces.push(piece)
      else pieces.length = 0
    })
    request.once("end", () =>
      resume(
        Effect.succeed(
          size > bodyBytes
            ? Result.fail({ status: 413, message: `The request has more than ${bodyBytes} bytes` })
            : Result.succeed(Buffer.concat(pieces).toString("utf8"))
        )
      )
    )
    // One that breaks off has a response that closes, which interrupts this.
    request.once("error", () => {})
  }).pipe(
    Effect.timeoutOption(arrival),
    Effect.map(
      Option.getOrElse(() => Result.fail({ status: 408, message: "The request took too long" }))
    )
  )

/** Sends the status and the headers of an answer. */
export const begin = (
  response: ServerResponse,
  isStream: boolean,
  headers: Readonly<Record<string, string>>
): void => {
  const type = isStream ? "text/event-stream; charset=utf-8" : "application/json"
  response.writeHead(200, { "content-type": type, "cache-control": "no-cache", ...headers })
  response.flushHeaders()
}

/** Writes a piece, and waits until it is on its way. A client that leaves interrupts it. */
export const write = (response: ServerResponse, text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    response.write(text, () => resume(Effect.void))
  })

/** Ends an answer. */
export const end = (response: ServerResponse, text = ""): Effect.Effect<void> =>
  Effect.sync(() => {
    response.end(text)
  })

/** Answers with the page of a proxy. */
export const page = (response: ServerResponse): Effect.Effect<void> => {
  response.writeHead(200, { "content-type": "text/html" })
  return end(response, "<!doctype html><title>Sign in</title><p>Sign in to go on.")
}

// internal --------------------------------------------------------------------

const secrets = /^(authorization|proxy-authorization|x-api-key|api-key|cookie)$/
