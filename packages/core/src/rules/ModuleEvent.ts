/**
 * What a module is, and what happens to it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Event from "./Event.ts"
import { ModuleId, Name, ProjectId, Timestamp } from "./Identifier.ts"
import { streamOf, Text } from "./Project.ts"

// models ----------------------------------------------------------------------

/**
 * Where a module stands.
 *
 * @category schemas
 * @since 0.1.0
 */
export const State = Schema.Literals(["planned", "active", "blocked", "done"]).annotate({
  description: "Where the module stands"
})
export type State = typeof State.Type

/**
 * A path inside a repository: of a file, or of a folder when it ends in a slash.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Path = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(500),
  Schema.makeFilter(
    (path) => isInside(path) || "Expected a path inside the repository, as src/api/"
  )
).annotate({ description: "Path inside the repository; a folder's ends in a slash, as src/api/" })

/**
 * The paths of a module, at most 100.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Paths = Schema.Array(Path).check(Schema.isMaxLength(100))

/**
 * What must hold for a module to be done, at most 100 sentences.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Criteria = Schema.Array(
  Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(2000))
).check(Schema.isMaxLength(100))

/**
 * A module.
 *
 * @category models
 * @since 0.1.0
 */
export interface Module extends Schema.Schema.Type<typeof Module> {}
export const Module = Schema.Struct({
  id: ModuleId,
  projectId: ProjectId,
  name: Name,
  description: Text,
  completionCriteria: Criteria.annotate({ description: "What must hold for it to be done" }),
  paths: Paths.annotate({ description: "What of the repository belongs to it; none is all" }),
  boardState: State,
  createdAt: Timestamp,
  updatedAt: Timestamp
})

export const Created = Event.define(
  "module.created",
  {
    moduleId: ModuleId,
    projectId: ProjectId,
    name: Name,
    description: Text,
    completionCriteria: Criteria,
    paths: Paths,
    boardState: State
  },
  streamOf
)

export const Updated = Event.define(
  "module.updated",
  {
    moduleId: ModuleId,
    projectId: ProjectId,
    name: Schema.optionalKey(Name),
    description: Schema.optionalKey(Text),
    completionCriteria: Schema.optionalKey(Criteria),
    paths: Schema.optionalKey(Paths)
  },
  streamOf
)

export const StateChanged = Event.define(
  "module.state_changed",
  { moduleId: ModuleId, projectId: ProjectId, from: State, to: State },
  streamOf
)

/**
 * What happens to modules.
 *
 * @category models
 * @since 0.1.0
 */
export type ModuleEvent =
  | Event.EventOf<typeof Created>
  | Event.EventOf<typeof Updated>
  | Event.EventOf<typeof StateChanged>

// rules -----------------------------------------------------------------------

/**
 * Says whether a path stays inside its repository and names one place in one way.
 *
 * **Example** (A way out is no path)
 *
 * ```ts import.meta.vitest
 * import { Module } from "@foreman/core"
 *
 * Module.isInside("src/api/") // => true
 * Module.isInside("../secrets") // => false
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const isInside = (path: string): boolean => {
  // oxlint-disable-next-line no-control-regex -- what cannot be shown cannot be checked by a person
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return false
  const parts = path.replace(/\/$/, "").split("/")
  return parts.every((part) => part !== "" && part !== "." && part !== "..")
}

/**
 * Folds one event into the module.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Module | undefined,
  event: ModuleEvent,
  at: Timestamp
): Module | undefined => {
  if (event.type === "module.created") {
    const { moduleId: id, ...wanted } = event.data
    return { ...wanted, id, createdAt: at, updatedAt: at }
  }
  if (before === undefined) return undefined
  if (event.type === "module.state_changed") {
    return { ...before, boardState: event.data.to, updatedAt: at }
  }
  const { moduleId: _, ...edit } = event.data
  return { ...before, ...edit, updatedAt: at }
}
