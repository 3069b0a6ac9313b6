/**
 * The words in which the tests of a manager's commands speak.
 *
 * @internal
 */
import { Effect, type Scope } from "effect"

import {
  AgentRunnerMemory,
  type Authorization,
  type Foreman,
  Manager,
  type ManagerAnswers,
  type Refusal,
  Shell
} from "@foreman/core"
import { on } from "./ForemanSuiteAgents.ts"
import { type Backend, call } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Runs a test on a Foreman of its own whose local team has a runner unless it is to have none, as the
 * operator.
 *
 * @category testing
 * @since 0.1.0
 */
export const onLocal =
  (
    backend: Backend,
    behaviour: AgentRunnerMemory.Behaviour = ({ prompt }) => Effect.succeed({ output: prompt }),
    config: Partial<Manager.Config> & {
      readonly isIdle?: boolean
      readonly hasRunner?: boolean
    } = {}
  ) =>
  <A, E>(
    test: Effect.Effect<A, E, Authorization.CurrentActor | Scope.Scope | TestForeman.Services>
  ): Effect.Effect<A, E, Scope.Scope> => {
    const { hasRunner = true, isIdle = false, ...given } = config
    const runners = hasRunner ? [AgentRunnerMemory.make("local", behaviour)] : []
    const options = isIdle ? { runners, reactors: { maxConcurrent: 0 } } : { runners }
    return on(
      backend,
      options
    )(test).pipe(Effect.provideService(Manager.ManagerConfig, { waitMillis: 20_000, ...given }))
  }

/**
 * Calls an operation of the manager's, and takes its answer to be of a form.
 *
 * @category testing
 * @since 0.1.0
 */
export const asked = <A>(name: string, input: object, key?: string): Asked<A> =>
  // As: the test says what the operation answers, and fails where it does not.
  call(name, input, key) as Asked<A>

type Asked<A> = Effect.Effect<A, Refusal.Refusal, Foreman | Authorization.CurrentActor>

/**
 * Sends a command as a transport does.
 *
 * @category testing
 * @since 0.1.0
 */
export const command = (input: object, key?: string): Asked<CommandAnswer> =>
  asked("manager_command", input, key)

/**
 * How often each type of event has happened, in all organisations.
 *
 * @category testing
 * @since 0.1.0
 */
export const counted: Effect.Effect<
  Readonly<Record<string, number>>,
  never,
  Shell.Shell
> = Effect.gen(function* () {
  const { driver } = yield* Shell.Shell
  const heads = yield* Effect.orDie(driver.ask("system", "heads", { after: "", limit: 100 }))
  const counts: Record<string, number> = {}
  for (const { organization } of heads) {
    for (const { type } of yield* TestForeman.history(String(organization))) {
      counts[type] = (counts[type] ?? 0) + 1
    }
  }
  return counts
})

/**
 * What a command answers on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface CommandAnswer {
  readonly kind: ManagerAnswers.CommandAnswer["kind"]
  readonly project_id: string
  readonly module_id: string
  readonly task_id: string
  readonly summary: string
  readonly run_id: string
  readonly approval_id: string
}
