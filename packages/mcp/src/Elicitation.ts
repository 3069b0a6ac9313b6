/**
 * Asking the person at the client what an agent wants to know.
 *
 * `ask_human` makes a request that is kept, whoever is there to answer it. When the client can ask
 * its person, and that person is who the connection speaks for, the question is put to them there as
 * well, and what they say becomes the response to the kept request. A person who does not answer, a
 * client that goes away and a server that ends change nothing: the request is still pending.
 *
 * An answer comes through an agent's own client, so it is worth what the connection's token is worth.
 * Only where the token is the person's own is anybody asked, and the record names the client. A
 * run's client asks nobody, and what it says of itself is not believed.
 *
 * @since 0.1.0
 */
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  type CallToolResult,
  type ClientCapabilities,
  type ElicitRequestFormParams,
  type InputRequiredResult,
  type RequestStateCodec,
  type ServerContext
} from "@modelcontextprotocol/server"
import type { Call } from "./McpServer.ts"

// models ----------------------------------------------------------------------

/**
 * How a person is asked.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * Signs what a client of the revision 2026-07-28 hands back with an answer: at least 32 bytes, the
   * same for as long as such an answer may come. Random unless given, so that it ends with the process.
   */
  readonly stateKey?: Uint8Array
  /** How long a person may take on a connection of the older revisions, 4 minutes unless said. */
  readonly waitMillis?: number
}

/**
 * What the older revisions say of a client once for a whole connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface Peer {
  readonly capabilities: ClientCapabilities | undefined
  readonly name: string | undefined
  /** Says whether the connection is of a revision in which servers send no requests. */
  readonly isModern: boolean
}

/**
 * Two ways to call: as whoever is connected, and as the person of whom a client says that they have
 * answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface Calls {
  readonly call: Call
  readonly through: (client: string) => Call
}

/**
 * Asks people.
 *
 * @category models
 * @since 0.1.0
 */
export interface Elicitation {
  /** Checks what a client hands back. It belongs into the options of the SDK's server. */
  readonly verify: RequestStateCodec<State>["verify"]
  /** Answers a call of `ask_human`. */
  readonly ask: (
    calls: Calls,
    input: Readonly<Record<string, unknown>>,
    context: ServerContext,
    peer: Peer
  ) => Promise<CallToolResult | InputRequiredResult>
}

/**
 * What goes to the client and comes back: the request that is being answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface State {
  readonly requestId: number
}

/**
 * The tool that asks.
 *
 * @category configuration
 * @since 0.1.0
 */
export const tool = "ask_human"

// rules -----------------------------------------------------------------------

/**
 * Says whether a client can show a form to its person. One that says no more than that it elicits
 * means forms.
 *
 * @category rules
 * @since 0.1.0
 */
export const takesForms = (capabilities: ClientCapabilities | undefined): boolean => {
  const declared = capabilities?.elicitation
  return declared !== undefined && (declared.form !== undefined || declared.url === undefined)
}

/**
 * The form of a question: its options to choose from, or a line of text.
 *
 * @category rules
 * @since 0.1.0
 */
export const formOf = ({ options, question }: Question): ElicitRequestFormParams => ({
  mode: "form",
  message: question,
  requestedSchema: {
    type: "object",
    properties: {
      [field]:
        options.length === 0
          ? { type: "string", title: "Your answer", minLength: 1 }
          : { type: "string", title: "Your answer", enum: [...options] }
    },
    required: [field]
  }
})

// services --------------------------------------------------------------------

/**
 * Asks people through their clients.
 *
 * @category services
 * @since 0.1.0
 */
