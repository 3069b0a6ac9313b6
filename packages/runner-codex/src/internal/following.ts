/**
 * What the runner remembers of what Codex tells while it works.
 *
 * @since 0.1.0
 */
import { Deferred, Effect, Option, Schema } from "effect"

import type { AgentRequest } from "@foreman/core"
import * as Protocol from "./protocol.ts"

// models ----------------------------------------------------------------------

/** The memory of one run. */
export interface Following {
  readonly onNotice: (method: string, params: Schema.Json) => Effect.Effect<void>
  readonly setThread: (threadId: string) => void
  readonly threadId: () => string | undefined
  /** The turn once it is over. */
  readonly ended: Deferred.Deferred<Protocol.Turn>
  /** The last message of the agent. */
  readonly said: () => string
  /** The last error since the model last spoke. Codex may have thought that it would pass. */
  readonly lastError: () => Protocol.TurnError | undefined
  readonly resetsAt: () => number | undefined
  readonly pathsOf: (itemId: string) => ReadonlyArray<string>
  /** Whether it is a command or a tool that is waited for, and not the model. */
  readonly isBusy: () => boolean
}

// services --------------------------------------------------------------------

/** Begins to follow. The report of usage is told each new total. */
export const make = (
  report: (total: AgentRequest.TokenUsage) => Effect.Effect<void>
): Following => {
  const ended = Deferred.makeUnsafe<Protocol.Turn>()
  const usage = makeUsage()
  const work = makeWork()
  let thread: string | undefined
  let turnId: string | undefined
  let said = ""
  let lastError: Protocol.TurnError | undefined
  let resetsAt: number | undefined
  const isOurs = (params: Schema.Json) => thread !== undefined && threadOf(params) === thread

  const handlers = {
    "turn/started": on("turn/started", ({ turn }, params) =>
      Effect.sync(() => {
        if (isOurs(params)) turnId = turn.id
      })
    ),
    "turn/completed": on("turn/completed", ({ turn }, params) =>
      isOurs(params) ? Effect.asVoid(Deferred.succeed(ended, turn)) : Effect.void
    ),
    "thread/tokenUsage/updated": on("thread/tokenUsage/updated", (notice, params) => {
      const id = threadOf(params)
      if (id === undefined) return Effect.void
      // A thread that is gone on with tells first what its earlier turns have used.
      const isPast = thread === undefined || (id === thread && notice.turnId !== turnId)
      const total = usage(id, notice.tokenUsage, isPast)
      return isPast ? Effect.void : report(total)
    }),
    "account/rateLimits/updated": on("account/rateLimits/updated", ({ rateLimits }) => {
      const { primary, secondary } = rateLimits
      const full = [primary, secondary].filter((limit) => (limit?.usedPercent ?? 0) >= 100)
      const times = full.flatMap((limit) => limit?.resetsAt ?? [])
      if (times.length > 0) resetsAt = 1_000 * Math.max(...times)
      return Effect.void
    }),
    "item/started": on("item/started", ({ item }) =>
      Effect.sync(() => {
        if (work.begin(item)) lastError = undefined
      })
    ),
    "item/completed": on("item/completed", ({ item: { id, text, type } }, params) =>
      Effect.sync(() => {
        work.end(id)
        if (type === "agentMessage" && text !== undefined && isOurs(params)) said = text
      })
    ),
    error: on("error", ({ error }, params) =>
      Effect.sync(() => {
        if (isOurs(params)) lastError = error
      })
    )
  } as const
  return {
    ended,
    setThread: (threadId) => void (thread = threadId),
    threadId: () => thread,
    said: () => said,
    lastError: () => lastError,
    resetsAt: () => resetsAt,
    pathsOf: work.pathsOf,
    isBusy: work.isBusy,
    // As: the line says that it is one of the known.
    onNotice: (method, params) =>
      Object.hasOwn(handlers, method)
        ? handlers[method as keyof typeof handlers](params)
        : Effect.void
  }
}

// internal --------------------------------------------------------------------

const mostRemembered = 1_000
const mostThreads = 100
const modelItems = new Set(["agentMessage", "reasoning", "plan"])
const workItems = new Set([
  "commandExecution",
  "mcpToolCall",
  "dynamicToolCall",
  "collabAgentToolCall",
  "webSearch"
])

/** Which commands and tools the model waits for, and what changes are about. */
const makeWork = () => {
  const paths = new Map<string, ReadonlyArray<string>>()
  const busy = new Set<string>()
  return {
    isBusy: () => busy.size > 0,
    pathsOf: (id: string): ReadonlyArray<string> => paths.get(id) ?? [],
    end: (id: string) => void busy.delete(id),
    /** Says whether it is the model that goes on. */
    begin: ({ changes, id, type }: Notices["item/started"]["Type"]["item"]): boolean => {
      if (changes !== undefined) {
        if (paths.size >= mostRemembered) paths.clear()
        const changed = changes.slice(0, mostRemembered)
        paths.set(
          id,
          changed.map(({ path }) => path)
        )
      }
      if (workItems.has(type)) busy.add(id)
      if (!modelItems.has(type)) return false
      // So it waits for no command any more; one may still run behind it.
      busy.clear()
      return true
    }
  }
}

type Notices = typeof Protocol.notices

/** A notice that does not decode says nothing. */
const on = <Method extends keyof Notices>(
  method: Method,
  handle: (known: Notices[Method]["Type"], params: Schema.Json) => Effect.Effect<void>
) => {
  // As: a schema of a union of schemas is one of them.
  const schema = Protocol.notices[method] as unknown as Schema.Codec<
    Notices[Method]["Type"],
    unknown
  >
  const decode = Schema.decodeUnknownOption(schema)
  return (params: Schema.Json): Effect.Effect<void> =>
    Option.match(decode(params), {
      onNone: () => Effect.void,
      onSome: (known) => handle(known, params)
    })
}

const decodeThread = Schema.decodeUnknownOption(Schema.Struct({ threadId: Schema.String }))

const threadOf = (params: Schema.Json) => Option.getOrUndefined(decodeThread(params))?.threadId

/**
 * A thread's total counts from its first turn on, those of earlier runs among them. What the run
 * itself has used is the difference to what stood before its first answer, over all its threads.
 */
const makeUsage = () => {
  const threads = new Map<string, { readonly before: Protocol.Tokens; total: Protocol.Tokens }>()
  return (
    threadId: string,
    { last, total }: { readonly total: Protocol.Tokens; readonly last: Protocol.Tokens },
    isPast: boolean
  ): AgentRequest.TokenUsage => {
    const known = threads.get(threadId)
    if (known !== undefined && !isPast) known.total = total
    else if (known !== undefined || threads.size < mostThreads) {
      threads.set(threadId, { before: isPast ? total : less(total, last), total })
    }
    const sum = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 }
    for (const thread of threads.values()) {
      const used = less(thread.total, thread.before)
      sum.inputTokens += used.inputTokens
      sum.cachedInputTokens += used.cachedInputTokens
      sum.outputTokens += used.outputTokens
      sum.reasoningTokens += used.reasoningOutputTokens
    }
    return sum
  }
}

const less = (one: Protocol.Tokens, other: Protocol.Tokens): Protocol.Tokens => ({
  inputTokens: Math.max(0, one.inputTokens - other.inputTokens),
  cachedInputTokens: Math.max(0, one.cachedInputTokens - other.cachedInputTokens),
  outputTokens: Math.max(0, one.outputTokens - other.outputTokens),
  reasoningOutputTokens: Math.max(0, one.reasoningOutputTokens - other.reasoningOutputTokens)
})
