/**
 * The body of a request: JSON, an object, and never more of it than the limits allow.
 *
 * Depth and lengths are counted in the text, before anything is built from it.
 *
 * @since 0.1.0
 */
import { Effect, Fiber } from "effect"
import type { HttpServerError, HttpServerRequest } from "effect/http"
import type { Refusal } from "@foreman/core"
import { type Dialect, refusal } from "./Dialect.ts"
import type { Limits } from "./Limits.ts"

// rules -----------------------------------------------------------------------

/**
 * Says which bound a JSON text exceeds. The text need not be valid.
 *
 * **Example** (Too deep)
 *
 * ```ts import.meta.vitest
 * import { JsonBody } from "@foreman/http"
 *
 * JsonBody.excess("[[[]]]", { jsonDepth: 2, arrayItems: 10 }) // => "depth"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const excess = (
  text: string,
  { arrayItems, jsonDepth }: Pick<Limits, "arrayItems" | "jsonDepth">
): "depth" | "items" | undefined => {
  /** The items seen so far of each array that is open; objects are not counted. */
  const open: Array<number> = []
  let isString = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (isString) {
      if (character === backslash) at++
      else if (character === quote) isString = false
    } else if (character === quote) isString = true
    else if (character === leftBracket) open.push(1)
    else if (character === leftBrace) open.push(Number.NEGATIVE_INFINITY)
    else if (character === rightBracket || character === rightBrace) open.pop()
    else if (character === comma) {
      const items = (open.pop() ?? 0) + 1
      open.push(items)
      if (items > arrayItems) return "items"
    }
    if (open.length > jsonDepth) return "depth"
  }
  return undefined
}

// services --------------------------------------------------------------------

/**
 * Reads the body of a request. An empty one is an object without fields.
 *
 * @category operations
 * @since 0.1.0
 */
export const read = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  limits: Limits,
  dialect: Dialect
): Effect.fn.Return<Readonly<Record<string, unknown>>, Refusal.Refusal> {
  const text = yield* readText(request, limits, dialect)
  if (text === "") return {}
  const body = yield* Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: () => notJson(dialect.malformed)
  })
  return isObject(body) ? body : yield* Effect.fail(notJson(dialect.malformed))
})

/**
 * Reads the text of a body that says that it is JSON, within the limits; what it holds may still be
 * no JSON at all.
 *
 * @category operations
 * @since 0.1.0
 */
export const readText = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  limits: Limits,
  { malformed }: Dialect
): Effect.fn.Return<string, Refusal.Refusal> {
  if (Number(request.headers["content-length"] ?? 0) > limits.bodyBytes) {
    return yield* Effect.fail(tooLarge(limits))
  }
  // To interrupt the reading would cut the connection before the caller learns why. Left alone, it
  // ends with the connection, which the answer closes.
  const reading = yield* Effect.forkDetach(request.arrayBuffer, { startImmediately: true })
  const bytes = yield* Fiber.join(reading).pipe(
    Effect.mapError((error) => (isTooLarge(error) ? tooLarge(limits) : notJson(malformed))),
    Effect.timeoutOrElse({ duration: limits.bodyMillis, orElse: () => Effect.fail(tooSlow) })
  )
  if (bytes.byteLength === 0) return ""
  if (!isJson(request.headers["content-type"])) return yield* Effect.fail(unsupportedMediaType)
  const text = yield* Effect.try({
    try: () => decoder.decode(bytes),
    catch: () => notJson(malformed)
  })
  const exceeded = excess(text, limits)
  return exceeded === undefined ? text : yield* Effect.fail(excessive(limits, exceeded))
})

// internal --------------------------------------------------------------------

const [quote, backslash, comma, leftBracket, rightBracket, leftBrace, rightBrace] = [
  34, 92, 44, 91, 93, 123, 125
] as const

const decoder = new TextDecoder("utf-8", { fatal: true })

const isJson = (type: string | undefined): boolean =>
  type !== undefined && /^application\/json\s*(;|$)/i.test(type.trim())

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isTooLarge = ({ reason }: HttpServerError.HttpServerError): boolean =>
  reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"

const notJson = (status: number) =>
  refusal(status, "MalformedBody", "The body is not a JSON object")

const unsupportedMediaType = refusal(
  415,
  "UnsupportedMediaType",
  "Send the body as application/json"
)

const tooLarge = ({ bodyBytes: limit }: Limits) =>
  refusal(413, "BodyTooLarge", `The body is longer than ${limit} bytes`, { limit })

const tooSlow = refusal(408, "BodyTimeout", "The body did not arrive in time")

const excessive = ({ arrayItems, jsonDepth }: Limits, bound: "depth" | "items") =>
  bound === "depth"
    ? refusal(422, "BodyTooDeep", `The body is nested deeper than ${jsonDepth} levels`, {
        limit: jsonDepth
      })
    : refusal(422, "ArrayTooLong", `An array of the body has more than ${arrayItems} items`, {
        limit: arrayItems
      })
