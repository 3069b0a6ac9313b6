/**
 * The policies that this process knows, by their names, and how one is asked.
 *
 * Projects, teams and agents name a policy; an embedder adds its own ones. Everything that is judged
 * is judged here: tasks before their dispatch, and what runners ask for.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import * as AgentRequest from "../rules/AgentRequest.ts"
import * as AgentRestrictions from "../rules/AgentRestrictions.ts"
import * as ApprovalPolicy from "../rules/ApprovalPolicy.ts"

// models ----------------------------------------------------------------------

type Config = Readonly<Record<string, unknown>>

/**
 * What is known of a task when its dispatch is judged.
 *
 * @category models
 * @since 0.1.0
 */
export interface DispatchFacts {
  /** The name of the policy that holds for it. */
  readonly policy: string
  /** The configuration of the agent that is to do it. */
  readonly config: Config
}

/**
 * What is known of a run when its agent asks.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestFacts {
  readonly access: "read" | "write"
  readonly config: Config
  /** Where the run works: relative patterns of paths begin there. */
  readonly workspace: string
}

// services --------------------------------------------------------------------

/**
 * The policies of this process: `strict` and `permissive`, and those that were added.
 *
 * **Details**
 *
 * A name that nobody knows here is judged as `strict`, and whatever that allows needs a person: the
 * rules that were meant cannot be asked.
 *
 * **When to use**
 *
 * Provide it, or give `policies` to `createForeman`, to add policies of your own.
 *
 * @category services
 * @since 0.1.0
 */
export interface Policies {
  readonly named: (name: string) => ApprovalPolicy.Policy
  readonly judgeTask: (
    task: Extract<ApprovalPolicy.Action, { readonly _tag: "Task" }>,
    facts: DispatchFacts
  ) => ApprovalPolicy.Judgement
  readonly judgeRequest: (
    request: AgentRequest.AgentRequest,
    facts: RequestFacts
  ) => ApprovalPolicy.Judgement
}

/**
 * Policies over those that come with Foreman. One of the same name takes the place of ours.
 *
 * **Example** (A policy of one's own)
 *
 * ```ts import.meta.vitest
 * import { type ApprovalPolicy, Policies } from "@foreman/core"
 *
 * const frozen: ApprovalPolicy.Policy = {
 *   name: "frozen",
 *   rules: [{ id: "team.frozen", risk: "high", judge: () => "nothing starts before the release" }]
 * }
 * const policies = Policies.make([frozen])
 * const task = { _tag: "Task", type: "write", title: "Add a field", description: "" } as const
 *
 * policies.judgeTask(task, { policy: "frozen", config: {} })._tag // => "Require"
 * policies.judgeTask(task, { policy: "strict", config: {} })._tag // => "Allow"
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const make = (own: ReadonlyArray<ApprovalPolicy.Policy> = []): Policies => {
  const all = [ApprovalPolicy.permissive, ApprovalPolicy.strict, ...own]
  const known = new Map(all.map((policy) => [policy.name, policy]))
  const named = (name: string) => known.get(name) ?? unknownPolicy(name)
  return {
    named,
    judgeTask: (task, { config, policy }) =>
      judgeRestricted(task, AgentRestrictions.of(config), named(policy)),
    judgeRequest: (request, { access, config, workspace }) =>
      AgentRestrictions.judge(AgentRestrictions.of(config), request, workspace) ??
      AgentRequest.judge(request, { access, policy: named(AgentRequest.policyNameOf(config)) })
  }
}

/**
 * The policies that hold where nobody provides others.
 *
 * @category services
 * @since 0.1.0
 */
export const Policies: Context.Reference<Policies> = Context.Reference<Policies>(
  "@foreman/core/Policies",
  { defaultValue: () => make() }
)

// internal --------------------------------------------------------------------

const judgeRestricted = (
  task: Extract<ApprovalPolicy.Action, { readonly _tag: "Task" }>,
  restrictions: AgentRestrictions.AgentRestrictions,
  policy: ApprovalPolicy.Policy
): ApprovalPolicy.Judgement => {
  // A task is read only where somebody has to know what it says.
  if (restrictions.commands.denied.length === 0) return ApprovalPolicy.judge(policy, task)
  const { commands, problems } = ApprovalPolicy.readingOf(task)
  const denied = AgentRestrictions.deniedOf(restrictions, commands)
  if (denied !== undefined) return denied
  const judgement = ApprovalPolicy.judge(policy, task)
  if (judgement._tag !== "Allow" || problems.length === 0) return judgement
  const reason = `the task cannot be read: ${problems.join("; ")}`
  return { _tag: "Require", risk: "high", rule: "agent.unreadable", reason }
}

const unknownPolicy = (name: string): ApprovalPolicy.Policy => ({
  name,
  rules: [
    ...ApprovalPolicy.strict.rules,
    {
      id: "policy.unknown",
      risk: "high",
      judge: () => `there is no policy ${name.slice(0, 100)} here, so a person decides`
    }
  ]
})
