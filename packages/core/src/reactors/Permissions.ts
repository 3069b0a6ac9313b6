/**
 * What a run's agent is answered when it asks, and how what it uses is recorded.
 *
 * The policy decides what it can. What it wants a person for is asked of one where somebody can be
 * asked, for as long as the run itself may take; else it is denied with the policy's reason. A request
 * that was denied once is denied again in the same run, without asking anybody twice.
 *
 * @since 0.1.0
 */
import { Clock, Effect } from "effect"
import type * as AgentRequest from "../rules/AgentRequest.ts"
import type { Judgement } from "../rules/ApprovalPolicy.ts"
import * as Reports from "../services/AttemptReports.ts"
import type { Attempt } from "../services/Attempts.ts"
import type { AskPerson, PersonQuestion } from "../services/People.ts"
import type { Policies } from "../services/Policies.ts"
import type { Shell } from "../services/Shell.ts"
import type { Tenure } from "../services/Tenure.ts"

// models ----------------------------------------------------------------------

/**
 * What answers are made of.
 *
 * @category models
 * @since 0.1.0
 */
export interface Desk {
  readonly shell: Shell["Service"]
  readonly tenure: Tenure
  readonly attempt: Attempt
  readonly access: "read" | "write"
  readonly policies: Policies
  /** The folder in which the agent works. */
  readonly workspace: string
  readonly ask: AskPerson | undefined
}

/**
 * What a runner is given of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answers {
  readonly permission: (request: AgentRequest.AgentRequest) => Effect.Effect<AgentRequest.Verdict>
  readonly usage: (total: AgentRequest.TokenUsage) => Effect.Effect<void>
  /** What was used in all, if that is not recorded yet. Belongs to the end of the run. */
  readonly unrecorded: () => AgentRequest.TokenUsage | undefined
}

// services --------------------------------------------------------------------

/**
 * Answers one run's agent.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (desk: Desk): Answers => {
  const { permission } = makePermission(desk)
  return { permission, ...makeUsage(desk) }
}

// internal --------------------------------------------------------------------

const usageMillis = 10_000
const mostDenials = 1_000
const longestDenial = 10_000
const mostReason = 500

type Decided = Omit<Reports.Decided, "request">

interface Judged extends Pick<PersonQuestion, "request" | "number"> {
  readonly judgement: Judgement
}

const makePermission = (desk: Desk): Pick<Answers, "permission"> => {
  const { access, attempt, policies, workspace } = desk
  const facts = { access, config: attempt.agent.config, workspace }
  const denials = new Map<string, Decided>()
  let number = 0
  const permission = Effect.fnUntraced(function* (request: AgentRequest.AgentRequest) {
    const key = JSON.stringify(request)
    const before = denials.get(key)
    number += 1
    const own = number
    const judgement = policies.judgeRequest(request, facts)
    const decided = before ?? (yield* decide(desk, { request, number: own, judgement }))
    const isKept = denials.size < mostDenials && key.length <= longestDenial
    if (decided.verdict._tag === "Deny" && isKept) denials.set(key, decided)
    yield* recorded(desk, (shell, tenure, run) =>
      Reports.permissionDecided(shell, tenure, run, own, { ...decided, request })
    )
    return decided.verdict
  })
  return { permission }
}

const decide = Effect.fnUntraced(function* (
  { ask, attempt, tenure }: Desk,
  { judgement, number, request }: Judged
): Effect.fn.Return<Decided> {
  const { _tag } = judgement
  if (_tag === "Allow") {
    return { verdict: { _tag: "Allow" }, decidedBy: "policy", rule: null, reason: null }
  }
  const { reason, rule } = judgement
  if (_tag === "Deny" || ask === undefined) {
    const nobody = _tag === "Deny" ? reason : `${reason}, and nobody can be asked`
    return { verdict: { _tag: "Deny", reason: nobody }, decidedBy: "policy", rule, reason: nobody }
  }
  const { isPersons, verdict } = yield* ask({ tenure, attempt, request, number, judgement })
  const said = verdict._tag === "Deny" ? verdict.reason.slice(0, mostReason) : null
  // Where nobody has decided, the policy's own "not without a person" stands.
  return { verdict, decidedBy: isPersons ? "person" : "policy", rule, reason: said }
})

const makeUsage = (desk: Desk): Pick<Answers, "unrecorded" | "usage"> => {
  let latest: AgentRequest.TokenUsage | undefined
  let reportedAt = Number.NEGATIVE_INFINITY
  let number = 0
  const usage = Effect.fnUntraced(function* (total: AgentRequest.TokenUsage) {
    latest = total
    const now = yield* Clock.currentTimeMillis
    if (now - reportedAt < usageMillis) return
    reportedAt = now
    number += 1
    const isRecorded = yield* recorded(desk, (shell, tenure, run) =>
      Reports.usageReported(shell, tenure, run, number, total)
    )
    // What could not be recorded is told at the end, unless more has been used by then.
    if (isRecorded && latest === total) latest = undefined
  })
  return { usage, unrecorded: () => latest }
}

/** A report that cannot be written must not end the work that it is about. Says whether it could. */
const recorded = (
  { attempt, shell, tenure }: Desk,
  write: (
    shell: Shell["Service"],
    tenure: Tenure,
    run: Attempt["run"]
  ) => ReturnType<typeof Reports.usageReported>
): Effect.Effect<boolean> =>
  Effect.catch(Effect.as(write(shell, tenure, attempt.run), true), (error) =>
    Effect.as(
      shell.outage.missed(`A report of run ${attempt.run.id} is not recorded`, error),
      false
    )
  )
