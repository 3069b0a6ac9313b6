/**
 * Asks a person in the name of a run, and waits for the answer.
 *
 * What is asked is a human request as any other: it lasts, it stands on the page, anybody who may can
 * answer it, and it ends with its run.
 *
 * @since 0.1.0
 */
import { Effect, Schedule } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import { derived } from "../operations/Command.ts"
import type { Actor } from "../rules/Actor.ts"
import { type AgentRequest, policyNameOf, type Verdict } from "../rules/AgentRequest.ts"
import type { Judgement } from "../rules/ApprovalPolicy.ts"
import { approvalOptions, type HumanRequest } from "../rules/HumanRequest.ts"
import { OrganizationId } from "../rules/Identifier.ts"
import type { Attempt } from "./Attempts.ts"
import type { Judged } from "./CommandApprovals.ts"
import type { HumanRequests } from "./HumanRequests.ts"
import type { Tenure } from "./Tenure.ts"

// models ----------------------------------------------------------------------

/**
 * What a person is asked in the name of a run.
 *
 * @category models
 * @since 0.1.0
 */
export interface PersonQuestion {
  readonly tenure: Tenure
  readonly attempt: Attempt
  readonly request: AgentRequest
  /** Counts the requests of the run. */
  readonly number: number
  readonly judgement: Extract<Judgement, { readonly _tag: "Require" }>
}

/**
 * The verdict, and whether a person gave it: nobody may have been asked, or have answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answered {
  readonly verdict: Verdict
  readonly isPersons: boolean
}

/**
 * Asks a person and waits for the answer. Whoever calls it bounds the wait.
 *
 * @category models
 * @since 0.1.0
 */
export type AskPerson = (question: PersonQuestion) => Effect.Effect<Answered>

// services --------------------------------------------------------------------

/**
 * Asks by human requests.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (requests: HumanRequests["Service"]): AskPerson => {
  const ask = Effect.fnUntraced(function* (question: PersonQuestion) {
    const { attempt, number, request } = question
    const text = textOf(question)
    // Nobody can agree to what they cannot see.
    if (text.length > mostCharacters) return unasked("it is too long to be shown to a person")
    const isQuestion = request._tag === "Question"
    const wish = {
      teamId: attempt.agent.teamId,
      agentId: attempt.agent.id,
      taskId: attempt.task.id,
      kind: isQuestion ? ("question" as const) : ("approval" as const),
      question: text,
      options: isQuestion ? optionsOf(request.options) : approvalOptions,
      wait: false
    }
    const asked = yield* derived(
      "dispatch",
      `run/${attempt.run.id}/ask/${number}`
    )(patiently(isQuestion ? requests.ask(wish) : requests.askWhether(wish, judgedOf(question))))
    for (;;) {
      const now = yield* patiently(requests.answered(asked.id, "1 minute"))
      if (now.status !== "pending") return answerOf(request, now)
    }
  })
  return (question) =>
    ask(question).pipe(
      Effect.catch((error) => Effect.succeed(unasked(`nobody could be asked: ${error.message}`))),
      Effect.provideService(CurrentActor, actorOf(question))
    )
}

// internal --------------------------------------------------------------------

const judgedOf = ({ attempt, judgement, request }: PersonQuestion): Judged => ({
  request,
  judgement,
  policy: policyNameOf(attempt.agent.config)
})

const mostCharacters = 9_000
const mostOptions = 20
const mostOptionCharacters = 200

const denied = (reason: string): Verdict => ({ _tag: "Deny", reason })

const unasked = (reason: string): Answered => ({ verdict: denied(reason), isPersons: false })

/** A store that does not answer for a moment is no answer of a person's. The run's end bounds it. */
const patiently = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.retry(effect, {
    schedule: Schedule.spaced("1 second"),
    while: ({ _tag }) => _tag === "StoreUnavailable" || _tag === "Busy"
  })

const actorOf = ({ attempt, tenure }: PersonQuestion): Actor => {
  const { agent, run, task } = attempt
  return {
    type: "run",
    id: run.id,
    role: agent.role,
    organizationId: OrganizationId.make(tenure.organization),
    run: { id: run.id, agentId: agent.id, taskId: task.id, attempt: run.attempt }
  }
}

const answerOf = (request: AgentRequest, { response, status }: HumanRequest): Answered =>
  status !== "resolved" || response === null
    ? unasked("nobody has answered")
    : { verdict: verdictOf(request, response), isPersons: true }

const verdictOf = (request: AgentRequest, response: string): Verdict => {
  if (request._tag === "Question") return { _tag: "Allow", answer: response }
  return response === approvalOptions[0] ? { _tag: "Allow" } : denied(response)
}

const optionsOf = (options: ReadonlyArray<string>) =>
  [...new Set(options)]
    .filter((option) => option.trim() !== "" && option.length <= mostOptionCharacters)
    .slice(0, mostOptions)

/** What a person has to know of it. Tokens of Foreman are left out: they stay in no request. */
const textOf = ({ attempt, judgement, request }: PersonQuestion): string => {
  const { agent, task } = attempt
  const who = `${agent.name}, at task ${task.id}`
  return visible(
    request._tag === "Question"
      ? request.text
      : [`${who}, asks: ${actionOf(request)}`, judgement.reason, ...reasonOf(request)].join("\n\n")
  )
}

const reasonOf = (request: AgentRequest) =>
  "reason" in request && request.reason !== null && request.reason !== ""
    ? [`The agent says why: ${request.reason}`]
    : []

const actionOf = (request: Exclude<AgentRequest, { readonly _tag: "Question" }>): string => {
  switch (request._tag) {
    case "Command": {
      const { command, cwd } = request
      const line = typeof command === "string" ? command : JSON.stringify(command)
      return `may it run this in ${cwd}?\n\n${line}`
    }
    case "FileChange":
      return `may it change these files?\n\n${request.paths.join("\n")}`
    case "ToolCall":
      return `may it call ${request.server}.${request.tool}?\n\n${JSON.stringify(request.arguments)}`
  }
}

/** Without tokens, and with nothing in it that shows a person something else than what it is. */
const visible = (text: string) =>
  text
    .replaceAll(/fmn_[a-z]+_[0-9A-Za-z]{36}/g, "fmn_(a token)")
    .replaceAll(/[^\P{C}\n\t]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`)
