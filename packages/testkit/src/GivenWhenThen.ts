/**
 * Tests of rules in their own words: given what is so, when a rule is asked, then this happens.
 *
 * For pure rules only. A rule that needs a store, a clock or an id gets them as facts.
 *
 * @since 0.1.0
 */
import { assert } from "@effect/vitest"
import { Result } from "effect"

import { ApprovalPolicy, type Decision, type Identifier } from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * Folds one event into what is so.
 *
 * @category models
 * @since 0.1.0
 */
export type Evolve<State, Event> = (
  before: State | undefined,
  event: Event,
  at: Identifier.Timestamp
) => State | undefined

/**
 * What is so.
 *
 * @category models
 * @since 0.1.0
 */
export interface Given<State> {
  readonly when: <Event, Refusal>(
    rule: (state: State) => Decision.Decision<Event, Refusal>
  ) => When<Event, Refusal>
}

/**
 * What a rule has answered. Each question fails the test unless it holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface When<Event, Refusal> {
  /** Exactly these events happen, in this order. */
  readonly then: (...events: ReadonlyArray<Event>) => void
  /** Nothing happens, and nobody is refused anything. */
  readonly thenNothing: () => void
  /** The wish is refused, with exactly these facts. */
  readonly thenRejected: (refusal: Refusal) => void
}

/**
 * A policy that is to be asked.
 *
 * @category models
 * @since 0.1.0
 */
export interface GivenPolicy {
  /** Asks it about an action; a text is a command line. */
  readonly when: (action: ApprovalPolicy.Action | string) => WhenJudged
}

/**
 * What a policy has said. Each question fails the test unless it holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface WhenJudged {
  readonly thenAllowed: () => void
  /** A person has to agree, for these reasons; what is not named may be anything. */
  readonly thenRequired: (
    facts?: Partial<Omit<Extract<ApprovalPolicy.Judgement, { readonly _tag: "Require" }>, "_tag">>
  ) => void
  readonly thenDenied: (
    facts?: Partial<Omit<Extract<ApprovalPolicy.Judgement, { readonly _tag: "Deny" }>, "_tag">>
  ) => void
}

// testing ---------------------------------------------------------------------

/**
 * Begins a test with a state, or with the events that led to one.
 *
 * **Example** (Refusing to retry what did not fail)
 *
 * ```ts
 * import { Task } from "@foreman/core"
 * import { GivenWhenThen } from "@foreman/testkit"
 *
 * const task = Task.example({ status: "in_review" })
 *
 * GivenWhenThen.given(task)
 *   .when((task) => Task.retry(task, { actorId: "me" }))
 *   .thenRejected(new Task.NotHeldNorFailed({ taskId: task.id, status: "in_review" }))
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export function given<State, Event>(
  evolve: Evolve<State, Event>,
  ...events: ReadonlyArray<NoInfer<Event>>
): Given<State>
export function given<State extends object>(state: State): Given<State>
export function given<State extends object, Event>(
  first: State | Evolve<State, Event>,
  ...events: ReadonlyArray<Event>
): Given<State> {
  const state = typeof first === "function" ? folded(first, events) : first
  return { when: (rule) => answered(rule(state)) }
}

/**
 * Begins a test of a policy, or of one rule.
 *
 * **Example** (A rule of one's own)
 *
 * ```ts
 * import { ApprovalPolicy } from "@foreman/core"
 * import { GivenWhenThen } from "@foreman/testkit"
 *
 * const rule: ApprovalPolicy.Rule = {
 *   id: "team.migrations",
 *   risk: "high",
 *   judge: (action) =>
 *     ApprovalPolicy.commandsOf(action).some(({ program }) => program === "migrate")
 *       ? "changing the database requires approval"
 *       : undefined
 * }
 *
 * GivenWhenThen.givenPolicy(rule).when("npm test").thenAllowed()
 * GivenWhenThen.givenPolicy(rule).when("sudo migrate up").thenRequired({ risk: "high" })
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const givenPolicy = (given: ApprovalPolicy.Policy | ApprovalPolicy.Rule): GivenPolicy => {
  const policy = "rules" in given ? given : { name: given.id, rules: [given] }
  return {
    when: (asked) => {
      const action = typeof asked === "string" ? ({ _tag: "Command", line: asked } as const) : asked
      const said = ApprovalPolicy.judge(policy, action)
      const then =
        (_tag: ApprovalPolicy.Judgement["_tag"]) =>
        (facts: object = {}) =>
          assert.deepInclude(said, { _tag, ...facts }, `The policy said ${JSON.stringify(said)}`)
      const allowed = then("Allow")
      return {
        thenAllowed: () => allowed(),
        thenRequired: then("Require"),
        thenDenied: then("Deny")
      }
    }
  }
}

// internal --------------------------------------------------------------------

const at = "2026-01-01T00:00:00.000000Z"

const folded = <State, Event>(
  evolve: Evolve<State, Event>,
  events: ReadonlyArray<Event>
): State => {
  let state: State | undefined
  for (const event of events) state = evolve(state, event, at)
  if (state === undefined) throw new TypeError("The given events lead to no state")
  return state
}

const answered = <Event, Refusal>(
  decision: Decision.Decision<Event, Refusal>
): When<Event, Refusal> => {
  const actual = outcomeOf(decision)
  const expectEvents = (...events: ReadonlyArray<Event>) => {
    // Whoever awaits the answer calls this with two functions, which no event is.
    if (events.some((event) => typeof event === "function")) {
      throw new TypeError("What a rule answers is not awaited: say then(...), not await")
    }
    assert.deepStrictEqual(actual, { events }, saysOf(decision))
  }
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- reads as a sentence, and await is refused
    then: expectEvents,
    thenNothing: () => expectEvents(),
    thenRejected: (refusal) =>
      assert.deepStrictEqual(actual, outcomeOf(Result.fail(refusal)), saysOf(decision))
  }
}

const outcomeOf = (
  decision: Decision.Decision<unknown, unknown>
): Readonly<Record<string, unknown>> =>
  Result.isSuccess(decision) ? { events: decision.success } : { refusal: factsOf(decision.failure) }

/** An error's own fields, its message among them: two of one class may have the same message. */
const factsOf = (refusal: unknown): unknown =>
  refusal instanceof Error ? { ...refusal, message: refusal.message } : refusal

const saysOf = (decision: Decision.Decision<unknown, unknown>): string => {
  if (Result.isFailure(decision)) return `The rule refused: ${String(decision.failure)}`
  const types = decision.success.map((event) => typeOf(event))
  return `The rule decided ${types.length === 0 ? "nothing" : types.join(", ")}`
}

const typeOf = (event: unknown): string =>
  typeof event === "object" && event !== null && "type" in event
    ? String(event.type)
    : JSON.stringify(event)
