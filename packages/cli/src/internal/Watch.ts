/**
 * Watching: every event as it happens, or one question asked again whenever something happened.
 */
import { Answers, type Operation, Wire } from "@foreman/core"
import { setTimeout as setTimeoutOf } from "node:timers/promises"
import type { Connection, FeedEvent } from "./Connection.ts"
import type { Context } from "./Context.ts"
import { exitCodes, Failed } from "./ExitCode.ts"
import { type Command, type Flag, type Given, Misused, valueOf } from "./Grammar.ts"
import { question } from "./Nearest.ts"
import { answerOf } from "./OperationAnswer.ts"
import { call, commandOf, inputOf, type Part, partOf } from "./OperationCommands.ts"
import * as Scope from "./Scope.ts"
import * as Show from "./Show.ts"

// services --------------------------------------------------------------------

/** `watch`, and `watch` before the words of every query of a catalogue. */
export const commandsOf = (catalogue: Operation.Catalogue): ReadonlyArray<Command> => [
  {
    words: ["watch"],
    summary: "Follows what happens, or asks a question again whenever something happened",
    details:
      "Shows every event from now on, or after a cursor. With the words of a question, say " +
      "watch task show 42, it shows the answer whenever that changes. It ends with Ctrl-C, after " +
      "--for, after --count, or when an event or the answer is as --until says.",
    positionals: [],
    needsStore: true,
    flags: [...ends, ...feed],
    examples: [
      "foreman watch",
      "foreman watch --after 0 --type task.created --count 1",
      "foreman watch task show 42 --until status=done --for 600"
    ],
    run: (given, context) => {
      const isWanted = untilOf(given, eventSchema())
      return within(given, context, (stop) => follow(given, context, { isWanted, stop }))
    }
  },
  ...Object.values(catalogue)
    .filter(({ kind }) => kind === "query")
    .map((operation) => watching(partOf(operation)))
]

// internal --------------------------------------------------------------------

const ends: ReadonlyArray<Flag> = [
  { name: "for", placeholder: "SECONDS", description: "Ends after so many seconds" },
  { name: "count", placeholder: "N", description: "Ends after so many events or answers" },
  {
    name: "until",
    placeholder: "FIELD=VALUE",
    description: "Ends when a field of the answer, or of an event, has this value"
  }
]

const feed: ReadonlyArray<Flag> = [
  {
    name: "after",
    placeholder: "CURSOR",
    description: "Events after this one; 0 is from the start"
  },
  { name: "type", placeholder: "TYPE", isRepeated: true, description: "Only events of this type" },
  { name: "org", placeholder: "ORG", description: "Only events of this organization" }
]

/** What a followed event has: those of the record, and where it stands in the feed. */
const eventSchema = (): Wire.JsonSchema => {
  const { properties } = Wire.jsonSchema(Answers.RecordedEvent)
  return { properties: { ...properties, cursor: {} } }
}

const watching = (part: Part): Command => {
  const asked = commandOf(part)
  const words = ["watch", ...part.words]
  const every = {
    name: "every",
    placeholder: "SECONDS",
    description: "Asks again at least so often (10 unless said)"
  }
  const flags = [...ends, every].filter(({ name }) => asked.flags.every((own) => own.name !== name))
  return {
    ...asked,
    words,
    flags: [...flags, ...asked.flags.filter(({ name }) => name !== "all")],
    examples: asked.examples.map((line) => line.replace("foreman ", "foreman watch ")),
    run: (given, context) => {
      const isWanted = untilOf(given, Wire.jsonSchema(part.operation.output))
      return within(given, context, (stop) => ask(part, given, context, { isWanted, stop }))
    }
  }
}

/** When watching ends. */
interface End {
  readonly isWanted: ((row: Show.Row) => boolean) | undefined
  readonly stop: AbortSignal
}

/** Watches no longer than it was said, whatever is waited for at that time. */
const within = async (
  given: Given,
  context: Context,
  work: (stop: AbortSignal) => Promise<number>
): Promise<number> => {
  const seconds = numberOf(given, "for")
  const isWaiting = given.flags["until"] !== undefined || given.flags["count"] !== undefined
  const ending = new AbortController()
  let isLate = false
  const stopped = Promise.withResolvers<number>()
  const stop = () => {
    ending.abort()
    stopped.resolve(exitCodes.done)
  }
  const late = () => {
    isLate = true
    stop()
  }
  const timer = seconds === undefined ? undefined : setTimeout(late, seconds * 1000)
  context.signal.addEventListener("abort", stop, { once: true })
  if (context.signal.aborted) stop()
  try {
    const working = work(ending.signal)
    // What is given up may fail, and nobody minds.
    working.catch(() => undefined)
    const code = await Promise.race([stopped.promise, working])
    await settled(working)
    if (!isLate || !isWaiting) return code
  } finally {
    clearTimeout(timer)
    context.signal.removeEventListener("abort", stop)
    ending.abort()
  }
  throw new Failed(exitCodes.timedOut, "TimedOut", `It did not come to that in ${seconds} s`)
}

/** A moment for what was told to end, so that nothing is closed under its hands. */
const settled = (work: Promise<unknown>): Promise<unknown> => {
  const ended = work.catch(() => undefined)
  return Promise.race([ended, setTimeoutOf(mostSettleMillis, undefined, { ref: false })])
}

