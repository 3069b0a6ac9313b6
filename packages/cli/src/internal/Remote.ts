/**
 * The way to Foreman through a server's REST.
 */
import { EventFeed, Rest } from "@foreman/client"
import { Answers, catalogue, Client, type Refusal, Wire } from "@foreman/core"
import { Deferred, Effect, Schema, Stream } from "effect"
import type { Connection, FeedEvent } from "./Connection.ts"
import { exitCodes, Failed, failedBy } from "./ExitCode.ts"

// services --------------------------------------------------------------------

/**
 * Makes ready to call a server. Each call finds out for itself whether it answers. A feed waits for a
 * server that goes away, but not for one that has never been there.
 */
export const open = (connection: Rest.Connection): Connection => {
  const { url } = connection
  const overRest = Rest.overRest(catalogue, connection)
  return {
    title: url,
    invoke: (name, input, { signal, ...options } = {}) =>
      run(
        Effect.mapError(overRest(name, input, { ...options, unknownFields: "refuse" }), (error) =>
          failureOf(url, error)
        ),
        signal
      ),
    follow: ({ after, organizationId, signal }) => {
      const { found, missed } = foundFirst(connection)
      return Stream.toAsyncIterable(
        EventFeed.follow(found, { after, organizationId }).pipe(
          Stream.map(({ cursor, event }): FeedEvent => ({ ...encode(event), cursor })),
          Stream.mapError((error) => failureOf(url, error)),
          Stream.interruptWhen(missed),
          Stream.interruptWhen(aborted(signal))
        )
      )
    },
    read: (artifactId, signal) => bytesOf(connection, artifactId, signal),
    close: () => Promise.resolve()
  }
}

/** Runs an effect whose only error is what a person is told. */
export const run = <A>(
  effect: Effect.Effect<A, Failed>,
  signal: AbortSignal | undefined
): Promise<A> => Effect.runPromise(effect, signal === undefined ? {} : { signal })

/** Ends when a signal does. */
export const aborted = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const end = () => resume(Effect.void)
    if (signal.aborted) return end()
    signal.addEventListener("abort", end, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", end))
  })

/** An event with the keys of the wire. */
export const encode = (event: Answers.RecordedEvent): Readonly<Record<string, unknown>> =>
  // As: a struct encodes to an object.
  encodeEvent(event) as Readonly<Record<string, unknown>>

// internal --------------------------------------------------------------------

const encodeEvent = Schema.encodeSync(Wire.of(Answers.RecordedEvent))

type Problem =
  | Refusal.Refusal
  | Client.ClientError
  | { readonly _tag: string; readonly message: string }

const failureOf = (url: string, error: Problem): Failed => {
  if (error instanceof Client.ClientError) {
    const { message, retryable, status } = error
    if (status === 401) return denied(url)
    const code = status === null ? "ServerUnreachable" : "ServerFailed"
    const exitCode = status === null || retryable ? exitCodes.unavailable : exitCodes.failed
    return new Failed(exitCode, code, message, { url, status, retryable })
  }
  if ("code" in error) return failedBy(error)
  return new Failed(exitCodes.misused, error._tag, error.message)
}

/** The same server, and what fails when the first request finds nothing there. */
const foundFirst = (connection: Rest.Connection) => {
  const { fetch = (url, init) => globalThis.fetch(url, init), url } = connection
  const nothing = Deferred.makeUnsafe<never, Failed>()
  let isFound = false
  const find: Rest.Fetch = async (address, init) => {
    try {
      const response = await fetch(address, init)
      isFound = true
      return response
    } catch (cause) {
      if (!isFound) Deferred.doneUnsafe(nothing, Effect.fail(unreached(url, cause)))
      throw cause
    }
  }
  return { found: { ...connection, fetch: find }, missed: Deferred.await(nothing) }
}

const denied = (url: string): Failed =>
  new Failed(
    exitCodes.denied,
    "NotAuthenticated",
    `The server at ${url} does not know the token: give --token, FOREMAN_TOKEN, or the runtime root ` +
      "of the server with --runtime-root",
    { url }
  )

/** The bytes of an artifact over HTTP. */
async function* bytesOf(
  connection: Rest.Connection,
  artifactId: string,
  signal: AbortSignal
): AsyncIterable<Uint8Array> {
  const path = `/api/v1/artifacts/${encodeURIComponent(artifactId)}/content`
  const url = Rest.urlOf(connection, path)
  const headers = Rest.headersOf(connection)
  const response = await fetch(url, { headers, signal, redirect: "error" }).catch(
    (cause: unknown) => {
      signal.throwIfAborted()
      throw unreached(url, cause)
    }
  )
  if (!response.ok) throw failedBy(await Rest.refusalOf(response))
  try {
    for await (const bytes of response.body ?? []) yield bytes
  } catch (cause) {
    signal.throwIfAborted()
    throw unreached(url, cause)
  }
}

const unreached = (url: string, cause: unknown): Failed => {
  const words = `${url} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`
  return new Failed(exitCodes.unavailable, "ServerUnreachable", words, { url, retryable: true })
}
