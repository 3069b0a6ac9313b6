/**
 * Why a turn failed, in the words of the port and in words for a person.
 *
 * @since 0.1.0
 */
import type { TurnError } from "./protocol.ts"

// models ----------------------------------------------------------------------

/** How a run ended that its process does not tell of. */
export interface Reason {
  readonly cause: string
  /** For a person to read. */
  readonly answer: string
}

/** What is known beside the error. */
export interface ErrorFacts {
  /** When the limits of the account are lifted, in milliseconds since 1970, if Codex heard of it. */
  readonly resetsAt: number | undefined
  readonly now: number
}

// rules -----------------------------------------------------------------------

/** What an error of a turn means. */
export const reasonOf = (error: TurnError, facts: ErrorFacts): Reason => {
  const { message } = error
  const { status, word } = kindOf(error)
  if (quotaWords.has(word) || status === 429) {
    const resetsAt = facts.resetsAt ?? saidIn(message, facts.now)
    const until = resetsAt === undefined ? undefined : new Date(resetsAt).toISOString()
    return {
      cause: until === undefined ? "quota" : `quota:${until}`,
      answer: `The model's quota is used up${until === undefined ? "" : ` until ${until}`}. ${message}`
    }
  }
  if (word === "unauthorized" || status === 401 || status === 403) {
    const advice = "Log in with `codex login`, or name a key that is accepted with env_key."
    return { cause: "unauthorized", answer: `The model refuses who asks. ${message} ${advice}` }
  }
  if (word === "httpConnectionFailed" && status === undefined) {
    return { cause: "unreachable", answer: `The model cannot be reached. ${message}` }
  }
  return { cause: "model_error", answer: `The model failed. ${message}` }
}

/** Whether an error is about the quota, so that silence after it is no surprise. */
export const isQuota = (error: TurnError): boolean => {
  const { status, word } = kindOf(error)
  return quotaWords.has(word) || status === 429
}

// internal --------------------------------------------------------------------

const quotaWords = new Set(["usageLimitExceeded", "rateLimitExceeded", "sessionBudgetExceeded"])

const kindOf = ({ codexErrorInfo: info }: TurnError) => {
  if (typeof info === "string") return { word: info, status: undefined }
  if (typeof info !== "object" || info === null) return { word: "", status: undefined }
  const [word = "", about] = Object.entries(info)[0] ?? []
  const has = typeof about === "object" && about !== null && "httpStatusCode" in about
  const status = has && typeof about.httpStatusCode === "number" ? about.httpStatusCode : undefined
  return { word, status }
}

/** "Try again at 3:17 AM." or "Try again at Nov 22nd, 2026 3:17 AM.", in the machine's own zone. */
const saidIn = (message: string, now: number): number | undefined => {
  const found = /try again at (?:(\w{3} \d{1,2})\w{2}, (\d{4}) )?(\d{1,2}:\d{2} [AP]M)/i.exec(
    message
  )
  if (found === null) return undefined
  const [, day, year, time = ""] = found
  if (day !== undefined) {
    const at = Date.parse(`${day}, ${year} ${time}`)
    return Number.isNaN(at) ? undefined : at
  }
  const today = Date.parse(`${new Date(now).toDateString()} ${time}`)
  if (Number.isNaN(today)) return undefined
  // The words have no seconds: what was a minute ago is now.
  return today < now - 60_000 ? today + 86_400_000 : today
}
