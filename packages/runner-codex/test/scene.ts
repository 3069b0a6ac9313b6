/**
 * What a scene is: what a model says, and what must come of it.
 */
import type { AgentRequest, AgentRunner } from "@foreman/core"
import type { ModelScript } from "@foreman/testkit"

/** A run to its end, with all that it told. */
export interface Played {
  readonly result: AgentRunner.RunResult
  readonly output: string
  readonly usage: ReadonlyArray<AgentRequest.TokenUsage>
  readonly asked: ReadonlyArray<AgentRequest.AgentRequest>
  readonly workspace: string
  /** Whether a file is there; undefined where nobody is who could make one. */
  readonly has: (path: string) => boolean | undefined
}

export interface Scene {
  readonly name: string
  readonly cassette: string
  readonly script: ReadonlyArray<ModelScript.Entry>
  readonly config?: Readonly<Record<string, unknown>>
  readonly spec?: Partial<AgentRunner.RunSpec>
  readonly verdict?: AgentRequest.Verdict
  /** Whether the agent has a tool server that asks. */
  readonly hasTools?: boolean
  readonly isRefused?: boolean
  /** Whether the run is told to end while its command runs. */
  readonly isStopped?: boolean
  readonly check: (played: Played) => void
}

export const ended = ({ result }: Played): readonly [string, string] => [
  result.outcome,
  result.cause
]
