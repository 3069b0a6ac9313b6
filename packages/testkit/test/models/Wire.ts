/**
 * A client that trusts nothing: raw HTTP, and streams read event by event.
 */
import { Effect } from "effect"

// models ----------------------------------------------------------------------

/** What a server says: a wrong path through it is undefined, and fails its test. */
// oxlint-disable-next-line typescript/no-explicit-any -- what is read is the thing under test
export type Loose = any

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Whether the connection broke before the end. */
  readonly isBroken: boolean
}

// rules -----------------------------------------------------------------------

/** Asks, and takes what comes until the end or until it breaks. */
export const ask = (
  url: string,
  body: unknown,
  { headers = {}, method = "POST" }: { headers?: Record<string, string>; method?: string } = {}
): Effect.Effect<Answer> =>
  Effect.promise(async (signal) => {
    const text = typeof body === "string" ? body : JSON.stringify(body)
    const init = { method, headers, signal, ...(method === "GET" ? {} : { body: text }) }
    const answer = await fetch(url, init)
    const decoder = new TextDecoder()
    let got = ""
    let isBroken = false
    try {
      for await (const piece of answer.body ?? []) got += decoder.decode(piece, { stream: true })
    } catch {
      isBroken = true
    }
    return { status: answer.status, headers: answer.headers, text: got, isBroken }
  })

/** The events of a stream. One whose line is no JSON has none. */
export const events = (text: string): ReadonlyArray<{ event: string; data: Loose }> =>
  text
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      const [first = "", second = ""] = block.split("\n")
      return { event: first.slice("event: ".length), data: json(second.slice("data: ".length)) }
    })

/** JSON, or undefined for what is none. */
export const json = (text: string): Loose => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
