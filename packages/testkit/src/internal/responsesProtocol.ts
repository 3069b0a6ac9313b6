/**
 * OpenAI's Responses API.
 *
 * @since 0.1.0
 */
import { Duration, Result, type Schema } from "effect"
import type { ModelRequest } from "../ModelScript.ts"
import {
  type Asked,
  objectOf,
  objectsOf,
  parse,
  type Protocol,
  type Refusal,
  type Reply
} from "./modelProtocol.ts"
import { composeResponse } from "./responsesAnswer.ts"
import { readResponses } from "./responsesRequest.ts"

// rules -----------------------------------------------------------------------

/** How OpenAI says it. */
export const responses: Protocol = {
  idHeader: "x-request-id",
  key: (headers) => /^Bearer (.+)$/i.exec(headers["authorization"] ?? "")?.[1],
  fixed: (asked, models) => fixed(asked, models),
  read: readResponses,
  refuse: (refusal, now) => refuse(refusal, now),
  aside: (request) => aside(request),
  compose: composeResponse
}

// internal --------------------------------------------------------------------

const fixed = (
  { method, path }: Asked,
  models: ReadonlyArray<string> = ["scripted-model"]
): Result.Result<Schema.JsonObject, Refusal> | undefined => {
  const model = (id: string) => ({ id, object: "model", created: 0, owned_by: "foreman" })
  if (method === "GET" && path === "/v1/models") {
    // Codex asks the same address for a catalogue of its own form: an empty one keeps what it has.
    return Result.succeed({ object: "list", data: models.map(model), models: [] })
  }
  const one = method === "GET" ? /^\/v1\/models\/(.+)$/.exec(path)?.[1] : undefined
  if (one !== undefined) {
    return models.includes(one) ? Result.succeed(model(one)) : Result.fail(noModel(one))
  }
  if (path !== "/v1/responses") {
    return Result.fail({ status: 404, message: `Invalid URL (${method} ${path})` })
  }
  return method === "POST"
    ? undefined
    : Result.fail({ status: 405, message: `Not allowed: ${method}`, code: "method_not_supported" })
}

const noModel = (id: string): Refusal => ({
  status: 404,
  message: `The model '${id}' does not exist or you do not have access to it`,
  param: "model",
  code: "model_not_found"
})

const refuse = (refusal: Refusal, now: number): Reply => {
  const { code, headers = {}, kind, message, param, resetsIn, status } = refusal
  const [usualKind, usualCode] = usual(status)
  const seconds =
    resetsIn === undefined
      ? undefined
      : Math.ceil(Duration.toSeconds(Duration.fromInputUnsafe(resetsIn)))
  const limits =
    seconds === undefined
      ? {}
      : {
          "x-ratelimit-remaining-requests": "0",
          "x-ratelimit-reset-requests": `${seconds}s`
        }
  const type = kind ?? usualKind
  return {
    status,
    headers: { ...limits, ...headers },
    body: {
      error: {
        message: message ?? `The script refuses with ${status}`,
        type,
        param: param ?? null,
        code: code ?? usualCode,
        // The limit of a plan says in the body when it is lifted, and not in headers alone.
        ...(type === "usage_limit_reached" && seconds !== undefined
          ? { resets_at: Math.floor(now / 1000) + seconds, resets_in_seconds: seconds }
          : {})
      }
    }
  }
}

const usual = (status: number): readonly [kind: string, code: string | null] => {
  if (status === 401) return ["invalid_request_error", "invalid_api_key"]
  if (status === 429) return ["requests", "rate_limit_exceeded"]
  return [status < 500 ? "invalid_request_error" : "server_error", null]
}

/** Codex asks for titles, and has a model judge whether an action is safe. */
const aside = ({ body, headers, tools }: ModelRequest): string | undefined => {
  const turn = headers["x-codex-turn-metadata"]
  if (turn === undefined) return undefined
  if (objectOf(parse(turn))["subagent_kind"] === "guardian") {
    const verdict = { outcome: "allow", risk_level: "low", user_authorization: "high" }
    return JSON.stringify({ ...verdict, rationale: "The script allows everything" })
  }
  if (
    tools.length > 0 ||
    objectsOf(body["input"]).some(({ type }) => type === "additional_tools")
  ) {
    return undefined
  }
  const schema = objectOf(objectOf(objectOf(body["text"])["format"])["schema"])
  return objectOf(schema["properties"])["title"] === undefined
    ? "ok"
    : JSON.stringify({ title: "A scripted title" })
}
