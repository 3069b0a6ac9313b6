/**
 * Modules: the areas of a project, with the paths that belong to them.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision, refuse } from "./Decision.ts"
import { ModuleId, ProjectId } from "./Identifier.ts"
import { type Module, type ModuleEvent, State } from "./ModuleEvent.ts"

// models ----------------------------------------------------------------------

/**
 * What the creator of a module decides.
 *
 * @category models
 * @since 0.1.0
 */
export type Wanted = Omit<Module, "id" | "createdAt" | "updatedAt">

/**
 * What may be changed of a module beside its state.
 *
 * @category models
 * @since 0.1.0
 */
export type Edit = Partial<Pick<Module, "name" | "description" | "completionCriteria" | "paths">>

// errors ----------------------------------------------------------------------

/**
 * There is no such module, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class ModuleNotFound extends Schema.TaggedError<ModuleNotFound>()(
  "ModuleNotFound",
  { moduleId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return `Module ${this.moduleId} not found`
  }
}

/**
 * The organisation has a module of this id already, in this project or another one.
 *
 * @category errors
 * @since 0.1.0
 */
export class ModuleExists extends Schema.TaggedError<ModuleExists>()(
  "ModuleExists",
  { moduleId: ModuleId, projectId: ProjectId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Module ${this.moduleId} exists already, in project ${this.projectId}`
  }
}

/**
 * A task can only be of a module of its own project.
 *
 * @category errors
 * @since 0.1.0
 */
export class ModuleInOtherProject extends Schema.TaggedError<ModuleInOtherProject>()(
  "ModuleInOtherProject",
  { moduleId: ModuleId, projectId: ProjectId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `module ${this.moduleId} does not belong to project ${this.projectId}`
  }
}

/**
 * The board has no such step.
 *
 * @category errors
 * @since 0.1.0
 */
export class IllegalModuleMove extends Schema.TaggedError<IllegalModuleMove>()(
  "IllegalModuleMove",
  { moduleId: ModuleId, from: State, to: State, allowed: Schema.Array(State) },
  { httpApiStatus: 409 }
) {
  override get message() {
    const { allowed, from, moduleId, to } = this
    return `Module ${moduleId} cannot go from ${from} to ${to}; it may go to ${allowed.join(" or ")}`
  }
}

// rules -----------------------------------------------------------------------

/**
 * Where a module may go from where it stands. What is done can be taken up again.
 *
 * @category rules
 * @since 0.1.0
 */
export const transitions: Readonly<Record<State, ReadonlyArray<State>>> = {
  planned: ["active", "blocked"],
  active: ["planned", "blocked", "done"],
  blocked: ["planned", "active"],
  done: ["active"]
}

/**
 * Creates a module. Whether its id is free is decided where it is written.
 *
 * @category rules
 * @since 0.1.0
 */
export const create = (
  wanted: Wanted,
  facts: { readonly moduleId: ModuleId }
): Decision<ModuleEvent> => accept({ type: "module.created", data: { ...facts, ...wanted } })

/**
 * Changes what is named; the rest stays.
 *
 * @category rules
 * @since 0.1.0
 */
export const update = ({ id: moduleId, projectId }: Module, edit: Edit): Decision<ModuleEvent> =>
  Object.keys(edit).length === 0
    ? accept()
    : accept({ type: "module.updated", data: { moduleId, projectId, ...edit } })

/**
 * Moves a module on the board.
 *
 * **Example** (What is planned is not done)
 *
 * ```ts import.meta.vitest
 * import { Result } from "effect"
 * import { Module } from "@foreman/core"
 *
 * Result.isFailure(Module.move(Module.example({ boardState: "planned" }), "done")) // => true
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const move = (module: Module, to: State): Decision<ModuleEvent, IllegalModuleMove> => {
  const { boardState: from, id: moduleId, projectId } = module
  const allowed = transitions[from]
  return allowed.includes(to)
    ? accept({ type: "module.state_changed", data: { moduleId, projectId, from, to } })
    : refuse(new IllegalModuleMove({ moduleId, from, to, allowed }))
}

/**
 * A module to try a rule with, with what is given changed.
 *
 * @category testing
 * @since 0.1.0
 */
export const example = (given: Partial<Module> = {}): Module => ({
  id: ModuleId.make("api"),
  projectId: ProjectId.make("demo"),
  name: "API",
  description: "",
  completionCriteria: [],
  paths: ["src/api/"],
  boardState: "planned",
  createdAt: "2026-01-01T00:00:00.000000Z",
  updatedAt: "2026-01-01T00:00:00.000000Z",
  ...given
})

export * from "./ModuleEvent.ts"
