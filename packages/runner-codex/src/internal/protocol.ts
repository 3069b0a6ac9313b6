/**
 * The messages of `codex app-server` that the runner reads: lines of JSON-RPC without the member
 * `jsonrpc`. Everything else it says is kept as output and not understood.
 *
 * @since 0.1.0
 */
import { Option, Schema } from "effect"

// models ----------------------------------------------------------------------

/** A message, told from the others by the members it has. */
export type Message =
  | { readonly _tag: "Answer"; readonly id: number; readonly result: Schema.Json }
  | {
      readonly _tag: "Failure"
      readonly id: number
      readonly code: number
      readonly detail: string
    }
  | {
      readonly _tag: "Request"
      readonly id: number | string
      readonly method: string
      readonly params: Schema.Json
    }
  | { readonly _tag: "Notice"; readonly method: string; readonly params: Schema.Json }

/** Why a model did not answer. Of what is a word or an object with one member, the word. */
export const TurnError = Schema.Struct({
  message: Schema.String,
  codexErrorInfo: Schema.optionalKey(Schema.Unknown),
  additionalDetails: Schema.optionalKey(Schema.NullOr(Schema.String))
})
export type TurnError = typeof TurnError.Type

export const Turn = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  error: Schema.optionalKey(Schema.NullOr(TurnError))
})
export type Turn = typeof Turn.Type

const Tokens = Schema.Struct({
  inputTokens: Schema.Int,
  cachedInputTokens: Schema.Int,
  outputTokens: Schema.Int,
  reasoningOutputTokens: Schema.Int
})
export type Tokens = typeof Tokens.Type

const RateLimit = Schema.NullOr(
  Schema.Struct({ usedPercent: Schema.Finite, resetsAt: Schema.NullOr(Schema.Finite) })
)

/** What the runner reads of a notice, by its method. */
export const notices = {
  "turn/started": Schema.Struct({ turn: Turn }),
  "turn/completed": Schema.Struct({ turn: Turn }),
  "thread/tokenUsage/updated": Schema.Struct({
    turnId: Schema.String,
    tokenUsage: Schema.Struct({ total: Tokens, last: Tokens })
  }),
  "account/rateLimits/updated": Schema.Struct({
    rateLimits: Schema.Struct({ primary: RateLimit, secondary: RateLimit })
  }),
  "item/started": Schema.Struct({
    item: Schema.Struct({
      id: Schema.String,
      type: Schema.String,
      changes: Schema.optionalKey(Schema.Array(Schema.Struct({ path: Schema.String })))
    })
  }),
  "item/completed": Schema.Struct({
    item: Schema.Struct({
      id: Schema.String,
      type: Schema.String,
      text: Schema.optionalKey(Schema.String)
    })
  }),
  error: Schema.Struct({ error: TurnError, willRetry: Schema.Boolean })
} as const

/** What the runner reads of a request, by its method. */
export const requests = {
  "item/commandExecution/requestApproval": Schema.Struct({
    command: Schema.optionalKey(Schema.NullOr(Schema.String)),
    cwd: Schema.optionalKey(Schema.NullOr(Schema.String)),
    reason: Schema.optionalKey(Schema.NullOr(Schema.String))
  }),
  "item/fileChange/requestApproval": Schema.Struct({
    itemId: Schema.String,
    reason: Schema.optionalKey(Schema.NullOr(Schema.String)),
    grantRoot: Schema.optionalKey(Schema.NullOr(Schema.String))
  }),
  "mcpServer/elicitation/request": Schema.Struct({
    serverName: Schema.String,
    mode: Schema.String,
    message: Schema.String,
    url: Schema.optionalKey(Schema.String),
    _meta: Schema.optionalKey(Schema.NullOr(Schema.JsonObject)),
    requestedSchema: Schema.optionalKey(Schema.Json)
  }),
  "item/tool/requestUserInput": Schema.Struct({
    questions: Schema.Array(
      Schema.Struct({
        id: Schema.String,
        question: Schema.String,
        options: Schema.NullOr(Schema.Array(Schema.Struct({ label: Schema.String })))
      })
    )
  })
} as const

export const ThreadAnswer = Schema.Struct({ thread: Schema.Struct({ id: Schema.String }) })
export const TurnAnswer = Schema.Struct({ turn: Turn })

// rules -----------------------------------------------------------------------

/** The message of a line; undefined for what is none. */
export const read = (line: string): Message | undefined => {
  const frame = Option.getOrUndefined(decodeFrame(line))
  if (frame === undefined) return undefined
  const { error, id, method, params = null, result = null } = frame
  if (method !== undefined) {
    return id === undefined
      ? { _tag: "Notice", method, params }
      : { _tag: "Request", id, method, params }
  }
  if (typeof id !== "number") return undefined
  return error === undefined
    ? { _tag: "Answer", id, result }
    : { _tag: "Failure", id, code: error.code, detail: error.message }
}

// internal --------------------------------------------------------------------

const Frame = Schema.Struct({
  id: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.String])),
  method: Schema.optionalKey(Schema.String),
  params: Schema.optionalKey(Schema.Json),
  result: Schema.optionalKey(Schema.Json),
  error: Schema.optionalKey(Schema.Struct({ code: Schema.Finite, message: Schema.String }))
})

const decodeFrame = Schema.decodeUnknownOption(Schema.fromJsonString(Frame))