export const make = ({ stateKey, waitMillis = 240_000 }: Options = {}): Elicitation => {
  const codec = createRequestStateCodec<State>({
    key: stateKey ?? crypto.getRandomValues(new Uint8Array(32)),
    ttlSeconds: 24 * 60 * 60,
    bind: ({ http, mcpReq }) => `${mcpReq.method} ${http?.authInfo?.clientId ?? ""}`
  })
  const requireAnswer = async (question: Question, context: ServerContext) =>
    inputRequired({
      inputRequests: { [field]: inputRequired.elicit(formOf(question)) },
      requestState: await codec.mint({ requestId: question.requestId }, context)
    })
  return {
    verify: codec.verify,
    ask: async (calls, input, context, peer) => {
      const { envelope, inputResponses, requestState, signal } = context.mcpReq
      const { capabilities, isModern, name } = { ...peer, ...declaredBy(envelope) }
      const given = { ...calls, client: nameOf(name), signal }
      let requestId = requestState<State>()?.requestId
      if (requestId === undefined) {
        if (!takesForms(capabilities)) return calls.call(tool, input, { signal })
        // The person is there: whoever asks waits for them, and not for someone else as well.
        const made = await calls.call(tool, patient(input), { signal })
        requestId = questionOf(made)?.requestId
        if (requestId === undefined) return made
      }
      // A repeat of the call has the first answer, and time has passed.
      const seen = await look(given, requestId)
      const question = questionOf(seen)
      if (question === undefined) return seen
      const reply = isModern
        ? inputResponse(inputResponses, field)
        : await elicit(given, context, question, waitMillis)
      if (isModern && reply.kind === "missing") return requireAnswer(question, context)
      return conclude(given, question, reply)
    }
  }
}

// internal --------------------------------------------------------------------

/** A kept request that waits for its answer. */
interface Question {
  readonly requestId: number
  readonly question: string
  readonly options: ReadonlyArray<string>
}

interface Given extends Calls {
  readonly client: string
  readonly signal: AbortSignal
}

type Reply = ReturnType<typeof inputResponse>

const field = "answer"

/** The request that a call answers with, if it waits for an answer. */
const questionOf = ({ isError, structuredContent }: CallToolResult): Question | undefined => {
  const { id, options, question, status } = Object(structuredContent)
  if (isError === true || status !== "pending" || typeof id !== "number") return undefined
  return {
    requestId: id,
    question: String(question),
    options: Array.isArray(options) ? options.map(String) : []
  }
}

/** What a client of the revision 2026-07-28 says of itself with every request. */
const declaredBy = (envelope: Readonly<Record<string, unknown>> | undefined): Partial<Peer> => {
  if (envelope === undefined) return {}
  const info = envelope[CLIENT_INFO_META_KEY]
  return {
    // As: the SDK has refused what does not fit its schema before a handler sees it.
    capabilities: envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined,
    name: String(Object(info).name ?? "")
  }
}

/** What a client calls itself, made fit for a record. */
const nameOf = (name = ""): string =>
  name.replace(/[^\w .@/-]/g, "").slice(0, 60) || "an MCP client"

const patient = (input: Readonly<Record<string, unknown>>) =>
  input["wait"] === true ? { ...input, wait: false } : input

const look = ({ call, signal }: Given, requestId: number, wait = false) =>
  call("get_human_request", { request_id: requestId, wait }, { signal })

/**
 * Asks on a connection on which servers may. Whoever cannot be asked has not answered, and nobody is
 * asked any longer once someone has answered elsewhere.
 */
const elicit = async (
  given: Given,
  { mcpReq }: ServerContext,
  question: Question,
  timeout: number
): Promise<Reply> => {
  const over = new AbortController()
  const signal = AbortSignal.any([given.signal, over.signal])
  const answer = mcpReq
    .send({ method: "elicitation/create", params: { ...formOf(question) } }, { timeout, signal })
    .then((reply) => inputResponse({ [field]: reply }, field))
  const watching = answeredElsewhere({ ...given, signal }, question.requestId)
  try {
    return await Promise.race([answer, watching])
  } catch {
    return missing
  } finally {
    over.abort("The question is answered")
    await Promise.allSettled([answer, watching])
  }
}

const answeredElsewhere = async (given: Given, requestId: number): Promise<Reply> => {
  for (;;) {
    const seen = await look(given, requestId, true)
    given.signal.throwIfAborted()
    if (seen.isError === true) await aborted(given.signal)
    if (questionOf(seen) === undefined) return missing
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  })

const missing: Reply = { kind: "missing" }

/**
 * Gives an accepted answer to the kept request. In any case the result is the request as it stands:
 * someone else may have answered it, or its time is over.
 */
const conclude = async (
  given: Given,
  { options, requestId }: Question,
  reply: Reply
): Promise<CallToolResult> => {
  const accepted = reply.kind === "elicit" && reply.action === "accept" ? reply.content : undefined
  const response = accepted?.[field]
  if (typeof response === "string" && (options.length === 0 || options.includes(response))) {
    const { client, signal, through } = given
    const input = { request_id: requestId, response, idempotency_key: `elicited-${requestId}` }
    const resolved = await through(client)("respond_to_request", input, { signal })
    if (resolved.isError !== true) return resolved
  }
  return look(given, requestId)
}
