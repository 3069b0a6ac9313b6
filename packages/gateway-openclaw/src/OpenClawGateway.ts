/**
 * The door for OpenClaw: its envelope in, a manager's command, its envelope out.
 *
 * It translates and nothing else: what a command means, who may give it and what it is refused is
 * decided where the manager API decides it too. The server that this is mounted on has let the
 * caller in and has read the body within its limits.
 *
 * @since 0.1.0
 */
import { type Actor, Authorization, Foreman, Refusal } from "@foreman/core"
import { type Context, Effect } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"

// models ----------------------------------------------------------------------

/**
 * A request that was let in, as the server that this is mounted on hands it over.
 *
 * @category models
 * @since 0.1.0
 */
export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly actor: Actor.Actor
  /** The text of the body. */
  readonly body: string
  /** What every answer carries besides its own headers. */
  readonly headers: Readonly<Record<string, string>>
  /** What the events of the request's commands are found by. */
  readonly correlationId: string
  readonly context: Context.Context<never>
}

/**
 * What is mounted on a server: the form that `@foreman/http` takes.
 *
 * @category services
 * @since 0.1.0
 */
export interface OpenClawGateway {
  readonly path: `/${string}`
  readonly methods: ReadonlyArray<"POST">
  /** Resolves when the answer is written, or the caller is gone. */
  readonly answer: (visit: Visit) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * A manager's command and its key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Command {
  readonly input: Readonly<Record<string, unknown>>
  readonly idempotencyKey: string | undefined
}

/**
 * An answer, before it is written.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

// rules -----------------------------------------------------------------------

/**
 * Reads an envelope: a JSON object whose `action` is what the manager API calls `kind`. Fields that
 * are not known are ignored, those that are keep their names.
 *
 * **Example** (The action is the kind)
 *
 * ```ts import.meta.vitest
 * import { OpenClawGateway } from "@foreman/gateway-openclaw"
 *
 * const command = OpenClawGateway.commandOf('{"action":"create_task","summary":"Mend it"}')
 *
 * command?.input // => { kind: "create_task", summary: "Mend it" }
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const commandOf = (body: string): Command | undefined => {
  const envelope = parse(body)
  if (envelope === undefined) return undefined
  const named = fields.filter((name) => Object.hasOwn(envelope, name))
  const { action, idempotency_key: key } = envelope
  return {
    input: {
      ...(action === undefined ? {} : { kind: action }),
      ...Object.fromEntries(named.map((name) => [name, envelope[name]]))
    },
    idempotencyKey: key === undefined || key === null || key === "" ? undefined : String(key)
  }
}

// services --------------------------------------------------------------------

/**
 * Serves a running Foreman under `POST /gateways/openclaw/command`.
 *
 * **Example** (Beside the manager API, on the same address)
 *
 * ```ts
 * import { OpenClawGateway } from "@foreman/gateway-openclaw"
 * import { HttpServer } from "@foreman/http"
 * import { Effect, Layer } from "effect"
 *
 * const server = Layer.unwrap(
 *   Effect.map(OpenClawGateway.make, (gateway) => HttpServer.layer({ mounts: [gateway] }))
 * )
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const make: Effect.Effect<OpenClawGateway, never, Foreman> = Effect.map(
  Foreman,
  (foreman) => ({
    path: "/gateways/openclaw/command",
    methods: ["POST"],
    answer: (visit) => answer(foreman, visit),
    close: async () => undefined
  })
)

// internal --------------------------------------------------------------------

/** What the manager's command takes under the same names. */
const fields = [
  "session_id",
  "project_id",
  "module_id",
  "task_id",
  "name",
  "summary",
  "description",
  "repo_root",
  "task_type",
  "write_scope",
  "acceptance",
  "priority"
]

/** How long a caller waits at most. Commands that start long work answer much sooner. */
const answerMillis = 30_000

const answer = async (foreman: Foreman["Service"], visit: Visit): Promise<void> => {
  const { context, headers, request, response } = visit
  const gone = new AbortController()
  const leave = () => gone.abort()
  response.once("close", leave)
  try {
    const given = request.headers["idempotency-key"]
    const command = commandOf(visit.body)
    const key = typeof given === "string" ? given : command?.idempotencyKey
    const asked =
      command === undefined
        ? Effect.succeed(refuse(notJson))
        : isKey(key)
          ? ask(foreman, visit, { ...command, idempotencyKey: key })
          : Effect.succeed(refuse(keyInvalid))
    // Whoever hangs up takes the wish back, as long as it is not carried out.
    const { body, status } = await Effect.runPromiseWith(context)(asked, { signal: gone.signal })
    if (gone.signal.aborted) return
    response.writeHead(status, { ...headers, "content-type": "application/json" })
    response.end(JSON.stringify(body))
  } catch (error) {
    if (!gone.signal.aborted) throw error
  } finally {
    response.off("close", leave)
  }
}

const ask = (
  foreman: Foreman["Service"],
  { actor, correlationId }: Visit,
  { idempotencyKey, input }: Command
): Effect.Effect<Reply> =>
  foreman.invoke("manager_command", input, { correlationId, idempotencyKey }).pipe(
    Effect.provideService(Authorization.CurrentActor, actor),
    Effect.timeoutOrElse({ duration: answerMillis, orElse: () => Effect.fail(tooLate) }),
    Effect.match({
      onFailure: refuse,
      // As: a manager's command answers with an object.
      onSuccess: (result) => ({ status: 200, body: result as Reply["body"] })
    })
  )

/** An input that does not fit is 400 here, as on the manager API. */
const refuse = (refused: Refusal.Refusal): Reply => ({
  status: refused.status === 422 ? 400 : refused.status,
  body: Refusal.manager(refused)
})

const isKey = (key: string | undefined): boolean =>
  key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)

const parse = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    // As: what is an object and no list has its fields by name.
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

const notJson: Refusal.Refusal = {
  status: 400,
  code: "MalformedBody",
  message: "The body is no JSON object",
  facts: {}
}

const keyInvalid: Refusal.Refusal = {
  status: 400,
  code: "InvalidInput",
  message: "idempotency_key: Expected 1 to 255 visible ASCII characters",
  facts: {
    problems: [{ path: "idempotency_key", problem: "Expected 1 to 255 visible ASCII characters" }]
  }
}

const tooLate: Refusal.Refusal = {
  status: 503,
  code: "HandlerTimeout",
  message: "No answer came in time; with an idempotency_key the request can be repeated safely",
  facts: { retryable: true }
}
