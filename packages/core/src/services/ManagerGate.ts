/**
 * The policy at a manager's dispatch: what a person has to agree to is asked for at once, be there an
 * agent free for it or not.
 *
 * It is the gate of the dispatcher, so whoever comes first asks, and the other one finds the task
 * waiting. What the policy allows is left to the dispatcher as it stands.
 *
 * @internal
 */
import { Effect } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import { CurrentCommand } from "../operations/Command.ts"
import * as DryRun from "../operations/DryRun.ts"
import { AgentNeeded } from "../operations/ManagerRefusal.ts"
import type { StoreError } from "../ports/Driver.ts"
import { system } from "../rules/Actor.ts"
import { type AgentRecord, runnerOf } from "../rules/Agent.ts"
import * as ManagerTask from "../rules/ManagerTask.ts"
import * as Task from "../rules/Task.ts"
import * as ApprovalGate from "./ApprovalGate.ts"
import * as ExplainQueue from "./ExplainQueue.ts"
import type { Bench } from "./Manager.ts"
import { noAnswer } from "./ManagerStanding.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { repositoriesOf } from "./TaskRepositories.ts"
import { blockersOf, reliedOn } from "./TaskSession.ts"

// services --------------------------------------------------------------------

/**
 * Asks for the approval that a ready task needs, in the name of the system; refuses a task that nobody
 * is there for, now or when an agent has finished.
 *
 * Nothing is written where nothing is asked. A task that is not ready is asked for already, is under
 * way or waits for somebody's look, so a command that is repeated asks no second time.
 */
export const ask = Effect.fnUntraced(function* (
  { policies, shell }: Pick<Bench, "policies" | "shell">,
  organization: string,
  taskId: Task.Task["id"]
) {
  // In a dry run there is nothing to look at yet.
  yield* DryRun.begin
  const command = yield* CurrentCommand
  yield* shell
    .transact(
      { organization, queue: `task:${taskId}` },
      Effect.fnUntraced(function* (session, now) {
        const task = yield* Effect.catchTag(reliedOn(session, taskId), "TaskNotFound", Effect.die)
        const openDependencies = (yield* blockersOf(session, task)).length
        if (!Task.isReady(task, { openDependencies })) return nothing
        const agents = yield* agentsFor(session, task)
        const events = yield* asked(session, agents, { policies, task, now })
        return { ...nothing, events }
      })
    )
    .pipe(
      Effect.provideService(CurrentActor, system),
      // Its key is the manager's: what was asked for is told by the task.
      Effect.provideService(CurrentCommand, { ...command, ...noAnswer, key: undefined })
    )
})

// internal --------------------------------------------------------------------

const nothing = { events: [], answer: () => null }

const mostAgents = 200

/** Who may have the task, the likeliest first: all that a dispatcher or the task itself tells of it. */
const agentsFor = Effect.fnUntraced(function* (session: Session, task: Task.Task) {
  if (task.assigneeId !== null) {
    const agent = yield* session.get(Projection.agents, { id: task.assigneeId })
    return agent === undefined ? [] : [agent]
  }
  const { driver, organization } = session
  const [rows, working] = yield* Effect.all(
    [
      driver.find({
        organization,
        table: "agents",
        index: "agents_by_team",
        equals: { team_id: task.teamId },
        limit: mostAgents
      }),
      driver.ask(organization, "working_agents", { team_id: task.teamId })
    ],
    { concurrency: "unbounded" }
  )
  const engineers = rows.map(Projection.agents.fromRow).filter(({ role }) => role === "engineer")
  if (engineers.length === 0 && rows.length < mostAgents) return yield* nobodyFor(task)
  const busy = new Set(working.map(({ id }) => String(id)))
  return engineers.toSorted(
    (one, other) => distanceOf(one, busy) - distanceOf(other, busy) || (one.id < other.id ? -1 : 1)
  )
})

/** How far an agent is from beginning something: who has no runner takes tasks by itself. */
const distanceOf = (agent: AgentRecord, busy: ReadonlySet<string>): number =>
  (runnerOf(agent) === null ? 4 : 0) + (agent.isPaused ? 2 : 0) + (busy.has(agent.id) ? 1 : 0)

const nobodyFor = ({ id, moduleId, projectId, ...task }: Task.Task) =>
  new AgentNeeded({
    taskId: String(id),
    projectId,
    moduleId,
    taskState: ManagerTask.stateOf(ManagerTask.boardOf(task), null)
  })

interface Dispatch extends Pick<Bench, "policies"> {
  readonly task: Task.Task
  readonly now: number
}

/** What comes of asking for the agent that the dispatcher would choose. */
const asked = Effect.fnUntraced(function* (
  session: Session,
  agents: ReadonlyArray<AgentRecord>,
  { now, policies, task }: Dispatch
): Effect.fn.Return<ApprovalGate.Gated["events"], StoreError> {
  const [first] = agents
  if (first === undefined) return []
  const [repository = null, another] = yield* repositoriesOf(session, task)
  const gateFor = (agent: AgentRecord) =>
    ApprovalGate.pass(session, policies, { task, agent, repository, runId: null, now })
  const gated = yield* gateFor(first)
  if (gated.isOpen) return []
  // Nobody can agree to what would be done nobody knows where.
  if (another !== undefined) return [Task.held(task, "repository_needed")]
  if (agents.length === 1) return gated.events
  const place = yield* ExplainQueue.placeOf(session.driver, session.organization, task, agents)
  const chosen = agents.find(({ id }) => id === place.agentId) ?? first
  if (chosen === first) return gated.events
  const other = yield* gateFor(chosen)
  return other.isOpen ? [] : other.events
})
