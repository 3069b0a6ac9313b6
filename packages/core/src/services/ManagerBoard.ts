/**
 * The board of a project: its modules and tasks in columns, a page of each.
 *
 * Each column is one page of an index, so what it costs does not grow with the project.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { CurrentActor } from "../operations/Authorization.ts"
import type { Handler } from "../operations/Handlers.ts"
import type * as Answers from "../operations/ManagerAnswers.ts"
import type * as Operations from "../operations/ManagerOperations.ts"
import type { Input } from "../operations/Operation.ts"
import { InvalidInput } from "../operations/Refusal.ts"
import type { Driver, Row, StoreError } from "../ports/Driver.ts"
import * as ManagerTask from "../rules/ManagerTask.ts"
import type { Module, State } from "../rules/Module.ts"
import type { Bench } from "./Manager.ts"
import { projectNamed } from "./ManagerSight.ts"
import { seenFrom } from "./ManagerStanding.ts"
import * as Paging from "./Paging.ts"
import * as Projection from "./Projection.ts"

// services --------------------------------------------------------------------

/**
 * The part of `Manager` that shows boards.
 *
 * @category services
 * @since 0.1.0
 */
export const makeBoards = ({ shell }: Bench): Boards => {
  const reading = <A, E>(
    { projectId }: Pick<Wish, "projectId">,
    read: (driver: Driver, organization: string) => Effect.Effect<A, E, CurrentActor>
  ) =>
    Effect.flatMap(seenFrom(shell), (organization = "") =>
      shell.read((driver) =>
        Effect.andThen(
          projectNamed(driver, organization || undefined, projectId),
          read(driver, organization)
        )
      )
    )
  return {
    board: (input) =>
      reading(
        input,
        Effect.fnUntraced(function* (driver, organization) {
          const isKnown = input.column === modulesColumn || columnsOf(input).length > 0
          if (!isKnown) return yield* noColumn
          const modules = isModules(input) ? yield* modulesIn(driver, organization, input) : none
          const tasks = yield* tasksIn(driver, organization, input)
          return {
            projectId: input.projectId,
            modules: modules.columns,
            tasks: tasks.columns,
            nextCursors: { ...modules.nextCursors, ...tasks.nextCursors }
          }
        })
      ),
    modules: (input) =>
      reading(input, (driver, organization) =>
        isModules(input) ? modulesIn(driver, organization, input) : noColumn
      ),
    tasks: (input) =>
      reading(input, (driver, organization) =>
        columnsOf(input).length === 0 ? noColumn : tasksIn(driver, organization, input)
      )
  }
}

/**
 * The boards by what they show.
 *
 * @category models
 * @since 0.1.0
 */
export interface Boards {
  readonly board: Handler<typeof Operations.getProjectBoard>
  readonly modules: Handler<typeof Operations.getBoardModules>
  readonly tasks: Handler<typeof Operations.getBoardTasks>
}

// internal --------------------------------------------------------------------

type Wish = Input<typeof Operations.getProjectBoard>

const usualLimit = 50

const modulesColumn = "modules"

const moduleColumns: Readonly<Record<State, string>> = {
  planned: "Backlog",
  active: "Implementing",
  blocked: "Blocked",
  done: "Done"
}

const none = { columns: {}, nextCursors: {} } as const

const noColumn = Effect.fail(
  new InvalidInput({
    problems: [{ path: "column", problem: "Expected a column that next_cursors names" }]
  })
)

const isModules = ({ column }: Wish): boolean => column === undefined || column === modulesColumn

/** The columns of tasks that are asked for. */
const columnsOf = ({ column }: Wish): ReadonlyArray<ManagerTask.Column> =>
  column === undefined
    ? ManagerTask.columns
    : ManagerTask.columns.filter(({ name }) => name === column)

const pageOf = ({ cursor, limit = usualLimit }: Wish, column: string | undefined) => ({
  limit,
  // A cursor goes on in one column and means nothing in others.
  cursor: column === undefined ? undefined : cursor
})

const modulesIn = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  input: Wish
): Effect.fn.Return<Answers.BoardModules, InvalidInput | StoreError> {
  const { items, nextCursor } = yield* Paging.find(
    driver,
    {
      organization,
      table: "modules",
      index: "modules_by_project",
      equals: { project_id: input.projectId },
      toItem: Projection.modules.fromRow
    },
    pageOf(input, input.column)
  )
  const columns: Record<string, Answers.ModuleColumns[string]> = {}
  for (const [state, name] of Object.entries(moduleColumns)) {
    const inColumn = items.filter(({ boardState }) => boardState === state)
    if (inColumn.length > 0) columns[name] = inColumn.map(moduleItem)
  }
  return { columns, nextCursors: nextCursor === null ? {} : { [modulesColumn]: nextCursor } }
})

const moduleItem = ({ boardState: state, id: moduleId, name }: Module) => ({
  moduleId,
  name,
  state
})

const tasksIn = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  input: Wish
): Effect.fn.Return<Answers.BoardTasks, InvalidInput | StoreError> {
  const columns: Record<string, Answers.TaskColumns[string]> = {}
  const nextCursors: Record<string, string> = {}
  const pages = yield* Effect.forEach(
    columnsOf(input),
    ({ board, name }) =>
      Effect.map(
        Paging.find(
          driver,
          {
            organization,
            table: "tasks",
            index: "tasks_by_board",
            equals: { project_id: input.projectId, board },
            toItem: (row) => row
          },
          pageOf(input, input.column)
        ),
        (page) => ({ ...page, name })
      ),
    { concurrency: "unbounded" }
  )
  for (const { items, name, nextCursor } of pages) {
    if (items.length === 0) continue
    columns[name] = yield* Effect.forEach(items, (row) => taskItem(driver, organization, row), {
      concurrency: "unbounded"
    })
    if (nextCursor !== null) nextCursors[name] = nextCursor
  }
  return { columns, nextCursors }
})

/** Only what is under way is asked for its run: the others' states follow from the task. */
const taskItem = Effect.fnUntraced(function* (driver: Driver, organization: string, row: Row) {
  const task = Projection.tasks.fromRow(row)
  const id = task.liveRunId
  const run = id === null ? undefined : yield* driver.get(organization, "runs", { id })
  const lastRun = run === undefined ? null : Projection.runs.fromRow(run).status
  return {
    taskId: String(task.id),
    moduleId: task.moduleId,
    // A text of many pages is the task's own page's.
    summary: task.title,
    state: ManagerTask.stateOf(ManagerTask.boardOf(task), lastRun),
    priority: task.urgency,
    pendingApproval: task.approvalStatus === "pending"
  }
})
