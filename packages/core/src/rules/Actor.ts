/**
 * Who acts, and what each role may do.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { AgentId, OrganizationId, RunId, TaskId } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * What an operation asks of its caller.
 *
 * @category models
 * @since 0.1.0
 */
export const Permission = Schema.Literals([
  "health:read",
  "organization:read",
  "organization:create",
  "team:read",
  "team:create",
  "team:configure",
  "agent:create",
  "repository:register",
  "project:read",
  "project:plan",
  "task:read",
  "task:plan",
  "task:work",
  "run:control",
  "message:read",
  "message:send",
  "review:request",
  "review:decide",
  "human:read",
  "human:ask",
  "human:respond",
  "approval:decide"
])
export type Permission = typeof Permission.Type

/**
 * What an actor is to its organisation.
 *
 * @category models
 * @since 0.1.0
 */
export const Role = Schema.Literals([
  "operator",
  "owner",
  "admin",
  "member",
  "manager",
  "engineer",
  "reviewer",
  "system"
])
export type Role = typeof Role.Type

/**
 * Who acts: it stands in every event. The local operator and the system see every organisation,
 * everyone else one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Actor extends Schema.Schema.Type<typeof Actor> {}
export const Actor = Schema.Struct({
  type: Schema.Literals(["operator", "user", "agent", "run", "system"]),
  id: Schema.NonEmptyString,
  role: Role,
  organizationId: Schema.NullOr(OrganizationId),
  /** What a run acts for: its agent and its one task, while its token is the newest. */
  run: Schema.optionalKey(
    Schema.Struct({ id: RunId, agentId: AgentId, taskId: TaskId, attempt: Schema.Int })
  )
})

// errors ----------------------------------------------------------------------

/**
 * The actor may act only in its own name.
 *
 * @category errors
 * @since 0.1.0
 */
export class ActsForAnother extends Schema.TaggedError<ActsForAnother>()(
  "ActsForAnother",
  { actor: Schema.String, named: Schema.String },
  { httpApiStatus: 403 }
) {
  override get message() {
    return `${this.actor} may act only in its own name, not as ${this.named}`
  }
}

/**
 * The task is not the actor's own.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotYourTask extends Schema.TaggedError<NotYourTask>()(
  "NotYourTask",
  { actor: Schema.String, taskId: TaskId },
  { httpApiStatus: 403 }
) {
  override get message() {
    return `Task ${this.taskId} is not assigned to ${this.actor}`
  }
}

// rules -----------------------------------------------------------------------

const reads = [
  "health:read",
  "organization:read",
  "team:read",
  "project:read",
  "task:read",
  "human:read"
] as const

/**
 * What each role may do: the one table that every surface and every set of tools reads.
 *
 * @category rules
 * @since 0.1.0
 */
export const permissions: Readonly<Record<Role, ReadonlyArray<Permission>>> = {
  operator: Permission.literals,
  system: Permission.literals,
  owner: Permission.literals.filter((permission) => permission !== "organization:create"),
  admin: Permission.literals.filter((permission) => permission !== "organization:create"),
  member: [
    ...reads,
    "project:plan",
    "task:plan",
    "task:work",
    "run:control",
    "message:read",
    "message:send",
    "review:request",
    "review:decide",
    "human:respond",
    "approval:decide"
  ],
  manager: [
    ...reads,
    "project:plan",
    "task:plan",
    "task:work",
    "run:control",
    "message:read",
    "message:send",
    "review:request",
    "review:decide",
    "human:ask"
  ],
  engineer: [...reads, "task:work", "message:read", "message:send", "review:request", "human:ask"],
  reviewer: [...reads, "message:read", "message:send", "review:decide"]
}

/**
 * Foreman itself, when it acts after the fact: dispatching, landing, cleaning up.
 *
 * @category models
 * @since 0.1.0
 */
export const system: Actor = { type: "system", id: "foreman", role: "system", organizationId: null }

/**
 * The person who holds the local server's token.
 *
 * @category models
 * @since 0.1.0
 */
export const operator: Actor = {
  type: "operator",
  id: "operator",
  role: "operator",
  organizationId: null
}

/**
 * Says whether the actor's role holds the permission. A run has its agent's role, but steers neither
 * other runs and agents nor projects: it is there for its one task.
 *
 * **Example** (An engineer does not judge)
 *
 * ```ts import.meta.vitest
 * import { Actor } from "@foreman/core"
 *
 * Actor.may({ ...Actor.operator, role: "engineer" }, "review:decide") // => false
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const may = (
  { role, run }: Pick<Actor, "role"> & { readonly run?: object | undefined },
  permission: Permission
): boolean =>
  permissions[role].includes(permission) && (run === undefined || !ofNoRun.includes(permission))

/**
 * Says whether the actor may name others as those on whose behalf it acts.
 *
 * @category rules
 * @since 0.1.0
 */
export const speaksForOthers = (actor: Actor): boolean =>
  actor.role === "operator" || actor.role === "owner" || actor.role === "system"

/**
 * The principal in whose name the actor acts: a run acts for its agent.
 *
 * @category rules
 * @since 0.1.0
 */
export const principalOf = (actor: Actor): string => actor.run?.agentId ?? actor.id

// internal --------------------------------------------------------------------

const ofNoRun: ReadonlyArray<Permission> = ["run:control", "project:plan"]
