/**
 * What the types of the catalogue promise. Compiling is the test: every wrong line is marked, and an
 * unmarked one fails.
 */
import { Effect, type Schema } from "effect"

import {
  type catalogue,
  type DryRun,
  type Facade,
  type Foreman,
  type FullCatalogue,
  type Handlers,
  Identifier,
  Operation,
  type PromisedForeman,
  type Refusal,
  type Review,
  Task,
  TaskGraph
} from "@foreman/core"

type Same<A> = <T>() => T extends A ? 1 : 2
type Equal<A, B> = Same<A> extends Same<B> ? true : false
declare const same: <A, B>(equal: Equal<A, B>) => void

declare const foreman: Facade.Facade<FullCatalogue>
declare const client: Foreman["Service"]["client"]
declare const operations: typeof catalogue
type Bound = Handlers.Handlers<FullCatalogue>
type Move = (typeof catalogue)["changeTaskStatus"]
type Create = (typeof catalogue)["createTask"]
type List = (typeof catalogue)["listTasks"]

// an operation knows its types ------------------------------------------------

same<Operation.Output<Move>, Task.Task>(true)
same<
  Extract<Operation.Errors<Move>, { readonly _tag: `${string}Dependencies` | "IllegalMove" }>,
  Task.IllegalMove | Task.BlockedByDependencies
>(true)
same<Extract<Operation.Errors<Move>, TaskGraph.DependencyMissing>, never>(true)
same<Operation.Errors<List>, never>(true)
same<Create["name"], "create_task">(true)
same<Operation.Input<Create>["priority"], Task.Priority>(true)
same<Operation.PlainInput<Create>["priority"], Task.Priority | undefined>(true)
same<Operation.Input<List>["limit"], number | undefined>(true)
same<Operation.Output<List>["items"], ReadonlyArray<Task.Task>>(true)
same<Operation.Output<List>["nextCursor"], string | null>(true)
same<
  Extract<Operation.Errors<(typeof catalogue)["approveTask"]>, Review.JudgesOwnWork>,
  Review.JudgesOwnWork
>(true)

Operation.make("close_task", {
  ...operations.changeTaskStatus,
  input: { taskId: Identifier.TaskId },
  // @ts-expect-error the tool can only omit a field of the input
  tool: { omit: ["status"] }
})

declare const needsService: Schema.Codec<string, string, Foreman>

Operation.make("close_task", {
  ...operations.changeTaskStatus,
  // @ts-expect-error a schema that needs a service to decode cannot cross a wire
  input: { taskId: needsService },
  tool: {}
})

Operation.make("close_task", {
  ...operations.changeTaskStatus,
  input: { taskId: Identifier.TaskId },
  // @ts-expect-error there is no such permission
  permission: "task:close",
  tool: {}
})

// handlers --------------------------------------------------------------------

declare const handlers: Bound

// @ts-expect-error every operation has a handler
const missing: Bound = { ping: handlers.ping, createTask: handlers.createTask }

// @ts-expect-error every handler has an operation
const surplus: Bound = { ...handlers, dropTask: handlers.changeTaskStatus }

const wrongInput: Bound = {
  ...handlers,
  // @ts-expect-error the operation does not take a reason
  changeTaskStatus: (input: { taskId: Identifier.TaskId; reason: string }) =>
    Effect.die(input.reason)
}

const wrongOutput: Bound = {
  ...handlers,
  // @ts-expect-error the operation answers with a task
  changeTaskStatus: () => Effect.succeed({ id: 42 })
}

const wrongRefusal: Bound = {
  ...handlers,
  // @ts-expect-error the operation does not declare that a dependency is missing
  // @effect-diagnostics-next-line missingEffectError:off
  changeTaskStatus: () => Effect.fail(new TaskGraph.DependencyMissing({ missing: [] }))
}

const rightRefusal: Bound = {
  ...handlers,
  getTask: ({ taskId }) => Effect.fail(new Task.TaskNotFound({ taskId }))
}

// the typed client ------------------------------------------------------------

same<
  Effect.Error<ReturnType<typeof client.changeTaskStatus>>,
  Operation.Errors<Move> | Refusal.CommonRefusal
>(true)
same<Effect.Success<ReturnType<typeof client.getTask>>, Task.Task>(true)

void client.getTask({ taskId: Identifier.TaskId.make(42) })

// @ts-expect-error a number is not a task's id until it is decoded
void client.changeTaskStatus({ taskId: 42, status: "done" })

// @ts-expect-error the id of one thing is not the id of another
void client.getTask({ taskId: Identifier.ReviewId.make(42) })

// the promise facade ----------------------------------------------------------

same<Promise<Operation.PlainOutput<Create>>, ReturnType<typeof foreman.createTask>>(true)
same<Operation.PlainOutput<Create>["id"], number>(true)
same<Operation.PlainOutput<Create>["status"], Task.Status>(true)

void foreman.changeTaskStatus({ taskId: 42, status: "done" })
void foreman.createTask({ teamId: "team", title: "Fix" }, { idempotencyKey: "once" })

// @ts-expect-error the wire's names are not TypeScript's
void foreman.changeTaskStatus({ task_id: 42, status: "done" })

// @ts-expect-error there is no such status
void foreman.changeTaskStatus({ taskId: 42, status: "finished" })

// @ts-expect-error there is no such field
void foreman.changeTaskStatus({ taskId: 42, status: "done", reason: "because" })

// @ts-expect-error there is no such operation
void foreman.dropTask({ taskId: 42 })

// the dry run -----------------------------------------------------------------

declare const promised: PromisedForeman
declare const dryRun: Foreman["Service"]["dryRun"]

same<
  ReturnType<typeof promised.dryRun.createTask>,
  Promise<DryRun.DryRun<Operation.PlainOutput<Create>>>
>(true)
same<Effect.Success<ReturnType<typeof dryRun.createTask>>["answer"], Task.Task | undefined>(true)
same<
  Effect.Error<ReturnType<typeof dryRun.changeTaskStatus>>,
  Operation.Errors<Move> | Refusal.CommonRefusal
>(true)

// @ts-expect-error a query has nothing to rehearse
void promised.dryRun.getTask({ taskId: 42 })

// @ts-expect-error what a command answers is not what its dry run does: it is not an option
void promised.createTask({ teamId: "team", title: "Fix" }, { dryRun: true })

export { missing, rightRefusal, surplus, wrongInput, wrongOutput, wrongRefusal }
