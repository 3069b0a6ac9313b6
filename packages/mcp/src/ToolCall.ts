/**
 * What happens when an agent calls a tool: one operation is invoked, and its answer or its refusal
 * becomes data that the agent can act on.
 *
 * @since 0.1.0
 */
import type { Run } from "@foreman/core/operations/Facade"
import { type Invoke, toRefusal } from "@foreman/core/operations/Invoke"
import { isReported } from "@foreman/core/operations/Observation"
import type * as Operation from "@foreman/core/operations/Operation"
import * as Refusal from "@foreman/core/operations/Refusal"
import * as Wire from "@foreman/core/operations/Wire"
import type { CallToolResult } from "@modelcontextprotocol/server"
import { Cause, Effect, Schema } from "effect"
import type { Call } from "./McpServer.ts"
import { dryRun, DryRunInput, inputOf, isEmpty, operations } from "./ToolList.ts"

// models ----------------------------------------------------------------------

/**
 * What a call needs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Invokes an operation in the name of whoever is connected. */
  readonly invoke: Invoke<never, never>
  /** Runs a call. Over stdio its logger writes to stderr, because stdout is the wire. */
  readonly run: Run<never>
  /**
   * Says that `invoke` refuses fields that it does not know, where it is told to: then what it checks
   * is not checked here too.
   */
  readonly isStrict?: boolean
}

/**
 * The most that the arguments of one call may hold, in bytes of JSON.
 *
 * @category configuration
 * @since 0.1.0
 */
export const maxInputBytes: number = 1024 * 1024

// services --------------------------------------------------------------------

/**
 * Answers calls of every tool in the list.
 *
 * **Details**
 *
 * Arguments are checked here, closed and with every problem named, before anything is asked: REST,
 * which may be behind `invoke`, passes over fields that it does not know.
 *
 * @category services
 * @since 0.1.0
 */
export const make = ({ invoke, ...options }: Options): Call => prepare(options)(invoke)

/**
 * The same for many callers: what the tools need is prepared once, and each caller has its own way
 * to invoke operations.
 *
 * @category services
 * @since 0.1.0
 */
export const prepare = ({
  isStrict = false,
  run
}: Omit<Options, "invoke">): ((invoke: Invoke<never, never>) => Call) => {
  const tools = new Map(
    operations().map((operation) => [operation.name, answering(operation, isStrict)])
  )
  const commands = operations().filter(({ kind }) => kind === "command")
  tools.set(dryRun.name, rehearsing(new Map(commands.map(({ name }) => [name, tools.get(name)!]))))
  return (invoke) =>
    (name, input, { signal }) => {
      if (signal.aborted) return Promise.reject(signal.reason)
      const answer = tools.get(name)
      if (answer === undefined) throw new TypeError(`The catalogue has no tool ${name}`)
      return run(answer(invoke, input), { signal })
    }
}

/**
 * A refusal as an agent reads it. It has no structured content, which clients would check against
 * the schema of the answer and throw away.
 *
 * @category operations
 * @since 0.1.0
 */
export const refused = (refusal: Refusal.Refusal): CallToolResult => ({
  isError: true,
  content: [{ type: "text", text: JSON.stringify(Refusal.agent(refusal)) }]
})

// internal --------------------------------------------------------------------

/** Prepares an operation once for all of its calls. */
const answering = (operation: Operation.Any, isStrict: boolean): Answering => {
  const fields = inputOf(operation)
  const names = new Set(Object.keys(fields.fields).map(Wire.keyOf))
  const decode = Schema.decodeUnknownEffect(Wire.of(isEmpty(fields) ? nothing : fields))
  const refuse = toRefusal(operation)
  const fixed = operation.tool === false ? {} : operation.tool.fixed
  const check = (input: Input) =>
    decode(input, { errors: "all", onExcessProperty: "error" }).pipe(
      Effect.mapError(({ issue }) =>
        refuse(new Refusal.InvalidInput({ problems: Refusal.problemsOf(issue) }))
      )
    )
  const pass = (invoke: Invoke<never, never>, input: Input) => {
    const { idempotency_key: key, ...wanted } = input
    return invoke(operation.name, { ...wanted, ...fixed }, { idempotencyKey: asKey(key) })
  }
  /** What only this tool knows of its input: that it has less fields than REST, and one more. */
  const isKnown = (input: Input) =>
    input["idempotency_key"] === undefined && Object.keys(input).every((name) => names.has(name))
  return (invoke, input) =>
    Effect.suspend(() => {
      if (isTooLarge(input)) return Effect.fail(refuse(tooLarge))
      return isStrict && isKnown(input)
        ? invoke(operation.name, { ...input, ...fixed }, strictly)
        : Effect.andThen(check(input), () => pass(invoke, input))
    }).pipe(
      Effect.match({ onSuccess: answered, onFailure: refused }),
      Effect.catchDefect((defect) =>
        Effect.as(
          isReported(defect)
            ? Effect.void
            : Effect.logError(`${operation.name} failed`, Cause.die(defect)),
          refused(Refusal.internalError)
        )
      )
    )
}

/** Calls another tool as a dry run. */
const rehearsing = (commands: ReadonlyMap<string, Answering>): Answering => {
  const decode = Schema.decodeUnknownEffect(Wire.of(DryRunInput))
  const invalid = (problems: Refusal.InvalidInput["problems"]): Refusal.Refusal => {
    const { message } = new Refusal.InvalidInput({ problems })
    return { code: "InvalidInput", message, status: 422, facts: { problems } }
  }
  return (invoke, input) =>
    decode(input, { errors: "all", onExcessProperty: "error" }).pipe(
      Effect.mapError(({ issue }) => invalid(Refusal.problemsOf(issue))),
      Effect.flatMap(({ arguments: wanted, tool }) => {
        const answer = commands.get(tool)
        const problem = `Expected a tool that changes something, not ${tool}`
        return answer === undefined
          ? Effect.fail(invalid([{ path: "tool", problem }]))
          : answer((name, own, options) => invoke(name, own, { ...options, dryRun: true }), wanted)
      }),
      Effect.catch((refusal) => Effect.succeed(refused(refusal)))
    )
}

type Answering = (invoke: Invoke<never, never>, input: Input) => Effect.Effect<CallToolResult>

type Input = Readonly<Record<string, unknown>>

const strictly = { unknownFields: "refuse" } as const

/** A struct without any field would let every field pass. */
const nothing: Schema.Struct<Operation.Fields> = Schema.Struct({
  nothing: Schema.optionalKey(Schema.Never)
})

/** The schema has made sure that what is there is text. */
const asKey = (key: unknown) => (typeof key === "string" ? key : undefined)

const answered = (output: Wire.Json): CallToolResult => ({
  content: [{ type: "text", text: JSON.stringify(output, null, 2) }],
  structuredContent: isObject(output) ? output : {}
})

/** Every output is an object; a copy of one with many fields is not free. */
const isObject = (output: Wire.Json): output is Record<string, unknown> =>
  typeof output === "object" && output !== null

const tooLarge = new Refusal.InvalidInput({
  problems: [{ path: "arguments", problem: `Expected at most ${maxInputBytes} bytes of JSON` }]
})

/** Says so too of what is nested so deep that it cannot be written down again. */
const isTooLarge = (input: unknown): boolean => {
  try {
    return Buffer.byteLength(JSON.stringify(input)) > maxInputBytes
  } catch {
    return true
  }
}
