/**
 * The commands of a manager agent: it makes projects, modules and tasks, and dispatches.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import type { Handler } from "../operations/Handlers.ts"
import type { managerCommand } from "../operations/ManagerOperations.ts"
import * as Refused from "../operations/ManagerRefusal.ts"
import { createModule, createProject } from "../operations/ProjectOperations.ts"
import { InvalidInput } from "../operations/Refusal.ts"
import { createTask } from "../operations/TaskOperations.ts"
import type { Input } from "../operations/Operation.ts"
import { ModuleId, Name, ProjectId } from "../rules/Identifier.ts"
import * as ManagerTask from "../rules/ManagerTask.ts"
import { ModuleNotFound } from "../rules/Module.ts"
import { defaultPolicy, ProjectExists } from "../rules/Project.ts"
import * as Span from "../rules/Span.ts"
import { defaultPlace } from "../rules/TaskModel.ts"
import { Type, Urgency } from "../rules/TaskWords.ts"
import type { LocalTeam } from "./LocalTeam.ts"
import type { Bench } from "./Manager.ts"
import { dispatchAnswer, release, settled } from "./ManagerDispatch.ts"
import * as ManagerGate from "./ManagerGate.ts"
import { conflictOf, projectNamed, type Sight, taskNamed } from "./ManagerSight.ts"
import { asManager, commanding, isRepeated } from "./ManagerStanding.ts"
import * as Projection from "./Projection.ts"
import { registerFolder } from "./ProjectRepositories.ts"

// services --------------------------------------------------------------------

/**
 * The part of `Manager` that takes commands.
 *
 * @category services
 * @since 0.1.0
 */
export const makeCommand = (bench: Bench): Handler<typeof managerCommand> => {
  const kinds: Readonly<Record<string, Carry>> = {
    create_project: createsProject,
    create_module: createsModule,
    create_task: createsTask,
    dispatch_task: dispatches
  }
  return Effect.fnUntraced(function* (input) {
    const kind = said(input.kind) ?? ""
    const carry = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (carry === undefined) {
      return yield* new Refused.UnsupportedAction({ kind, kinds: Object.keys(kinds) })
    }
    const local = yield* commanding(bench.ensureLocal)
    yield* bench.ensureDefaults(local)
    return yield* carry(bench, local, input)
  })
}

// internal --------------------------------------------------------------------

type Wish = Input<typeof managerCommand>

type Carry = (
  bench: Bench,
  local: LocalTeam,
  input: Wish
) => ReturnType<Handler<typeof managerCommand>>

/** What is blank was not said. */
const said = (text: string | null | undefined): string | undefined => text?.trim() || undefined

const required = (field: string, ...texts: ReadonlyArray<string | null | undefined>) => {
  const found = texts.map(said).find((text) => text !== undefined)
  return found === undefined
    ? Effect.fail(new Refused.FieldRequired({ field }))
    : Effect.succeed(found)
}

/** A text that has to be of a form, under the name of its field. */
const formed = <A>(path: string, schema: Schema.Codec<A, string>, text: string) =>
  Effect.mapError(
    Schema.decodeEffect(schema)(text),
    ({ message }) => new InvalidInput({ problems: [{ path, problem: message }] })
  )

const createsProject: Carry = Effect.fnUntraced(function* (bench, local, input) {
  const { projects, shell } = bench
  const name = yield* formed("name", Name, yield* required("name", input.name, input.summary))
  const id = said(input.projectId)
  const projectId =
    id === undefined ? {} : { projectId: yield* formed("project_id", ProjectId, id) }
  const { organizationId: organization, teamId } = local
  const repoRoot = said(input.repoRoot) ?? bench.config.workingDirectory
  // What is refused leaves nothing behind, so that is found out before the folder is registered.
  if (id !== undefined && !(yield* isRepeated(shell, local))) yield* isFree(bench, local, id)
  // Whoever calls registers the folder, if it may; the manager it calls for may not.
  if (repoRoot !== undefined) yield* registerFolder(shell, organization, teamId, repoRoot)
  const wanted = {
    teamId,
    ...projectId,
    name,
    description: input.description ?? "",
    policy: defaultPolicy,
    defaultBranch: "main",
    ...(repoRoot === undefined ? {} : { repoRoot })
  }
  const project = yield* asManager(local, createProject, projects.create, wanted).pipe(
    // The team is the local one, and no repository was named.
    Effect.catchTags({ TeamNotFound: Effect.die, RepositoryNotFound: Effect.die })
  )
  return { kind: "project_created" as const, projectId: project.id, summary: project.name }
})

const isFree = Effect.fnUntraced(function* ({ shell }: Bench, local: LocalTeam, id: string) {
  const row = yield* shell.read((driver) => driver.get(local.organizationId, "projects", { id }))
  if (row !== undefined) return yield* new ProjectExists({ projectId: ProjectId.make(id) })
})

