/**
 * The page's ear: reads the feed of events, and after a break goes on behind the last one it heard.
 *
 * The browser's own `EventSource` cannot send a token, so the frames are read here.
 */
import { authorization, Refused, refusalOf } from "./api.ts"
import type { FeedEvent } from "./model.ts"

// models ----------------------------------------------------------------------

export interface Frame {
  readonly id: string | undefined
  readonly data: string
}

export interface Listener {
  readonly onOpen: () => void
  readonly onEvent: (event: FeedEvent) => void
  readonly onBreak: (secondsToNext: number) => void
  readonly onRefused: (refused: Refused) => void
}

// rules -----------------------------------------------------------------------

/** Makes a reader of frames: takes text as it comes and gives the frames that are complete. */
export const frameReader = (): ((text: string) => ReadonlyArray<Frame>) => {
  let rest = ""
  let id: string | undefined
  let data: Array<string> = []
  return (text) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    const frames: Array<Frame> = []
    for (const line of lines) {
      if (line === "") {
        if (id !== undefined || data.length > 0) frames.push({ id, data: data.join("\n") })
        id = undefined
        data = []
      } else if (line.startsWith("id: ")) id = line.slice(4)
      else if (line.startsWith("data: ")) data.push(line.slice(6))
    }
    return frames
  }
}

/** How long to wait before the next attempt: 1 s, doubling to 30 s. */
export const pauseAfter = (failures: number): number => Math.min(30, 2 ** Math.max(0, failures - 1))

// services --------------------------------------------------------------------

/** Follows the feed for as long as the page is open. */
export const follow = async (listener: Listener, signal: AbortSignal): Promise<void> => {
  let cursor: string | undefined
  let failures = 0
  while (!signal.aborted) {
    try {
      const body = await open(cursor, signal)
      listener.onOpen()
      await read(body, ({ data, id }) => {
        failures = 0
        if (id !== undefined) cursor = id
        if (data === "") return
        const event: FeedEvent = JSON.parse(data)
        listener.onEvent(event)
      })
    } catch (error) {
      if (error instanceof Refused && error.status < 500) return listener.onRefused(error)
    }
    if (signal.aborted) return
    failures += 1
    listener.onBreak(pauseAfter(failures))
    await pause(pauseAfter(failures) * 1000, signal)
  }
}

// internal --------------------------------------------------------------------

/** The server shows every 15 seconds that it is alive; whoever is silent for longer is not. */
const longestSilence = 45_000

const open = async (cursor: string | undefined, signal: AbortSignal) => {
  const headers = {
    ...authorization(),
    ...(cursor === undefined ? {} : { "last-event-id": cursor })
  }
  const response = await fetch("/api/v1/events", { headers, signal, cache: "no-store" })
  if (!response.ok || response.body === null) throw await refusalOf(response)
  return response.body
}

const read = async (body: ReadableStream<Uint8Array>, onFrame: (frame: Frame) => void) => {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const frames = frameReader()
  for (;;) {
    const silence = setTimeout(() => void reader.cancel(), longestSilence)
    const { done, value } = await reader.read().finally(() => clearTimeout(silence))
    if (done) return
    for (const frame of frames(decoder.decode(value, { stream: true }))) onFrame(frame)
  }
}

const pause = (millis: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, millis)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      resolve()
    })
  })
