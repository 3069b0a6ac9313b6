/**
 * A conversation with `codex app-server` over the pipes of its process.
 *
 * Each request of ours has a bound. Requests of Codex are answered each in a fiber of its own, so that
 * one that waits for a person holds up no other message.
 *
 * @since 0.1.0
 */
import { Clock, Data, Deferred, Effect, Stream } from "effect"
import type { Schema, Scope } from "effect"

import type { ProcessError, Supervisor } from "@foreman/process"
import * as Lines from "./lines.ts"
import * as Protocol from "./protocol.ts"

// models ----------------------------------------------------------------------

/** What is said to a request of Codex. */
export type Reply =
  | { readonly result: Schema.Json }
  | { readonly error: { readonly code: number; readonly message: string } }

/** What the conversation leads to. */
export interface Handlers {
  readonly onNotice: (method: string, params: Schema.Json) => Effect.Effect<void>
  readonly onRequest: (method: string, params: Schema.Json) => Effect.Effect<Reply>
}

/** The conversation. */
export interface Connection {
  /** Asks and waits for the answer. */
  readonly request: (
    method: string,
    params: Schema.JsonObject
  ) => Effect.Effect<Schema.Json, CallFailed | ProcessError.ProcessError>
  readonly notify: (method: string) => Effect.Effect<void, ProcessError.ProcessError>
  /** Lines that were no message, or too long to be read. */
  readonly malformed: () => number
  /** How many requests of Codex wait for their answers. */
  readonly waiting: () => number
  /** When Codex said something last, in milliseconds of the clock. */
  readonly heardAt: () => number
  /** Waits until all that Codex wrote before its end has been read. */
  readonly drained: Effect.Effect<void>
}

// errors ----------------------------------------------------------------------

/** Codex refused a request, or did not answer it in time, or ended before it did. */
export class CallFailed extends Data.TaggedError("CallFailed")<{
  readonly method: string
  readonly reason: "refused" | "late" | "ended"
  readonly detail: string
}> {
  override get message() {
    return `${this.method}: ${this.detail}`
  }
}

// services --------------------------------------------------------------------

/** Talks with a process until it ends. */
export const open = Effect.fnUntraced(function* (
  running: Supervisor.RunningProcess,
  handlers: Handlers
): Effect.fn.Return<Connection, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const state: State = {
    pending: new Map(),
    drained: yield* Deferred.make<void>(),
    heardAt: yield* Clock.currentTimeMillis,
    malformed: 0,
    waiting: 0,
    next: 1
  }
  const send = (message: Schema.JsonObject) => running.write(`${JSON.stringify(message)}\n`)
  const { drained, pending } = state
  yield* running.stdout.pipe(
    Stream.runForEach(taking({ state, handlers, scope, send })),
    Effect.ignore,
    Effect.ensuring(
      Effect.suspend(() =>
        Effect.andThen(
          Effect.forEach([...pending.keys()], (id) => settle(pending, id, ended)),
          Deferred.succeed(drained, undefined)
        )
      )
    ),
    Effect.forkIn(scope)
  )
  return {
    malformed: () => state.malformed,
    waiting: () => state.waiting,
    heardAt: () => state.heardAt,
    drained: Deferred.await(drained),
    notify: (method) => send({ method }),
    request: Effect.fnUntraced(function* (method, params) {
      const id = state.next
      state.next += 1
      const answer = yield* Deferred.make<Schema.Json, CallFailed>()
      pending.set(id, answer)
      const detail = `no answer in ${mostSeconds} s`
      const late = new CallFailed({ method, reason: "late", detail })
      return yield* Effect.andThen(send({ id, method, params }), Deferred.await(answer)).pipe(
        Effect.timeoutOrElse({ duration: mostMillis, orElse: () => Effect.fail(late) }),
        Effect.catchTag("CallFailed", ({ detail, reason }) =>
          Effect.fail(new CallFailed({ method, reason, detail }))
        ),
        Effect.ensuring(Effect.sync(() => pending.delete(id)))
      )
    })
  }
})

// internal --------------------------------------------------------------------

const mostLineBytes = 16 * 1024 * 1024
const mostSeconds = 60
const mostMillis = mostSeconds * 1_000
const mostWaiting = 100
const tooMany = { code: -32_001, message: "too many requests are waiting" }

const ended = Effect.fail(
  new CallFailed({ method: "", reason: "ended", detail: "codex has ended" })
)

const settle = (
  pending: Map<number, Deferred.Deferred<Schema.Json, CallFailed>>,
  id: number,
  result: Effect.Effect<Schema.Json, CallFailed>
): Effect.Effect<boolean> => {
  const waiting = pending.get(id)
  return waiting === undefined ? Effect.succeed(false) : Deferred.complete(waiting, result)
}

interface State {
  readonly pending: Map<number, Deferred.Deferred<Schema.Json, CallFailed>>
  readonly drained: Deferred.Deferred<void>
  heardAt: number
  malformed: number
  waiting: number
  next: number
}

interface Taking {
  readonly state: State
  readonly handlers: Handlers
  readonly scope: Scope.Scope
  readonly send: (message: Schema.JsonObject) => Effect.Effect<void, ProcessError.ProcessError>
}

/** Takes in what Codex writes, as it comes. */
const taking = (context: Taking) => {
  const { state } = context
  const cut = Lines.make(mostLineBytes)
  return Effect.fnUntraced(function* (bytes: Uint8Array) {
    state.heardAt = yield* Clock.currentTimeMillis
    const { lines, tooLong } = cut(bytes)
    state.malformed += tooLong
    for (const line of lines) yield* take(context, line)
  })
}

const take = Effect.fnUntraced(function* ({ handlers, scope, send, state }: Taking, line: string) {
  const message = Protocol.read(line)
  switch (message?._tag) {
    case undefined:
      state.malformed += 1
      return
    case "Notice":
      return yield* handlers.onNotice(message.method, message.params)
    case "Request": {
      const { id, method, params } = message
      // Beyond this nobody is waited for: an agent that asks so much at once is out of order.
      if (state.waiting >= mostWaiting) return yield* Effect.ignore(send({ id, error: tooMany }))
      state.waiting += 1
      const reply = handlers.onRequest(method, params).pipe(
        // Who reads no answer is not waited for: the watch on the model's silence goes on.
        Effect.flatMap((answer) => Effect.timeoutOption(send({ id, ...answer }), mostMillis)),
        Effect.ignore,
        Effect.ensuring(
          // A person may have taken long; the model's time begins now.
          Effect.map(Clock.currentTimeMillis, (now) => {
            state.waiting -= 1
            state.heardAt = now
          })
        )
      )
      yield* Effect.forkIn(reply, scope)
      return
    }
    case "Answer":
      yield* settle(state.pending, message.id, Effect.succeed(message.result))
      return
    case "Failure": {
      const { detail, id } = message
      const failure = new CallFailed({ method: "", reason: "refused", detail })
      yield* settle(state.pending, id, Effect.fail(failure))
    }
  }
})
