/**
 * Tasks: planning them, moving them, and what is known of them.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Predicate } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import type * as Operations from "../operations/TaskOperations.ts"
import { principalOf } from "../rules/Actor.ts"
import { AgentInOtherTeam, AgentNotFound } from "../rules/Agent.ts"
import { type AgentId, type RepositoryId, TaskId, type TeamId } from "../rules/Identifier.ts"
import { RepositoryNotFound } from "../rules/Repository.ts"
import * as Task from "../rules/Task.ts"
import * as TaskGraph from "../rules/TaskGraph.ts"
import { TeamNotFound } from "../rules/Team.ts"
import { homeOf, organizationOf } from "./Directory.ts"
import * as Envelope from "./Envelope.ts"
import type { Method } from "./Method.ts"
import * as Paging from "./Paging.ts"
import { Policies } from "./Policies.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided, Shell } from "./Shell.ts"
import { changing, taskOf } from "./TaskSession.ts"
import { makeDependencies } from "./TaskDependencies.ts"
import { makeMove } from "./TaskMoves.ts"
import { placeWanted, repositoriesIn } from "./TaskPlace.ts"

// services --------------------------------------------------------------------

/**
 * The tasks of this store.
 *
 * @category services
 * @since 0.1.0
 */
export class Tasks extends Context.Service<
  Tasks,
  {
    readonly create: Method<typeof Operations.createTask>
    readonly list: Method<typeof Operations.listTasks>
    readonly get: Method<typeof Operations.getTask>
    readonly update: Method<typeof Operations.updateTask>
    readonly move: Method<typeof Operations.changeTaskStatus>
    readonly assign: Method<typeof Operations.assignTask>
    readonly retry: Method<typeof Operations.retryTask>
    readonly addDependency: Method<typeof Operations.addDependency>
    readonly removeDependency: Method<typeof Operations.removeDependency>
    readonly events: Method<typeof Operations.getTaskEvents>
  }
>()("@foreman/core/Tasks") {
  static readonly layer: Layer.Layer<Tasks, never, Shell> = Layer.effect(
    Tasks,
    Effect.map(Effect.all([Shell, Policies]), ([shell, policies]) => ({
      ...makeReads(shell),
      ...makePlans(shell),
      ...makeDependencies(shell),
      move: makeMove(shell, policies)
    }))
  )
}

// internal --------------------------------------------------------------------

const makeReads = (shell: Shell["Service"]): Pick<Tasks["Service"], "list" | "get" | "events"> => ({
  list: Effect.fnUntraced(function* ({ assigneeId, status, teamId, ...page }) {
    const organization = yield* organizationOf(shell, "team", teamId)
    if (organization === undefined) return Paging.empty
    const index =
      assigneeId !== undefined
        ? "tasks_by_assignee"
        : status !== undefined
          ? "tasks_by_status"
          : "tasks_by_team"
    const equals = {
      team_id: teamId,
      ...(assigneeId === undefined ? {} : { assignee_id: assigneeId }),
      ...(status === undefined ? {} : { status })
    }
    const query = { organization, table: "tasks", index, equals, direction: "descending" } as const
    return yield* shell.read((driver) =>
      Paging.find(
        driver,
        { ...query, toItem: Projection.tasks.fromRow },
        { ...page, limit: page.limit ?? 100 }
      )
    )
  }),
  get: ({ taskId }) => Effect.map(taskOf(shell, taskId), ({ thing }) => thing),
  events: Effect.fnUntraced(function* ({ cursor, limit = 100, taskId }) {
    const organization = yield* organizationOf(shell, "task", taskId)
    if (organization === undefined) return Paging.empty
    const after = cursor === undefined ? {} : yield* Paging.decode(cursor, { version: "integer" })
    const page = { after: Number(after["version"] ?? 0), limit: limit + 1 }
    const stored = yield* shell.read((driver) =>
      driver.readStream(organization, `task:${taskId}`, page)
    )
    const kept = stored.slice(0, limit)
    const last = stored.length > limit ? kept.at(-1) : undefined
    const nextCursor = last === undefined ? null : Paging.encode([last.version])
    return { items: kept.map(Envelope.toRecorded), nextCursor }
  })
})

