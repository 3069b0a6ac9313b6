/**
 * Anthropic's Messages API.
 *
 * @since 0.1.0
 */
import { Duration, Result, type Schema } from "effect"
import type { ModelRequest } from "../ModelScript.ts"
import { composeMessage } from "./messagesAnswer.ts"
import { readMessages, wrongIn } from "./messagesRequest.ts"
import { type Asked, objectOf, type Protocol, type Refusal, type Reply } from "./modelProtocol.ts"

// rules -----------------------------------------------------------------------

/** How Anthropic says it. */
export const messages: Protocol = {
  idHeader: "request-id",
  key: (headers) =>
    headers["x-api-key"] ?? /^Bearer (.+)$/i.exec(headers["authorization"] ?? "")?.[1],
  fixed: (asked, models) => fixed(asked, models),
  read: readMessages,
  refuse: (refusal, now, id) => refuse(refusal, now, id),
  aside: (request) => aside(request),
  compose: composeMessage
}

// internal --------------------------------------------------------------------

const fixed = (
  { body, headers, method, path }: Asked,
  models: ReadonlyArray<string> = ["scripted-model"]
): Result.Result<Schema.JsonObject, Refusal> | undefined => {
  const model = (id: string) => ({
    type: "model",
    id,
    display_name: id,
    created_at: "2026-01-01T00:00:00Z"
  })
  if (method === "GET" && path === "/v1/models") {
    const ids = { first_id: models[0] ?? null, last_id: models.at(-1) ?? null }
    return Result.succeed({ data: models.map(model), has_more: false, ...ids })
  }
  const one = method === "GET" ? /^\/v1\/models\/(.+)$/.exec(path)?.[1] : undefined
  if (one !== undefined) {
    return models.includes(one)
      ? Result.succeed(model(one))
      : Result.fail({ status: 404, message: `model: ${one}` })
  }
  // Claude Code looks whether somebody is there before it asks.
  if (path === "/" && (method === "HEAD" || method === "GET")) return Result.succeed({})
  if (path === "/v1/messages/count_tokens" && method === "POST") {
    const wrong = wrongIn(objectOf(body), headers, ["model", "messages"])
    // Four characters are about one token.
    const count = Math.ceil(JSON.stringify(objectOf(body)["messages"] ?? "").length / 4)
    return wrong === undefined ? Result.succeed({ input_tokens: count }) : Result.fail(wrong)
  }
  if (path !== "/v1/messages") return Result.fail({ status: 404, message: "Not found" })
  return method === "POST"
    ? undefined
    : Result.fail({ status: 405, message: "Method Not Allowed", kind: "invalid_request_error" })
}

const kinds: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error"
}

const refuse = (refusal: Refusal, now: number, id: string): Reply => {
  const { headers = {}, kind, message, resetsIn, status } = refusal
  const type = kind ?? kinds[status] ?? (status < 500 ? "invalid_request_error" : "api_error")
  const reset =
    resetsIn === undefined ? undefined : now + Duration.toMillis(Duration.fromInputUnsafe(resetsIn))
  const limits =
    reset === undefined
      ? {}
      : {
          "anthropic-ratelimit-requests-remaining": "0",
          "anthropic-ratelimit-requests-reset": new Date(reset).toISOString()
        }
  return {
    status,
    headers: { ...limits, ...headers },
    body: {
      type: "error",
      error: { type, message: message ?? `The script refuses with ${status}` },
      request_id: id
    }
  }
}

const aside = ({ headers, prompt, tools }: ModelRequest): string | undefined =>
  (headers["user-agent"] ?? "").startsWith("claude-cli/") &&
  (tools.length === 0 || prompt.startsWith("[SUGGESTION MODE"))
    ? "ok"
    : undefined
