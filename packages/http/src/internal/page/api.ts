/**
 * How the page asks the server: with the token it was opened with, and with the sentence of a
 * refusal as the message of what it throws.
 */

// errors ----------------------------------------------------------------------

export class Refused extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

// services --------------------------------------------------------------------

const key = "foreman.token"

/** Takes the token out of the address, where it would stay in the history, and keeps it here. */
export const adoptToken = (): void => {
  const token = new URLSearchParams(location.hash.slice(1)).get("token")
  if (token === null) return
  keepToken(token)
  history.replaceState(null, "", location.pathname + location.search)
}

export const keepToken = (token: string | null): void => {
  if (token === null || token === "") sessionStorage.removeItem(key)
  else sessionStorage.setItem(key, token)
}

export const tokenOf = (): string | null => sessionStorage.getItem(key)

export const authorization = (): Record<string, string> => {
  const token = tokenOf()
  return token === null ? {} : { authorization: `Bearer ${token}` }
}

export const get = async <A>(path: string): Promise<A> => (await send("GET", path)).json()

/** Reads a list page by page, up to a bound. */
export const list = async <A>(path: string, most = 2000): Promise<ReadonlyArray<A>> => {
  const items: Array<A> = []
  let next: string | undefined = path
  while (next !== undefined && items.length < most) {
    const response: Response = await send("GET", next)
    const page: ReadonlyArray<A> = await response.json()
    items.push(...page)
    next = /<([^>]*)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1]
  }
  return items
}

/** Changes something; safe to repeat, should the answer be lost on the way. */
export const post = async <A>(path: string, body: object): Promise<A> => {
  const headers = { "content-type": "application/json", "idempotency-key": randomKey() }
  const response = await send("POST", path, { headers, body: JSON.stringify(body) })
  return response.json()
}

export const refusalOf = async (response: Response): Promise<Refused> => {
  const body: unknown = await response.json().catch(() => ({}))
  const { code = "", detail = response.statusText } = asRecord(body)
  return new Refused(response.status, String(code), sentenceOf(detail))
}

// internal --------------------------------------------------------------------

interface Sending {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const send = async (method: string, path: string, init: Sending = {}): Promise<Response> => {
  const response = await fetch(path, {
    ...init,
    method,
    headers: { ...authorization(), ...init.headers },
    signal: AbortSignal.timeout(30_000)
  })
  if (!response.ok) throw await refusalOf(response)
  return response
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {}

const sentenceOf = (detail: unknown): string =>
  Array.isArray(detail)
    ? detail.map((one) => String(asRecord(one)["msg"])).join("; ")
    : String(detail)

const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
