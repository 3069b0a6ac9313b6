/**
 * Watching: every event as it happens, or one question asked again whenever something happened.
 */
import type { Operation } from "@foreman/core"
import type { Connection, FeedEvent } from "./Connection.ts"
import type { Context } from "./Context.ts"
import { exitCodes, Failed } from "./ExitCode.ts"
import { type Command, type Flag, type Given, Misused, valueOf } from "./Grammar.ts"
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
    flags: [...ends, ...feed],
    examples: [
      "foreman watch",
      "foreman watch --after 0 --type task.created --count 1",
      "foreman watch task show 42 --until status=done --for 600"
    ],
    run: follow
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
    run: (given, context) => ask(part, given, context)
  }
}

const follow = async (given: Given, context: Context): Promise<number> => {
  const connection = await context.connect()
  const stop = stopOf(given, context.signal)
  const organizationId = await organizationOf(given, connection)
  const types = given.flags["type"] ?? []
  let left = numberOf(given, "count") ?? Infinity
  const isWanted = untilOf(given)
  const events = connection.follow({
    after: valueOf(given, "after"),
    organizationId,
    signal: stop.signal
  })
  for await (const event of events) {
    if (types.length > 0 && !types.includes(String(event["type"]))) continue
    await context.terminal.out(lineOf(event, context))
    left -= 1
    if (left <= 0 || isWanted?.(event) === true) return exitCodes.done
  }
  return stop.endedBy(isWanted !== undefined || left !== Infinity)
}

const organizationOf = async (
  given: Given,
  connection: Connection
): Promise<string | undefined> => {
  const named = valueOf(given, "org")
  if (named === undefined) return undefined
  const wish = { connection, mayMake: false, needed: ["org_id"] }
  return String((await Scope.complete(wish, { org_id: named }, undefined))["org_id"])
}

const ask = async (part: Part, given: Given, context: Context): Promise<number> => {
  const input = await inputOf(part, given)
  const connection = await context.connect()
  const stop = stopOf(given, context.signal)
  const isWanted = untilOf(given)
  let left = numberOf(given, "count") ?? Infinity
  let shown: string | undefined
  const wake = wakeOf(connection, stop.signal, (numberOf(given, "every") ?? 10) * 1000)
  try {
    while (!stop.signal.aborted) {
      const answer = await call(part, connection, input, given, context.signal)
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
    wake.close()
  }
  return stop.endedBy(isWanted !== undefined || left !== Infinity)
}

/** Ends with the process or after the time that was given. */
const stopOf = (given: Given, signal: AbortSignal) => {
  const seconds = numberOf(given, "for")
  const time = seconds === undefined ? undefined : AbortSignal.timeout(seconds * 1000)
  return {
    signal: time === undefined ? signal : AbortSignal.any([signal, time]),
    endedBy: (isWaiting: boolean): number => {
      if (time?.aborted !== true || !isWaiting) return exitCodes.done
      throw new Failed(exitCodes.timedOut, "TimedOut", `It did not come to that in ${seconds} s`)
    }
  }
}

/** Wakes up when something happened, but not more than four times a second, and now and then anyway. */
const wakeOf = (connection: Connection, signal: AbortSignal, everyMillis: number) => {
  const closing = new AbortController()
  const either = AbortSignal.any([signal, closing.signal])
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
  void hear().catch(() => undefined)
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
    close: () => closing.abort()
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

const untilOf = (given: Given) => {
  const text = valueOf(given, "until")
  if (text === undefined) return undefined
  const [, path = "", wanted = ""] = /^([\w.]+)=(.*)$/s.exec(text) ?? []
  if (path === "") throw new Misused(`--until is FIELD=VALUE, not ${text}`, ["watch"])
  return (row: Show.Row): boolean => {
    const found = path.split(".").reduce<unknown>((value, key) => rowOf(value)[key], row)
    return found !== undefined && (found === null ? "null" : Show.textOf(found)) === wanted
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
