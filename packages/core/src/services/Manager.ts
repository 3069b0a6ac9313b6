/**
 * Foreman as a manager agent uses it: one command that creates and dispatches, a board, and the pages
 * of tasks and runs.
 *
 * It decides nothing by itself. Every wish is an operation of the catalogue, done in the name of the
 * local team's agent `manager`; what is read is read from the same tables.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { Handler } from "../operations/Handlers.ts"
import type { managerCommand } from "../operations/ManagerOperations.ts"
import { Approvals } from "./Approvals.ts"
import { type Actions, makeActions } from "./ManagerActions.ts"
import { type Boards, makeBoards } from "./ManagerBoard.ts"
import { makeApprovals, type ManagerApprovals } from "./ManagerApprovals.ts"
import { makeCommand } from "./ManagerCommands.ts"
import { type Config, ManagerConfig } from "./ManagerConfig.ts"
import { makePages, type Pages } from "./ManagerPages.ts"
import { makeEnsureDefaults } from "./LocalProject.ts"
import type { Organizations } from "./Organizations.ts"
import { type EnsureLocal, makeEnsureLocal } from "./ProjectPlace.ts"
import { Policies } from "./Policies.ts"
import { Projects } from "./Projects.ts"
import { Shell } from "./Shell.ts"
import { Tasks } from "./Tasks.ts"
import type { Teams } from "./Teams.ts"

// models ----------------------------------------------------------------------

/**
 * What the parts of a manager's Foreman stand on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Bench {
  readonly shell: Shell["Service"]
  readonly projects: Projects["Service"]
  readonly tasks: Tasks["Service"]
  readonly approvals: Approvals["Service"]
  readonly config: Config
  readonly policies: Policies
  /** The local team, or undefined before it was needed. */
  readonly findLocal: ReturnType<EnsureLocal>
  /** The local team, made if it is not there. */
  readonly ensureLocal: ReturnType<EnsureLocal>
  readonly ensureDefaults: ReturnType<typeof makeEnsureDefaults>
}

// services --------------------------------------------------------------------

/**
 * The local team's work, for its manager.
 *
 * @category services
 * @since 0.1.0
 */
export class Manager extends Context.Service<
  Manager,
  {
    readonly command: Handler<typeof managerCommand>
    readonly actions: Actions
    readonly boards: Boards
    readonly pages: Pages
    readonly approvals: ManagerApprovals
  }
>()("@foreman/core/Manager") {
  static readonly layer: Layer.Layer<
    Manager,
    never,
    Approvals | Shell | Organizations | Projects | Tasks | Teams
  > = Layer.effect(
    Manager,
    Effect.gen(function* () {
      const config = yield* ManagerConfig
      const projects = yield* Projects
      const ensure = yield* makeEnsureLocal
      const bench: Bench = {
        shell: yield* Shell,
        projects,
        tasks: yield* Tasks,
        approvals: yield* Approvals,
        config,
        policies: yield* Policies,
        findLocal: ensure(false),
        ensureLocal: ensure(true),
        ensureDefaults: makeEnsureDefaults(projects, config)
      }
      return {
        command: makeCommand(bench),
        actions: makeActions(bench),
        boards: makeBoards(bench),
        pages: makePages(bench),
        approvals: makeApprovals(bench)
      }
    })
  )
}

export { type Config, ManagerConfig } from "./ManagerConfig.ts"
