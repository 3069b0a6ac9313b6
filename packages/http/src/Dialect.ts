/**
 * How one contract says no: the shape of an error's body, and the status of what cannot be read.
 *
 * Every refusal, from the guard's to the operation's, leaves through the dialect of its path.
 *
 * @since 0.1.0
 */
import { HttpServerResponse } from "effect/http"
import { Refusal, Secret } from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * What was asked, as far as it is known: tells where a wrong field came from.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asked {
  readonly fields: ReadonlyArray<{ readonly name: string; readonly place: string }>
  readonly input: Readonly<Record<string, unknown>>
}

/**
 * An answer of JSON, before it is put on a connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reply {
  readonly status: number
  /** What it carries beyond its type and its length. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/**
 * How one contract answers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Dialect {
  readonly envelope: (refusal: Refusal.Refusal, asked?: Asked) => Readonly<Record<string, unknown>>
  /** The status of a body that is no JSON, and of an input that does not fit. */
  readonly malformed: 400 | 422
}

/**
 * A wrong field, in the form that the platform's clients know.
 *
 * @category models
 * @since 0.1.0
 */
export interface Detail {
  readonly type: string
  readonly loc: ReadonlyArray<string | number>
  readonly msg: string
  readonly input?: unknown
}

// rules -----------------------------------------------------------------------

/**
 * The platform's REST: `{ detail, code, ...facts }`, where the detail of a wrong input is a list
 * with the place of every wrong field.
 *
 * @category rules
 * @since 0.1.0
 */
export const platform: Dialect = {
  envelope: (refusal, asked) =>
    refusal.status === 422
      ? { ...Refusal.platform(refusal), detail: detailsOf(refusal, asked) }
      : Refusal.platform(refusal),
  malformed: 422
}

/**
 * What manager agents and the board know: `{ error, code, ...facts }`, and 400 for every input that
 * does not fit.
 *
 * @category rules
 * @since 0.1.0
 */
export const manager: Dialect = { envelope: Refusal.manager, malformed: 400 }

/**
 * The dialect that is spoken under a path.
 *
 * **Example** (Two contracts on one server)
 *
 * ```ts import.meta.vitest
 * import { Dialect } from "@foreman/http"
 *
 * Dialect.at("/api/manager/commands") === Dialect.manager // => true
 * Dialect.at("/api/v1/tasks/1") === Dialect.platform // => true
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const at = (path: string): Dialect =>
  /^\/(?:api\/manager|gateways|board)(?:[/?#]|$)/.test(path) ? manager : platform

/**
 * Makes a refusal of this transport's own.
 *
 * @category errors
 * @since 0.1.0
 */
export const refusal = (
  status: number,
  code: string,
  message: string,
  facts: Readonly<Record<string, unknown>> = {}
): Refusal.Refusal => ({ status, code, message, facts })

/**
 * The refusal of a value that is not in the input of an operation: a header, a cursor.
 *
 * @category errors
 * @since 0.1.0
 */
export const invalid = (path: string, problem: string): Refusal.Refusal =>
  refusal(422, "InvalidInput", `${path}: ${problem}`, { problems: [{ path, problem }] })

/**
 * Says a refusal in a contract's words.
 *
 * @category operations
 * @since 0.1.0
 */
export const reply = (
  { envelope, malformed }: Dialect,
  refused: Refusal.Refusal,
  asked?: Asked
): Reply => ({
  status: statusOf(refused.status, malformed),
  headers: headersOf[refused.status] ?? {},
  body: envelope(refused, asked)
})

/**
 * The status that a dialect has for a refusal's.
 *
 * @category rules
 * @since 0.1.0
 */
export const statusOf = (status: number, malformed: Dialect["malformed"]): number =>
  status === 422 ? malformed : status

/**
 * Hands a reply to the HTTP library.
 *
 * @category operations
 * @since 0.1.0
 */
export const toResponse = ({
  body,
  headers,
  status
}: Reply): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(body, { status, headers })

/**
 * Answers with a refusal.
 *
 * @category operations
 * @since 0.1.0
 */
export const respond = (
  dialect: Dialect,
  refused: Refusal.Refusal,
  asked?: Asked
): HttpServerResponse.HttpServerResponse => toResponse(reply(dialect, refused, asked))

// internal --------------------------------------------------------------------

const headersOf: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { "www-authenticate": "Bearer" },
  // What is left of the body is not waited for.
  408: { connection: "close" },
  413: { connection: "close" },
  503: { "retry-after": "1" }
}

const detailsOf = ({ code, facts, message }: Refusal.Refusal, asked?: Asked) => {
  const problems = problemsOf(facts["problems"])
  if (problems.length === 0) return [{ type: typeOf(code), loc: ["body"], msg: message }]
  return problems.map(({ path, problem }): Detail => {
    const keys = path === "" ? [] : path.split(".")
    const input = valueAt(asked?.input, keys)
    return {
      type: problem === missing ? "missing" : "value_error",
      loc: [placeOf(keys[0], asked), ...keys.map(indexOrKey)],
      msg: problem,
      ...(input === undefined ? {} : { input })
    }
  })
}

const missing = "Missing key"

const typeOf = (code: string) => (code === "MalformedBody" ? "json_invalid" : "value_error")

const placeOf = (key: string | undefined, asked: Asked | undefined): string =>
  asked?.fields.find(({ name }) => name === key)?.place ?? "body"

const indexOrKey = (key: string) => (/^\d+$/.test(key) ? Number(key) : key)

/**
 * What was sent there, if it is short: nobody wants a wrong body of a megabyte back. Nor a secret in
 * the wrong field: answers are kept and shown.
 */
const valueAt = (input: unknown, keys: ReadonlyArray<string>): unknown => {
  const value = keys.reduce<unknown>(
    (inner, key) => (isRecord(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    input
  )
  if (keys.some(Secret.isSecretName)) return undefined
  if (typeof value === "string") {
    return value.length > 200 || Secret.mask(value) !== value ? undefined : value
  }
  return keys.length > 0 && (typeof value !== "object" || value === null) ? value : undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const problemsOf = (problems: unknown): ReadonlyArray<{ path: string; problem: string }> =>
  Array.isArray(problems)
    ? problems.filter(isRecord).map(({ path, problem }) => ({
        path: String(path),
        problem: String(problem)
      }))
    : []
