/**
 * What is said between the tests and a node: one message each, over the pipe of the process.
 *
 * @since 0.1.0
 */
import type { PlainActor, Wire } from "@foreman/core"

// models ----------------------------------------------------------------------

/** How a node is started. */
export interface Settings {
  readonly name: string
  /** Unique for each start; stands in every run that the node queues. */
  readonly holder: string
  /** `sqlite:<path>` or `postgres://...`. */
  readonly store: string
  readonly folder: string
  /** Whether it starts agents. */
  readonly dispatch: boolean
  readonly maxConcurrent: number
  readonly ttlMillis: number
  /** How long an agent works, in milliseconds; a random part of it. */
  readonly workMillis: number
  /** The node of repositories, where nodes have disks of their own. */
  readonly home?: string
}

/** Who claims what, in one node: each claimant goes through the tasks in its own order. */
export interface Claims {
  readonly agents: ReadonlyArray<PlainActor>
  /** For each agent the tasks that it tries, in order. */
  readonly tasks: ReadonlyArray<ReadonlyArray<number>>
  /** Where the history goes. */
  readonly file: string
}

/** Who contests tenures, in one node, and for how long. */
export interface Contest {
  readonly names: ReadonlyArray<string>
  /** How many want each. */
  readonly contenders: number
  readonly seconds: number
  readonly ttlMillis: number
  /** Where the history goes. */
  readonly file: string
}

/** What a holder did under its tenure, written before and after. */
export interface Hold {
  readonly name: string
  readonly token: number
  /** `asked` comes first; the rest is what came of it. */
  readonly what: "asked" | "counted" | "lost" | "unknown" | "overtaken"
}

/** To a node. */
export type Request =
  | {
      readonly id: number
      readonly do: "invoke"
      readonly name: string
      readonly input: Wire.Json
      readonly key: string | undefined
      readonly actor: PlainActor | undefined
    }
  | {
      readonly id: number
      readonly do: "follow"
      /** All organisations unless one is named. */
      readonly organization: string | undefined
      readonly after: string
    }
  | { readonly id: number; readonly do: "claim"; readonly claims: Claims }
  | { readonly id: number; readonly do: "contend"; readonly contest: Contest }
  | { readonly id: number; readonly do: "end" }

/** From a node. */
export type Reply =
  | { readonly id: 0; readonly ready: true }
  | { readonly id: 0; readonly broken: string }
  | { readonly id: number; readonly answer: Wire.Json }
  | { readonly id: number; readonly refusal: { readonly code: string; readonly message: string } }
  | { readonly id: number; readonly error: string }
  | {
      readonly id: number
      readonly organization: string
      readonly position: number
      readonly cursor: string
    }
