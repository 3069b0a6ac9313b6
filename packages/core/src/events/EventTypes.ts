/**
 * Every type of event there is, with its schema and its stream.
 *
 * @since 0.1.0
 */
import * as Agent from "../rules/Agent.ts"
import * as Approval from "../rules/ApprovalEvent.ts"
import * as Artifact from "../rules/Artifact.ts"
import type * as Event from "../rules/Event.ts"
import * as HumanRequest from "../rules/HumanRequest.ts"
import * as Lease from "../rules/Lease.ts"
import * as MergeJob from "../rules/MergeJob.ts"
import * as Message from "../rules/Message.ts"
import * as Module from "../rules/Module.ts"
import * as Organization from "../rules/Organization.ts"
import * as Project from "../rules/Project.ts"
import * as Repository from "../rules/Repository.ts"
import * as Review from "../rules/Review.ts"
import * as Run from "../rules/Run.ts"
import * as TaskEvent from "../rules/TaskEvent.ts"
import * as Team from "../rules/Team.ts"

// models ----------------------------------------------------------------------

/**
 * What can happen.
 *
 * @category models
 * @since 0.1.0
 */
export type DomainEvent =
  | Organization.OrganizationEvent
  | Team.TeamEvent
  | Agent.AgentEvent
  | Repository.RepositoryEvent
  | Project.ProjectEvent
  | Module.ModuleEvent
  | TaskEvent.TaskEvent
  | Review.ReviewEvent
  | MergeJob.MergeJobEvent
  | Run.RunEvent
  | Lease.LeaseEvent
  | Artifact.ArtifactEvent
  | Message.MessageEvent
  | HumanRequest.HumanRequestEvent
  | Approval.ApprovalEvent

/**
 * The declarations of all events.
 *
 * @category models
 * @since 0.1.0
 */
export const declared = [
  Organization.Created,
  Organization.Paused,
  Organization.Resumed,
  Team.Created,
  Team.SettingsUpdated,
  Agent.Created,
  Agent.Paused,
  Agent.Resumed,
  Repository.Registered,
  Repository.Homed,
  Project.Created,
  Project.Updated,
  Module.Created,
  Module.Updated,
  Module.StateChanged,
  TaskEvent.Created,
  TaskEvent.Updated,
  TaskEvent.StatusChanged,
  TaskEvent.Assigned,
  TaskEvent.DependencyAdded,
  TaskEvent.DependencyRemoved,
  TaskEvent.ApprovalChanged,
  TaskEvent.Held,
  TaskEvent.Released,
  TaskEvent.Requeued,
  TaskEvent.Dispatched,
  TaskEvent.AttemptEnded,
  Review.Created,
  Review.VerdictGiven,
  MergeJob.Queued,
  MergeJob.Started,
  MergeJob.Completed,
  MergeJob.Failed,
  Run.Queued,
  Run.Starting,
  Run.Started,
  Run.PermissionDecided,
  Run.UsageReported,
  Run.Succeeded,
  Run.Failed,
  Run.Cancelled,
  Run.Lost,
  Lease.Acquired,
  Lease.Released,
  Artifact.Created,
  Artifact.Removed,
  Message.Sent,
  Message.Processed,
  HumanRequest.Created,
  HumanRequest.Resolved,
  HumanRequest.Expired,
  Approval.Requested,
  Approval.Approved,
  Approval.Rejected,
  Approval.Expired,
  Approval.Used,
  Approval.Reprioritized
] as const

/**
 * A declaration whose data is not known here.
 *
 * @category models
 * @since 0.1.0
 */
export type AnyDefinition = Event.Definition<string, Event.Fields>

/**
 * The declaration of a type. A type that is not declared is a defect, or a newer Foreman's.
 *
 * @category models
 * @since 0.1.0
 */
export const definitionOf = (type: string): AnyDefinition => {
  const definition = byType.get(type)
  if (definition === undefined) throw new Error(`No such event type: ${type}`)
  return definition
}

// internal --------------------------------------------------------------------

const byType = new Map<string, AnyDefinition>(
  // As: each declaration takes exactly its own data, which a map by type cannot say.
  declared.map((definition) => [definition.type, definition as unknown as AnyDefinition])
)
