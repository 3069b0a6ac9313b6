/**
 * A running Foreman for people who do not write Effect: plain promises, plain objects, refusals
 * thrown as their classes. The same methods as those of a Foreman in this process.
 *
 * @since 0.1.0
 */
import { Data, Effect, Stream } from "effect"
import { catalogue, Facade, type PromisedForeman } from "@foreman/core"
import * as EventFeed from "./EventFeed.ts"
import * as Rest from "./Rest.ts"

// models ----------------------------------------------------------------------

/**
 * A method for every operation, the feed of events, and an end.
 *
 * @category services
 * @since 0.1.0
 */
export type PromisedClient = Omit<PromisedForeman, "as" | "invoke">

// errors ----------------------------------------------------------------------

/**
 * The client was closed before the answer came.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClientClosed extends Data.TaggedError("ClientClosed") {
  override get message() {
    return "This client was closed"
  }
}

// services --------------------------------------------------------------------

/**
 * Makes a client of a server.
 *
 * **Example** (Following what happens)
 *
 * ```ts
 * import { createClient } from "@foreman/client"
 *
 * const foreman = createClient({ url: "http://127.0.0.1:8080", token: "..." })
 * for await (const event of foreman.events({ after: "0" })) console.log(event.type)
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const createClient = (connection: Rest.Connection): PromisedClient => {
  const closing = new AbortController()
  const run: Facade.Run<never> = async (effect, options) => {
    const signal = options?.signal
    closing.signal.throwIfAborted()
    const either = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
    try {
      return await Effect.runPromise(effect, { signal: either })
    } catch (error) {
      closing.signal.throwIfAborted()
      throw error
    }
  }
  const close = async () => closing.abort(new ClientClosed())
  return {
    ...Facade.make(catalogue, Rest.make(connection), run),
    dryRun: Facade.makeDryRuns(catalogue, Rest.makeDryRuns(connection), run),
    events: ({ signal, ...input } = {}) => {
      const either =
        signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
      return EventFeed.follow(connection, input).pipe(
        Stream.map(({ cursor, event }) => ({ ...event, cursor })),
        Stream.interruptWhen(aborted(either)),
        Stream.toAsyncIterable
      )
    },
    close,
    [Symbol.asyncDispose]: close
  }
}

// internal --------------------------------------------------------------------

const aborted = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const end = () => resume(Effect.void)
    if (signal.aborted) return end()
    signal.addEventListener("abort", end, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", end))
  })
