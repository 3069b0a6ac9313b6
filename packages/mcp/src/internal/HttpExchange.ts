/**
 * One request and its answer, between Node's server and the SDK, which speaks the web's own types.
 *
 * @since 0.1.0
 */
import type { AuthInfo } from "@modelcontextprotocol/server"
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import type { Visit } from "../McpHttp.ts"

// models ----------------------------------------------------------------------

/** What the answer of JSON-RPC to a request that was refused before anything was asked says. */
export interface Rejection {
  readonly status: number
  readonly code: number
  readonly message: string
  /** The code of the refusal and its facts, as every other surface has them. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

// operations ------------------------------------------------------------------

/** Answers a request, or does nothing more once the caller is gone. */
export const answer = async (
  visit: Visit,
  respond: (request: Request) => Promise<Response>
): Promise<void> => {
  const { headers, response: sink } = visit
  const gone = new AbortController()
  const leave = () => {
    if (!sink.writableEnded) gone.abort()
  }
  sink.once("close", leave)
  if (sink.destroyed) leave()
  try {
    const response = await respond(requestOf(visit, gone.signal))
    if (gone.signal.aborted) return void (await response.body?.cancel().catch(() => undefined))
    sink.writeHead(response.status, { ...headers, ...Object.fromEntries(response.headers) })
    await write(sink, response.body, gone.signal)
  } catch (error) {
    if (gone.signal.aborted) return
    // No other answer can follow one that has begun: the caller has to see that it is not whole.
    if (sink.headersSent) sink.destroy()
    throw error
  } finally {
    sink.off("close", leave)
  }
}

/** The value that a text stands for, if it is JSON. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Refuses in the form of JSON-RPC. */
export const reject = ({ code, data, headers, message, status }: Rejection): Response =>
  Response.json(
    { jsonrpc: "2.0", error: { code, message, ...(data === undefined ? {} : { data }) }, id: null },
    { status, ...(headers === undefined ? {} : { headers }) }
  )

/** Refuses a body that is no JSON. */
export const notJson = (): Response =>
  reject({ status: 400, code: -32_700, message: "Parse error: the body is no JSON" })

/** Who calls, in the words of the SDK, which hands it on to what a call does. The token stays here. */
export const authOf = ({ actor }: Visit): AuthInfo => ({
  token: "",
  clientId: `${actor.type}/${actor.id}`,
  scopes: []
})

// internal --------------------------------------------------------------------

/** The head of the request. Its body was read, and is handed over as a value. */
const requestOf = (
  { request: { headers: given, method = "GET", url = "/" } }: Visit,
  signal: AbortSignal
) => {
  const headers = new Headers()
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value)
  }
  return new Request(new URL(url, "http://localhost"), { method, headers, signal })
}

const write = async (
  sink: ServerResponse,
  body: Response["body"],
  signal: AbortSignal
): Promise<void> => {
  if (body !== null) {
    // A stream may have nothing to say for a while; that it is there must be known at once.
    sink.flushHeaders()
    const reader = body.getReader()
    const cancel = () => void reader.cancel().catch(() => undefined)
    signal.addEventListener("abort", cancel, { once: true })
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (signal.aborted) return
      if (!sink.write(part.value)) await once(sink, "drain", { signal })
    }
  }
  sink.end()
}
