/**
 * A model server that follows a script: what all of them can be asked, and how they are set up.
 *
 * It listens on this machine only, on a port of its own, and ends with its scope: hanging answers and
 * open connections too. What it was asked can be read back.
 *
 * @since 0.1.0
 */
import { Data, type Duration, type Effect, type Schema } from "effect"
import type { ModelRequest, ModelScript } from "./ModelScript.ts"

// models ----------------------------------------------------------------------

/**
 * How a server is set up.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  readonly script: ModelScript
  /** The key that every request must bring. Without one, none is looked at. */
  readonly apiKey?: string
  /** The models there are: any, unless given. */
  readonly models?: ReadonlyArray<string>
  readonly limits?: Partial<Limits>
}

/**
 * What a server takes on at most.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Limits {
  /** How large a request may be: 32 MiB. */
  readonly bodyBytes: number
  /** How many connections may be open at once: 1,024. */
  readonly connections: number
  /** How many exchanges are kept to be read back, the latest ones: 1,000. */
  readonly exchanges: number
  /** How long a request may take to arrive: 30 seconds. */
  readonly arrival: Duration.Input
  /** How long silence lasts before the connection is cut: 10 minutes. */
  readonly silence: Duration.Input
}

/**
 * What was asked once, and what came of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Exchange {
  /** From 1 on. */
  readonly number: number
  readonly method: string
  readonly path: string
  /** Keys and cookies are left out. */
  readonly headers: Readonly<Record<string, string>>
  /** What the client sent: as text when it is no JSON, null when it is nothing. */
  readonly body: Schema.Json
  /** When it asks a model, and rightly. */
  readonly request: ModelRequest | undefined
  /** Which step of the script answers, from 0 on, or what else does. */
  readonly answeredBy: number | "otherwise" | "aside" | "server" | undefined
  readonly status: number | undefined
  readonly end: "open" | "complete" | "cut" | "client_left" | "server_ended"
}

// errors ----------------------------------------------------------------------

/**
 * What a test waited for was not asked in time.
 *
 * @category errors
 * @since 0.1.0
 */
export class NeverAsked extends Data.TaggedError("NeverAsked")<{
  readonly what: string
  readonly exchanges: ReadonlyArray<Exchange>
}> {
  override get message() {
    const lines = this.exchanges
      .slice(-20)
      .map((one) => `${one.number}. ${one.method} ${one.path}: ${one.status ?? "-"}, ${one.end}`)
    return [`It was never asked: ${this.what}. Instead:`, ...lines].join("\n")
  }
}

// services --------------------------------------------------------------------

/**
 * A server that listens.
 *
 * @category services
 * @since 0.1.0
 */
export interface ModelServer {
  /** `http://127.0.0.1:40123`, without a path. */
  readonly url: string
  /** What was asked until now, the first one first. */
  readonly exchanges: Effect.Effect<ReadonlyArray<Exchange>>
  /** The requests that steps of the script answered, the first one first. */
  readonly requests: Effect.Effect<ReadonlyArray<ModelRequest>>
  /** How many answers the script still has: infinite when a step answers for ever. */
  readonly remaining: Effect.Effect<number>
  /** Goes on by another script, from its first step. What was asked is kept. */
  readonly follow: (script: ModelScript) => Effect.Effect<void>
  /** Waits until the exchanges are as wanted, ten seconds unless said, and answers them. */
  readonly until: (
    holds: (exchanges: ReadonlyArray<Exchange>) => boolean,
    patience?: { readonly what?: string; readonly within?: Duration.Input }
  ) => Effect.Effect<ReadonlyArray<Exchange>, NeverAsked>
}