const createsModule: Carry = Effect.fnUntraced(function* (bench, local, input) {
  const { projects, shell } = bench
  const named = said(input.projectId) ?? defaultPlace.projectId
  const name = yield* formed("name", Name, yield* required("name", input.name, input.summary))
  const { id: projectId, teamId } = yield* shell.read((driver) =>
    projectNamed(driver, local.organizationId, named)
  )
  const id = said(input.moduleId)
  const moduleId = id === undefined ? {} : { moduleId: yield* formed("module_id", ModuleId, id) }
  const description = input.description ?? ""
  const usual = { completionCriteria: [], paths: [], boardState: "planned" as const }
  const wanted = { teamId, projectId, ...moduleId, name, description, ...usual }
  const module = yield* asManager(local, createModule, projects.createModule, wanted)
  return {
    kind: "module_created" as const,
    projectId,
    moduleId: module.id,
    summary: module.name
  }
})

const createsTask: Carry = Effect.fnUntraced(function* (bench, local, input) {
  const { config, shell, tasks } = bench
  const wanted = yield* taskWanted(bench, local, input)
  const task = yield* asManager(local, createTask, tasks.create, wanted).pipe(
    // All that it names has just been seen, and nothing of it is ever gone.
    Effect.catchTags({
      TeamNotFound: Effect.die,
      AgentNotFound: Effect.die,
      AgentInOtherTeam: Effect.die,
      RepositoryNotFound: Effect.die,
      DependencyMissing: Effect.die,
      DependsOnItself: Effect.die,
      ProjectInOtherTeam: Effect.die,
      ModuleInOtherProject: Effect.die
    })
  )
  yield* ManagerGate.ask(bench, local.organizationId, task.id)
  const sight = yield* settled(shell, local.organizationId, task.id, config.waitMillis)
  return yield* dispatchAnswer(shell, sight)
})

/** What a manager says of a task, as the operation that creates one takes it. */
const taskWanted = Effect.fnUntraced(function* (
  { shell }: Bench,
  { organizationId: organization }: LocalTeam,
  input: Wish
) {
  const raw = input.taskType ?? ""
  const word = raw.trim().toLowerCase() || "write"
  const type = Type.literals.find((one) => one === word)
  if (type === undefined) return yield* new Refused.UnsupportedTaskType({ taskType: raw })
  const summary = yield* required("summary", input.summary)
  const urgency = (input.priority ?? 0) > 0 ? Number(input.priority) : usualUrgency
  const problem = { path: "priority", problem: "Expected a priority of at most 1000000" }
  if (!Schema.is(Urgency)(urgency)) return yield* new InvalidInput({ problems: [problem] })
  const place = yield* placeNamed(shell, organization, input)
  const scope = said(input.writeScope) ?? `repo:${place.projectId}`
  const wrong = Span.problemOf(scope)
  if (wrong !== undefined) {
    return yield* new InvalidInput({ problems: [{ path: "write_scope", problem: wrong }] })
  }
  const acceptance = said(input.acceptance)
  return {
    ...place,
    ...ManagerTask.wordsOf(summary),
    priority: "medium" as const,
    urgency,
    type,
    dependsOn: [],
    repoIds: [],
    tags: [],
    metadata: {},
    scopes: [scope],
    ...(acceptance === undefined ? {} : { acceptance })
  }
})

/** The project and the module that a command names, which must belong together. */
const placeNamed = Effect.fnUntraced(function* (
  shell: Bench["shell"],
  organization: string,
  input: Wish
) {
  const projectId = said(input.projectId) ?? defaultPlace.projectId
  const moduleId = said(input.moduleId) ?? defaultPlace.moduleId
  const project = yield* shell.read((driver) => projectNamed(driver, organization, projectId))
  const row = yield* shell.read((driver) => driver.get(organization, "modules", { id: moduleId }))
  if (row === undefined) return yield* new ModuleNotFound({ moduleId })
  const module = Projection.modules.fromRow(row)
  if (module.projectId !== project.id) {
    return yield* new Refused.OutsideProject({ thing: "module", id: moduleId, projectId })
  }
  return { teamId: project.teamId, projectId: project.id, moduleId: module.id }
})

const dispatches: Carry = Effect.fnUntraced(function* (bench, local, input) {
  const { config, shell } = bench
  const { organizationId: organization } = local
  const taskId = yield* required("task_id", input.taskId)
  const projectId = said(input.projectId)
  if (projectId !== undefined) {
    yield* shell.read((driver) => projectNamed(driver, organization, projectId))
  }
  const sight = yield* shell.read((driver) => taskNamed(driver, organization, { taskId }))
  if (projectId !== undefined && projectId !== sight.task.projectId) {
    return yield* new Refused.OutsideProject({ thing: "task", id: taskId, projectId })
  }
  const reason = keptBack(sight)
  if (reason !== null) return yield* conflictOf(sight, "dispatch", reason)
  yield* release(bench, local, sight)
  yield* ManagerGate.ask(bench, organization, sight.task.id)
  const now = yield* settled(shell, organization, sight.task.id, config.waitMillis)
  return yield* dispatchAnswer(shell, now)
})

/**
 * Why a command dispatches nothing, or null. What is under way, done or waiting for a person is
 * answered as it stands, so that the command can be repeated.
 */
const keptBack = ({ openDependencies, state }: Sight): string | null => {
  const isAgain = state !== "ready" && state !== "failed" && state !== "canceled"
  if (isAgain) return null
  const around = { openDependencies, hasRun: false, hasApproval: false }
  return ManagerTask.disabled(state, "dispatch", around)
}

const usualUrgency = 10
