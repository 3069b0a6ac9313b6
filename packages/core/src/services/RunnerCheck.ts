/**
 * Whether what an agent is configured with can be used: asked of the runner that it names, before
 * the agent is kept rather than at its first run.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { InvalidInput } from "../operations/Refusal.ts"
import type { AgentRunner, AgentRunners } from "../ports/AgentRunner.ts"
import { type Agent, runnerOf } from "../rules/Agent.ts"

// services --------------------------------------------------------------------

/**
 * Refuses a configuration that the named runner cannot use, and the name of a runner that is not
 * among those of this process.
 *
 * **Gotchas**
 *
 * A process without runners starts nothing and cannot tell: it takes every name, for the process
 * that will. A runner that fails for a moment, or does not answer within ten seconds, decides
 * nothing either; each run checks again.
 *
 * @category services
 * @since 0.1.0
 */
export const checkRunner = (
  runners: AgentRunners["Service"],
  { config }: Pick<Agent, "config">
): Effect.Effect<void, InvalidInput> => {
  const name = runnerOf({ config })
  if (name === null || runners.size === 0) return Effect.void
  const runner = runners.get(name)
  return runner === undefined ? Effect.fail(unknown(name, runners)) : asked(runner, config)
}

// internal --------------------------------------------------------------------

const asked = (runner: AgentRunner, config: Agent["config"]) =>
  runner.check(config).pipe(
    Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.void }),
    Effect.catch(({ detail, retryable }) =>
      retryable ? Effect.void : Effect.fail(problem("config", `${runner.name}: ${detail}`))
    )
  )

const unknown = (name: string, runners: AgentRunners["Service"]) => {
  const names = [...runners.keys()].toSorted().join(", ")
  return problem("config.runner", `There is no runner ${name} here; the runners are ${names}`)
}

const problem = (path: string, text: string) =>
  new InvalidInput({ problems: [{ path, problem: text }] })
