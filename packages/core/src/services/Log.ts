/**
 * The log of a program: what is written of each line, and in which form.
 *
 * A line has a time, a level and a message, what happened (its cause), and the ids that the
 * operation or the run around it has set. What has the form of a secret is masked in all of it.
 *
 * @since 0.1.0
 */
import { Cause, Layer, Logger, References } from "effect"
import { mask } from "../rules/Secret.ts"
import type { LogLevel } from "./Settings.ts"

// models ----------------------------------------------------------------------

/**
 * How a program logs.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface LogOptions {
  readonly level: LogLevel
  /** A person reads `text`, a program reads `json`: one object in each line. */
  readonly form: "text" | "json"
}

// layers ----------------------------------------------------------------------

/**
 * Logs on stderr what is at least this important. Stdout may be a protocol.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = ({ form, level }: LogOptions): Layer.Layer<never> =>
  Layer.merge(
    Logger.layer([Logger.withConsoleError(form === "json" ? json : text)]),
    Layer.succeed(References.MinimumLogLevel, level)
  )

/**
 * A line as one JSON object: `time`, `level`, `message`, the ids, and `cause` where something failed.
 *
 * @category services
 * @since 0.1.0
 */
export const json: Logger.Logger<unknown, string> = Logger.make((options) => {
  const { annotations, cause, message } = partsOf(options)
  return JSON.stringify({
    time: options.date.toISOString(),
    level: options.logLevel.toLowerCase(),
    message,
    ...annotations,
    ...(cause === undefined ? {} : { cause })
  })
})

/**
 * A line as a person reads it; a cause stands below it.
 *
 * @category services
 * @since 0.1.0
 */
export const text: Logger.Logger<unknown, string> = Logger.make((options) => {
  const { annotations, cause, message: words } = partsOf(options)
  const message = words.replace(/\r?\n|\r/g, "\\n")
  const facts = Object.entries(annotations).map(([name, value]) => ` ${name}=${String(value)}`)
  const time = options.date.toISOString().slice(11, 23)
  const line = `${time} ${options.logLevel.toUpperCase().padEnd(5)} ${message}${facts.join("")}`
  return cause === undefined ? line : `${line}\n${cause.replace(/^/gm, "  ")}`
})

// internal --------------------------------------------------------------------

const longest = 8192

const partsOf = ({ cause, fiber, message }: Logger.Options<unknown>) => ({
  message: safe((Array.isArray(message) ? message : [message]).map(said).join(" ")),
  cause: cause.reasons.length === 0 ? undefined : safe(Cause.pretty(cause)),
  annotations: Object.fromEntries(
    Object.entries(fiber.getRef(References.CurrentLogAnnotations)).map(([name, value]) => [
      name,
      typeof value === "number" || typeof value === "boolean" ? value : safe(said(value))
    ])
  )
})

/** Of anything but text only its name: nobody knows what a value holds. */
const said = (part: unknown): string => {
  if (typeof part === "string") return part
  if (part instanceof Error) return `${part.name}: ${part.message}`
  return typeof part === "object" && part !== null
    ? (part.constructor?.name ?? "object")
    : String(part)
}

/**
 * No text of a foreign program is longer than a log reader takes. It is masked before it is cut, or
 * half a secret would be left at the end.
 */
const safe = (words: string): string => {
  const masked = mask(words.slice(0, 8 * longest))
  return masked.length > longest ? `${masked.slice(0, longest)}...` : masked
}
