/**
 * The policy before an agent that connects by itself begins a task: what a dispatcher would have to
 * ask a person for, it has to ask for as well.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import type { StoreError } from "../ports/Driver.ts"
import type { Actor } from "../rules/Actor.ts"
import type { TaskId } from "../rules/Identifier.ts"
import * as Task from "../rules/Task.ts"
import * as ApprovalGate from "./ApprovalGate.ts"
import { asSystem } from "./AttemptShell.ts"
import type { Policies } from "./Policies.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import type { Shell, ShellFailure } from "./Shell.ts"
import { repositoriesOf } from "./TaskRepositories.ts"
import { reliedOn } from "./TaskSession.ts"

// models ----------------------------------------------------------------------

/**
 * A move that somebody wants to make.
 *
 * @category models
 * @since 0.1.0
 */
export interface Begin {
  readonly task: Task.Task
  readonly to: Task.Status
  readonly now: number
}

// services --------------------------------------------------------------------

/**
 * What the policy says of an agent that begins a task; undefined where it need not be asked, because
 * nothing begins, a person begins it, or a run that has been let through.
 *
 * @category services
 * @since 0.1.0
 */
export const gated = Effect.fnUntraced(function* (
  session: Session,
  policies: Policies,
  actor: Actor,
  { now, task, to }: Begin
): Effect.fn.Return<ApprovalGate.Gated | undefined, StoreError> {
  if (to !== "in_progress" || task.status !== "todo" || actor.type !== "agent") return undefined
  const agent = yield* session.get(Projection.agents, { id: actor.id })
  if (agent === undefined) return undefined
  const [repository = null] = yield* repositoriesOf(session, task)
  const intent = { task, agent, repository, runId: null, now }
  return yield* ApprovalGate.pass(session, policies, intent)
})

/**
 * Asks for the approval of what an agent was refused to begin, and answers the refusal.
 *
 * @category services
 * @since 0.1.0
 */
export const asking = (
  shell: Shell["Service"],
  policies: Policies,
  actor: Actor,
  { organization, taskId }: { readonly organization: string; readonly taskId: TaskId }
): Effect.Effect<Task.ApprovalNeeded, Task.TaskNotFound | ShellFailure> =>
  Effect.suspend(() =>
    asSystem(
      `task/${taskId}/ask/${SecureRandom.uuidV7Unsafe()}`,
      shell.transact(
        { organization, queue: `task:${taskId}`, isKeyNew: true },
        Effect.fnUntraced(function* (session, now) {
          const task = yield* reliedOn(session, taskId)
          const said = yield* gated(session, policies, actor, { task, to: "in_progress", now })
          const events = said === undefined || said.isOpen ? [] : said.events
          return {
            events,
            answer: ({ after }) => {
              const { approvalId } =
                after<Task.Task | undefined>(Projection.tasks, { id: taskId }) ?? task
              return new Task.ApprovalNeeded({ taskId, approvalId })
            }
          }
        })
      )
    )
  )
