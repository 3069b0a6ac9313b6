/**
 * Tools that pass every call on to a running server, as one request of its REST.
 *
 * @since 0.1.0
 */
import { Rest } from "@foreman/client"
import { catalogue } from "@foreman/core/operations/catalogue"
import { ClientError } from "@foreman/core/operations/Client"
import type { Invoke } from "@foreman/core/operations/Invoke"
import type { Refusal } from "@foreman/core/operations/Refusal"
import { Effect, ManagedRuntime } from "effect"
import { readFile } from "node:fs/promises"
import * as ToolCall from "../ToolCall.ts"
import type { Backend } from "./Backend.ts"
import { layer as logLayer } from "./Log.ts"
import type { McpSettings } from "./McpSettings.ts"

// models ----------------------------------------------------------------------

/** The settings that matter here. */
export interface Options extends Pick<McpSettings, "logLevel" | "token" | "tokenPath"> {
  readonly url: string
}

// services --------------------------------------------------------------------

/** Makes ready to call the server. It need not run yet: each call finds out for itself. */
export const open = async (options: Options): Promise<Backend> => {
  const runtime = ManagedRuntime.make(logLayer(options.logLevel))
  const connection = { url: options.url, fetch: fetchAs(options), timeoutMillis }
  const overRest = Rest.overRest(catalogue, connection)
  const invoke: Invoke<never, never> = (name, input, given) =>
    Effect.mapError(overRest(name, input, given), (error) =>
      error instanceof ClientError ? unanswered(options.url, error) : error
    )
  const call = ToolCall.make({ invoke, run: runtime.runPromise })
  return {
    call,
    // The server knows the token, and not what is at this end of the bridge.
    through: () => call,
    close: () => runtime.dispose()
  }
}

// internal --------------------------------------------------------------------

/** Some clients of MCP wait no longer than half a minute. */
const timeoutMillis = 25_000

/** Requests with the token. Where none was given it is looked for anew, as servers come and go. */
const fetchAs =
  ({ token, tokenPath, url }: Options): Rest.Fetch =>
  async (target, init) => {
    const shown = token ?? (isThisMachine(url) ? await contentOf(tokenPath) : "")
    const headers = new Headers(init.headers)
    if (shown !== "") headers.set("authorization", `Bearer ${shown}`)
    return fetch(target, { ...init, headers })
  }

/** The token of a server on this machine is shown to no other machine. */
const isThisMachine = (url: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)

const contentOf = (path: string): Promise<string> =>
  readFile(path, "utf8").then(
    (text) => text.trim(),
    () => ""
  )

/** What an agent reads when no answer of the catalogue came: where it was asked, and why not. */
const unanswered = (url: string, { message, retryable, status }: ClientError): Refusal => ({
  code:
    status === null ? "ServerUnreachable" : status === 401 ? "NotAuthenticated" : "ServerFailed",
  message,
  status: status ?? 503,
  facts: { url, status, retryable }
})
