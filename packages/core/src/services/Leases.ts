/**
 * What live runs hold, as decisions and questions need it: which spans a task's run wants, who holds
 * what meets them, and until when runs are taken to live.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Driver, Row, Step, StoreError } from "../ports/Driver.ts"
import { RunId, TaskId } from "../rules/Identifier.ts"
import * as Lease from "../rules/Lease.ts"
import * as Span from "../rules/Span.ts"
import type { Task } from "../rules/Task.ts"

// models ----------------------------------------------------------------------

/**
 * A task as far as its scopes go, with the repository in which it works.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asking {
  readonly task: Pick<Task, "id" | "type" | "scopes">
  readonly repositoryId: string | null
}

// services --------------------------------------------------------------------

/**
 * The spans that a task's run has to hold. Nothing is read for one that names no project or module.
 *
 * @category services
 * @since 0.1.0
 */
export const spansOf = Effect.fnUntraced(function* (
  driver: Pick<Driver, "get">,
  organization: string,
  { repositoryId, task }: Asking
): Effect.fn.Return<ReadonlyArray<Span.Span>, StoreError> {
  const projects = new Map<string, { readonly repositoryId: string | null }>()
  const modules = new Map<
    string,
    { readonly projectId: string; readonly paths: ReadonlyArray<string> }
  >()
  const look = Effect.fnUntraced(function* (projectId: string) {
    const row = projects.has(projectId)
      ? undefined
      : yield* driver.get(organization, "projects", { id: projectId })
    if (row !== undefined) projects.set(projectId, { repositoryId: textOf(row["repository_id"]) })
  })
  for (const text of task.type === "read" ? [] : task.scopes) {
    // What names a project or a module does it with a colon.
    if (!text.includes(":")) continue
    const scope = Span.scopeOf(text)
    if (scope._tag !== "Success") continue
    if (scope.success._tag === "Repository") yield* look(scope.success.projectId)
    if (scope.success._tag !== "Module") continue
    const { moduleId } = scope.success
    const row = yield* driver.get(organization, "modules", { id: moduleId })
    if (row === undefined) continue
    const projectId = String(row["project_id"])
    yield* look(projectId)
    modules.set(moduleId, { projectId, paths: JSON.parse(String(row["paths"])) })
  }
  return Span.spansOf(task, { repositoryId, projects, modules })
})

/**
 * What live runs hold that meets one of these spans, by span, so many at most.
 *
 * @category services
 * @since 0.1.0
 */
export const holdersOf = (
  driver: Pick<Driver, "ask">,
  organization: string,
  spans: ReadonlyArray<Span.Span>,
  limit = 10
): Effect.Effect<ReadonlyArray<Lease.Held>, StoreError> =>
  spans.length === 0
    ? Effect.succeed([])
    : Effect.map(
        driver.ask(organization, "overlapping_leases", { spans: JSON.stringify(spans), limit }),
        (rows) => rows.map(heldOf)
      )

/**
 * A row of `lease_spans` as what is held.
 *
 * @category services
 * @since 0.1.0
 */
export const heldOf = (row: Row): Lease.Held => ({
  span: Span.Span.make(String(row["span"])),
  runId: RunId.make(String(row["run_id"])),
  taskId: TaskId.make(Number(row["task_id"]))
})

/**
 * The step that says until when a run is taken to live that is queued now.
 *
 * @category services
 * @since 0.1.0
 */
export const heartbeatOf = (runId: RunId, now: number, terms: Lease.Terms): Step => ({
  _tag: "Insert",
  table: "heartbeats",
  row: { run_id: runId, until: Lease.begins(now, terms) }
})

/**
 * The step that goes with the end of a run.
 *
 * @category services
 * @since 0.1.0
 */
export const forgotten = (runId: RunId): Step => ({
  _tag: "Apply",
  name: "forget_run",
  parameters: { run: runId }
})

/**
 * The step that says of runs that they live. Those that are over stay so.
 *
 * @category services
 * @since 0.1.0
 */
export const renewal = (runIds: ReadonlyArray<string>, now: number, terms: Lease.Terms): Step => ({
  _tag: "Apply",
  name: "renew_runs",
  parameters: { runs: JSON.stringify(runIds), until: Lease.renewed(now, terms) }
})

// internal --------------------------------------------------------------------

const textOf = (value: Row[string] | undefined): string | null =>
  typeof value === "string" ? value : null
