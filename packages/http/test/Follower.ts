/**
 * A caller that follows the feed over a connection of its own and keeps what it reads.
 */
import { request } from "node:http"
import { token } from "./TestServer.ts"

export interface Frame {
  readonly id: string | undefined
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
  readonly data: any
}

export interface Follower {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** Everything as it came. */
  readonly text: () => string
  readonly events: () => ReadonlyArray<Frame>
  /** Waits until so many events have come, and gives them. */
  readonly take: (count: number) => Promise<ReadonlyArray<Frame>>
  /** Waits until something stands in the text. */
  readonly until: (pattern: RegExp) => Promise<void>
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>
  readonly close: () => void
}

export const follow = (
  port: number,
  path = "/api/v1/events",
  headers: Readonly<Record<string, string>> = {}
): Promise<Follower> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      { port, host: "127.0.0.1", path, headers: { authorization: `Bearer ${token}`, ...headers } },
      (response) => {
        let text = ""
        let wake = () => {}
        const awaken = async (isDone: () => boolean) => {
          while (!isDone()) {
            await new Promise<void>((again) => {
              wake = again
            })
          }
        }
        response.setEncoding("utf8")
        response.on("data", (chunk: string) => {
          text += chunk
          wake()
        })
        const ended = new Promise<void>((end) => {
          response.on("close", () => end())
        })
        response.on("error", () => undefined)
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: () => text,
          events: () => framesOf(text),
          take: async (count) => {
            await awaken(() => framesOf(text).length >= count)
            return framesOf(text)
          },
          until: (pattern) => awaken(() => pattern.test(text)),
          ended,
          close: () => outgoing.destroy()
        })
      }
    )
    outgoing.on("error", reject)
    outgoing.end()
  })

const framesOf = (text: string): ReadonlyArray<Frame> =>
  text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((frame) => {
      const data = /^data: (.*)$/m.exec(frame)?.[1]
      const id = /^id: (.*)$/m.exec(frame)?.[1]
      return data === undefined ? [] : [{ id, data: JSON.parse(data) }]
    })