const mostSettleMillis = 1000

const follow = async (given: Given, context: Context, { isWanted, stop }: End): Promise<number> => {
  const connection = await context.connect()
  const organizationId = await organizationOf(given, connection)
  const types = given.flags["type"] ?? []
  let left = numberOf(given, "count") ?? Infinity
  const after = valueOf(given, "after")
  const events = connection.follow({ after, organizationId, signal: stop })
  for await (const event of events) {
    if (types.length > 0 && !types.includes(String(event["type"]))) continue
    await context.terminal.out(lineOf(event, context))
    left -= 1
    if (left <= 0 || isWanted?.(event) === true) return exitCodes.done
  }
  return exitCodes.done
}

const organizationOf = async (
  given: Given,
  connection: Connection
): Promise<string | undefined> => {
  const named = valueOf(given, "org")
  if (named === undefined) return undefined
  const wish = { connection, isDry: false, mayMake: false, needed: ["org_id"] }
  return String((await Scope.complete(wish, { org_id: named }, undefined))["org_id"])
}

const ask = async (
  part: Part,
  given: Given,
  context: Context,
  { isWanted, stop }: End
): Promise<number> => {
  const input = await inputOf(part, given)
  const connection = await context.connect()
  let left = numberOf(given, "count") ?? Infinity
  let shown: string | undefined
  const orNothing = Scope.orNothing(part.operation, input, context)
  const wake = wakeOf(connection, stop, (numberOf(given, "every") ?? 10) * 1000)
  try {
    while (!stop.aborted) {
      const answer = await call(part, connection, input, given, stop).catch(orNothing)
      const text = JSON.stringify(answer)
      if (text !== shown) {
        shown = text
        await answerOf(part, answer, { context, connection, isAll: false, isFirst: true })
        left -= 1
      }
      if (left <= 0 || isWanted?.(rowOf(answer)) === true) return exitCodes.done
      await wake.next()
    }
  } finally {
    await wake.close()
  }
  return exitCodes.done
}

/** Wakes up when something happened, but not more than four times a second, and now and then anyway. */
const wakeOf = (connection: Connection, signal: AbortSignal, everyMillis: number) => {
  const closing = new AbortController()
  const either = closing.signal
  const close = () => closing.abort()
  signal.addEventListener("abort", close, { once: true })
  let isDue = false
  let wake = () => {}
  const hear = async () => {
    const events = connection.follow({
      after: undefined,
      organizationId: undefined,
      signal: either
    })
    for await (const _ of events) {
      isDue = true
      wake()
    }
  }
  // Who may not follow the feed asks again at its times.
  const hearing = hear().catch(() => undefined)
  const pause = (millis: number) =>
    new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        either.removeEventListener("abort", end)
        resolve()
      }
      const timer = setTimeout(end, millis)
      either.addEventListener("abort", end, { once: true })
      wake = end
    })
  return {
    next: async () => {
      wake = () => {}
      if (!isDue) await pause(everyMillis)
      isDue = false
      await pause(leastMillis)
    },
    close: async () => {
      signal.removeEventListener("abort", close)
      close()
      await settled(hearing)
    }
  }
}

const leastMillis = 250

const numberOf = (given: Given, name: string): number | undefined => {
  const text = valueOf(given, name)
  if (text === undefined) return undefined
  if (!/^\d{1,7}(\.\d+)?$/.test(text) || Number(text) <= 0) {
    throw new Misused(`--${name} is a number above 0, not ${text}`, ["watch"])
  }
  return Number(text)
}

const untilOf = (given: Given, schema: Wire.JsonSchema): End["isWanted"] => {
  const text = valueOf(given, "until")
  if (text === undefined) return undefined
  const [, path = "", wanted = ""] = /^([\w.]+)=(.*)$/s.exec(text) ?? []
  if (path === "") throw new Misused(`--until is FIELD=VALUE, not ${text}`, ["watch"])
  mustHave(schema, path)
  return (row: Show.Row): boolean => {
    const found = path.split(".").reduce<unknown>((value, key) => rowOf(value)[key], row)
    return found !== undefined && (found === null ? "null" : Show.textOf(found)) === wanted
  }
}

/** Waiting for a field that no answer has would not end. */
const mustHave = (schema: Wire.JsonSchema, path: string): void => {
  let properties = schema.properties
  for (const key of path.split(".")) {
    if (properties === undefined) return
    const known = properties[key]
    if (known === undefined) {
      const names = Object.keys(properties)
      const words = `${path}${question(key, names)}; there are ${names.join(", ")}`
      throw new Misused(`--until names a field that no answer has: ${words}`, ["watch"])
    }
    properties = known.properties
  }
}

const lineOf = (event: FeedEvent, { isJson, terminal }: Context): string => {
  if (isJson) return `${JSON.stringify(event)}\n`
  const { created_at: at, data, stream_id: stream, type } = event
  const cells = [Show.textOf(at), Show.textOf(type), Show.textOf(stream), Show.textOf(data)]
  if (!terminal.isTerminal) return `${cells.join("\t")}\n`
  const [time = "", what = "", where = "", more = ""] = cells
  return `${terminal.paint("faint", time)} ${terminal.paint("busy", what)} ${where} ${more}\n`
}

const rowOf = (value: unknown): Show.Row =>
  typeof value === "object" && value !== null ? { ...value } : {}
