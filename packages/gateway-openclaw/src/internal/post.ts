/**
 * One POST to a URL that the operator has set: no redirect is followed, nothing is awaited for long,
 * and of the answer nothing is read but its status.
 *
 * @internal
 */
import { Notifier } from "@foreman/core"
import { Effect } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"

// models ----------------------------------------------------------------------

export interface Post {
  /** Who posts: for the refusal. */
  readonly notifier: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Until the status of the answer is there. */
  readonly timeoutMillis: number
}

// services --------------------------------------------------------------------

/** Sends it, and fails unless the answer is a success. */
export const post = ({
  body,
  headers,
  notifier,
  timeoutMillis,
  url
}: Post): Effect.Effect<void, Notifier.NotifyError> =>
  Effect.callback<number, Notifier.NotifyError>((resume) => {
    const { request } = url.protocol === "https:" ? Https : Http
    // A connection of its own: one that was kept may be dead, and would cost a try.
    const outgoing = request(url, {
      method: "POST",
      agent: false,
      maxHeaderSize: 16_384,
      headers: {
        "content-type": "application/json",
        "user-agent": "foreman",
        ...headers,
        "content-length": Buffer.byteLength(body)
      }
    })
    outgoing.on("response", (response) => {
      const { statusCode = 0 } = response
      // Whatever else it says is not read, however long it is.
      response.destroy()
      resume(Effect.succeed(statusCode))
    })
    outgoing.on("error", () => resume(Effect.fail(failed(notifier, "unreachable"))))
    outgoing.end(body)
    return Effect.sync(() => outgoing.destroy())
  }).pipe(
    Effect.timeoutOrElse({
      duration: timeoutMillis,
      orElse: () => Effect.fail(failed(notifier, "timeout"))
    }),
    Effect.flatMap((status) => {
      if (status >= 200 && status < 300) return Effect.void
      const reason = status >= 300 && status < 400 ? "redirected" : "refused"
      return Effect.fail(failed(notifier, reason, status))
    })
  )

// internal --------------------------------------------------------------------

const failed = (
  notifier: string,
  reason: Notifier.NotifyError["reason"],
  status: number | null = null
) => new Notifier.NotifyError({ notifier, reason, status })