const makePlans = (
  shell: Shell["Service"]
): Pick<Tasks["Service"], "create" | "update" | "assign" | "retry"> => ({
  create: Effect.fnUntraced(function* (input) {
    const { assigneeId = null, driId = null, teamId } = input
    const missing = () => new TeamNotFound({ teamId })
    const organization = yield* homeOf(shell, Projection.teams, "team", teamId, missing)
    const taskId = TaskId.make(yield* shell.allocate("tasks"))
    return yield* shell.transact(
      { organization },
      Effect.fnUntraced(function* (session) {
        yield* canBeAssigned(session, teamId, assigneeId)
        if (driId !== null) yield* agentOf(session, driId)
        yield* repositoriesExist(session, input.repoIds)
        const known: Array<TaskId> = []
        for (const id of new Set(input.dependsOn)) {
          const task = yield* session.get(Projection.tasks, { id })
          if (task !== undefined) known.push(id)
        }
        yield* decided(TaskGraph.depend(taskId, input.dependsOn, { known }))
        const { project, ...place } = (yield* placeWanted(session, input, { teamId })) ?? {}
        const repoIds = repositoriesIn(input.repoIds, project)
        const wanted = { ...saidIn(input), ...place, repoIds }
        const events = yield* decided(Task.create(wanted, { taskId }))
        return {
          events,
          answer: ({ after }) => after<Task.Task>(Projection.tasks, { id: taskId })
        }
      })
    )
  }),
  update: ({ taskId, ...given }) =>
    changing(
      shell,
      taskId,
      Effect.fnUntraced(function* (task, session) {
        yield* repositoriesExist(session, given.repoIds ?? [])
        const { project: _, ...place } = (yield* placeWanted(session, given, task)) ?? {}
        const named = Object.entries(given).filter(([, value]) => value !== null)
        return yield* decided(Task.update(task, { ...Object.fromEntries(named), ...place }))
      })
    ),
  assign: ({ assigneeId, taskId }) =>
    changing(shell, taskId, (task, session) =>
      Effect.andThen(
        canBeAssigned(session, task.teamId, assigneeId),
        decided(Task.assign(task, assigneeId))
      )
    ),
  retry: Effect.fnUntraced(function* ({ taskId }) {
    const actorId = principalOf(yield* CurrentActor)
    return yield* changing(shell, taskId, (task) => decided(Task.retry(task, { actorId })))
  })
})

type CreateInput = Parameters<Tasks["Service"]["create"]>[0]

/** What the creator says; a null says nothing. */
const saidIn = (input: CreateInput): Task.Wanted => {
  const { acceptance, moduleId: _, projectId: __, scopes, type, urgency, ...wanted } = input
  const { assigneeId = null, driId = null } = input
  return {
    ...wanted,
    assigneeId,
    driId,
    ...(Predicate.isNotNullish(acceptance) ? { acceptance } : {}),
    ...(Predicate.isNotNullish(scopes) ? { scopes } : {}),
    ...(Predicate.isNotNullish(type) ? { type } : {}),
    ...(Predicate.isNotNullish(urgency) ? { urgency } : {})
  }
}

const agentOf = Effect.fnUntraced(function* (session: Session, agentId: AgentId) {
  const agent = yield* session.get(Projection.agents, { id: agentId })
  return agent ?? (yield* new AgentNotFound({ agentId }))
})

/** A task of another team would wait for this agent for ever. An agent never changes its team. */
const canBeAssigned = Effect.fnUntraced(function* (
  session: Session,
  teamId: TeamId,
  agentId: AgentId | null
) {
  if (agentId === null) return
  const agent = yield* agentOf(session, agentId)
  if (agent.teamId !== teamId) return yield* new AgentInOtherTeam({ agentId, teamId })
})

const repositoriesExist = Effect.fnUntraced(function* (
  session: Session,
  ids: ReadonlyArray<RepositoryId>
) {
  for (const id of ids) {
    const repository = yield* session.get(Projection.repositories, { id })
    if (repository === undefined) return yield* new RepositoryNotFound({ repositoryId: id })
  }
})
