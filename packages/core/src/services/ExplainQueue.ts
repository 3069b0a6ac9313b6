/**
 * A task's place in the queue, and whether an agent is left for it: the dispatcher's choice, looked at
 * without making it.
 *
 * @internal
 */
import { Effect } from "effect"
import type { Driver, Row, StoreError } from "../ports/Driver.ts"
import type { Queued, Worker } from "../rules/ExplainModel.ts"
import type { Held } from "../rules/Lease.ts"
import * as Span from "../rules/Span.ts"
import { TaskId } from "../rules/Identifier.ts"
import type { Task } from "../rules/Task.ts"
import * as Leases from "./Leases.ts"
import * as Projection from "./Projection.ts"
import { repositoryIdOf } from "./TaskRepositories.ts"

// models ----------------------------------------------------------------------

/** Where a task stands in the queue. */
export interface Place {
  readonly queue: Queued
  /** The idle agent that is left for it, if one is. */
  readonly agentId: string | null
  /** The task before it that is to be given what it wants to write. */
  readonly rival: TaskId | null
  /** The live run that may write what it wants to write. */
  readonly heldBy: Pick<Held, "runId" | "taskId"> | null
}

// services --------------------------------------------------------------------

/** Goes through the queue as the dispatcher does, down to the task. */
export const placeOf = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  task: Task,
  workers: ReadonlyArray<Pick<Worker, "id">>
): Effect.fn.Return<Place, StoreError> {
  const [rows, idle] = yield* Effect.all(
    [
      driver.ask(organization, "startable", { limit: mostRead }),
      driver.ask(organization, "idle_agents", { after: "", limit: mostAgents })
    ],
    { concurrency: "unbounded" }
  )
  const at = rows.findIndex(({ id }) => id === task.id)
  const ahead = at === -1 ? rows : rows.slice(0, at)
  const rivals = new Set(workers.map(({ id }) => String(id)))
  const held = ahead.some(isScoped) ? yield* spansHeld(driver, organization) : []
  const free = new Map(idle.map((agent) => [String(agent["id"]), agent]))
  const own = task.scopes.length === 0 ? [] : yield* spansOf(driver, organization, rows[at])
  const [holder] = yield* Leases.holdersOf(driver, organization, own, 1)
  const taken: Array<Span.Span> = []
  let before = 0
  let rival: TaskId | null = null
  for (const row of ahead) {
    const spans = yield* spansOf(driver, organization, row)
    if (Span.meet(spans, held) || Span.meet(spans, taken)) continue
    const agent = [...free.values()].find((one) => mayHave(one, row))
    if (agent === undefined) continue
    free.delete(String(agent["id"]))
    taken.push(...spans)
    if (Span.meet(spans, own)) rival ??= TaskId.make(Number(row["id"]))
    if (rivals.has(String(agent["id"]))) before += 1
  }
  const agent = [...free.values()].find(({ id }) => rivals.has(String(id)))
  const isMore = at === -1 && rows.length >= mostRead
  const agentId = agent === undefined ? null : String(agent["id"])
  const heldBy = holder === undefined ? null : { runId: holder.runId, taskId: holder.taskId }
  return { queue: { before, isMore }, agentId, rival, heldBy }
})

// internal --------------------------------------------------------------------

/** How much of the queue is looked at. */
const mostRead = 200
const mostAgents = 500
const mostSpans = 1000

const isScoped = ({ scopes, type }: Row): boolean => type !== "read" && scopes !== "[]"

const spansHeld = (driver: Driver, organization: string) =>
  Effect.map(
    driver.find({
      organization,
      table: "lease_spans",
      index: "key",
      equals: {},
      limit: mostSpans
    }),
    (rows) => rows.map((row) => Leases.heldOf(row).span)
  )

const spansOf = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  row: Row | undefined
) {
  if (row === undefined || !isScoped(row)) return []
  const task = Projection.tasks.fromRow(row)
  const ofTeam: ReadonlyArray<string> = JSON.parse(String(row["team_repositories"]))
  const repositoryId = yield* repositoryIdOf(driver, organization, task, ofTeam)
  return yield* Leases.spansOf(driver, organization, { task, repositoryId })
})

/** Its own tasks are an agent's, and those of its team that nobody has are any engineer's. */
const mayHave = (agent: Row, task: Row): boolean =>
  agent["team_id"] === task["team_id"] &&
  (task["assignee_id"] === null
    ? agent["role"] === "engineer"
    : task["assignee_id"] === agent["id"])
