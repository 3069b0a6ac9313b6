/**
 * Who could begin what: idle agents and the top of the queue, as they stand at one moment.
 *
 * @internal
 */
import { Effect } from "effect"
import type { Driver, Question, Row } from "../ports/Driver.ts"
import { AgentId, TaskId } from "../rules/Identifier.ts"
import type { Run } from "../rules/Run.ts"
import * as Span from "../rules/Span.ts"
import * as Attempts from "../services/Attempts.ts"
import * as Leases from "../services/Leases.ts"
import * as Projection from "../services/Projection.ts"
import { repositoryIdOf } from "../services/TaskRepositories.ts"
import type { Tenure } from "../services/Tenure.ts"
import type { Elsewhere } from "./Elsewhere.ts"
import type { Waiting } from "./Waiting.ts"
import type { Bench } from "./Work.ts"

// models ----------------------------------------------------------------------

/** A task with an agent that may have it. */
export type Candidate = Pick<Attempts.Wanted, "agentId" | "known" | "taskId">

/** What is known beside the store. */
export interface Sight {
  readonly elsewhere: Elsewhere
  readonly waiting: Waiting
  /** How many runs there is room for. */
  readonly room: number
  /** The runs whose processes are not gone yet, be they over in the store or not. */
  readonly present: ReadonlyArray<Pick<Run, "taskId" | "spans">>
}

/** Who could begin what, and the rows of the agents for whom there is nothing. */
export interface Found {
  readonly candidates: ReadonlyArray<Candidate>
  readonly idle: ReadonlyArray<Row>
}

// services --------------------------------------------------------------------

/** Who could begin what: no task and no agent twice, no scope of a live run, in the order of the queue. */
export const find = Effect.fnUntraced(function* (
  { clock, shell }: Pick<Bench, "clock" | "shell">,
  { organization }: Tenure,
  { elsewhere, present, room, waiting }: Sight
) {
  const limit = Math.max(maxReady, Math.min(room, mostReady))
  const ask = (name: Question, parameters: Row) =>
    shell.read((driver) => driver.ask(organization, name, parameters))
  const since = waiting.released()
  const [all, idle] = yield* Effect.all(
    [ask("startable", { limit }), ask("idle_agents", { after: "", limit: maxAgents })],
    { concurrency: "unbounded" }
  )
  const free = new Map(idle.map((agent) => [String(agent["id"]), agent]))
  const busy = new Set(present.map(({ taskId }) => Number(taskId)))
  const isPassed = (id: number) => elsewhere.has(id) || waiting.has(id) || busy.has(id)
  const ready = all.filter(({ id }) => !isPassed(Number(id)))
  const scopes = yield* scopesOf(shell, organization, free.size === 0 ? [] : ready)
  const now = scopes.size === 0 ? 0 : yield* clock.now
  const found: Array<Candidate> = []
  const passed: Array<number> = []
  const held = present.flatMap(({ spans }) => spans)
  for (const task of ready) {
    const id = Number(task["id"])
    const { heldBy, spans } = scopes.get(id) ?? unscoped
    if (heldBy !== null) waiting.put(id, { heldBy, since, now })
    // What another one of these takes first is looked at again once that one has it.
    if (heldBy !== null || Span.meet(spans, held)) {
      passed.push(id)
      continue
    }
    const agent = [...free.values()].find((one) => mayHave(one, task))
    if (agent === undefined) continue
    free.delete(String(agent["id"]))
    held.push(...spans)
    found.push(knownCandidate(task, agent))
  }
  if (all.length < limit || free.size === 0) {
    const answer: Found = { candidates: found, idle: [...free.values()] }
    return answer
  }
  const own = found.map(({ taskId }) => Number(taskId))
  const taken = new Set([...elsewhere.tasks(), ...waiting.tasks(), ...busy, ...passed, ...own])
  const spansOf = (taskId: number) =>
    shell.read((driver) => spansOfTask(driver, organization, taskId))
  const at = yield* clock.now
  const pass = (taskId: number) => waiting.put(taskId, { heldBy: null, since, now: at })
  const beyond = { taken, held, pass, spansOf }
  const further = yield* beyondPage(ask, [...free.values()], beyond)
  for (const { agentId } of further) free.delete(agentId)
  const answer: Found = { candidates: [...found, ...further], idle: [...free.values()] }
  return answer
})

// internal --------------------------------------------------------------------

interface Scoped {
  readonly spans: ReadonlyArray<Span.Span>
  /** The live run that holds some of it. */
  readonly heldBy: string | null
}

const unscoped: Scoped = { spans: [], heldBy: null }

/** What those of the tasks want that name scopes, and who holds it. Nothing is read where none does. */
const scopesOf = Effect.fnUntraced(function* (
  shell: Bench["shell"],
  organization: string,
  ready: ReadonlyArray<Row>
) {
  const scoped = ready.filter(({ scopes, type }) => type !== "read" && scopes !== "[]")
  if (scoped.length === 0) return new Map<number, Scoped>()
  const query = { organization, table: "lease_spans", index: "key", equals: {}, limit: mostSpans }
  const held = (yield* shell.read((driver) => driver.find(query))).map(Leases.heldOf)
  const wanted = yield* shell.read((driver) =>
    Effect.forEach(scoped, (row) =>
      Effect.map(
        spansOfRow(driver, organization, row, repositoriesOf(row)),
        (spans) => [Number(row["id"]), spans] as const
      )
    )
  )
  return new Map(
    wanted.map(([id, spans]): readonly [number, Scoped] => {
      const holder = held.find(({ span }) => Span.meet(spans, [span]))
      return [id, { spans, heldBy: holder?.runId ?? null }]
    })
  )
})

const maxAgents = 500

/** How much of the queue is read at once: at least this, or for as many runs as there is room. */
const maxReady = 20
const mostReady = 200

/** What is held beyond these is met where an attempt is written. */
const mostSpans = 1000

const repositoriesOf = (task: Row): ReadonlyArray<string> =>
  JSON.parse(String(task["team_repositories"]))

/** Its own tasks are an agent's, and those of its team that nobody has are any engineer's. */
const mayHave = (agent: Row, task: Row): boolean =>
  agent["team_id"] === task["team_id"] &&
  (task["assignee_id"] === null
    ? agent["role"] === "engineer"
    : task["assignee_id"] === agent["id"])

const knownCandidate = (task: Row, agent: Row): Candidate => ({
  taskId: TaskId.make(Number(task["id"])),
  agentId: AgentId.make(String(agent["id"])),
  known: Attempts.knownFrom(task, agent)
})

/** What a task wants of which only the id is known. */
const spansOfTask = Effect.fnUntraced(function* (
  driver: Pick<Driver, "find" | "get">,
  organization: string,
  taskId: number
) {
  const row = yield* driver.get(organization, "tasks", { id: taskId })
  if (row === undefined || row["type"] === "read" || row["scopes"] === "[]") return []
  const repositories = yield* driver.find({
    organization,
    table: "repositories",
    index: "repositories_by_team",
    equals: { team_id: row["team_id"] ?? "" },
    limit: 2
  })
  const ofTeam = repositories.map(({ id }) => String(id))
  return yield* spansOfRow(driver, organization, row, ofTeam)
})

const spansOfRow = Effect.fnUntraced(function* (
  driver: Pick<Driver, "get">,
  organization: string,
  row: Row,
  ofTeam: ReadonlyArray<string>
) {
  const task = Projection.tasks.fromRow(row)
  const repositoryId = yield* repositoryIdOf(driver, organization, task, ofTeam)
  return yield* Leases.spansOf(driver, organization, { task, repositoryId })
})

interface Beyond<E> {
  readonly taken: Set<number>
  /** Of processes that are not gone yet, and of those who begin now. */
  readonly held: Array<Span.Span>
  /** Lets a task wait, so that the next look goes further. */
  readonly pass: (taskId: number) => void
  readonly spansOf: (taskId: number) => Effect.Effect<ReadonlyArray<Span.Span>, E>
}

/** Asks for each agent for the first tasks that this agent may have. */
const beyondPage = Effect.fnUntraced(function* <E>(
  ask: (name: Question, parameters: Row) => Effect.Effect<ReadonlyArray<Row>, E>,
  idle: ReadonlyArray<Row>,
  { held, pass, spansOf, taken }: Beyond<E>
) {
  const found = yield* Effect.forEach(
    idle,
    (agent, index) =>
      Effect.map(
        ask("ready_for_agent", {
          team_id: agent["team_id"] ?? "",
          agent_id: agent["id"] ?? "",
          unassigned: agent["role"] === "engineer",
          // Enough that idle agents of one team find different tasks.
          limit: Math.min(index + 1, maxReady) + taken.size
        }),
        (rows) => rows.map((row) => ({ row, agentId: AgentId.make(String(agent["id"])) }))
      ),
    { concurrency: 16 }
  )
  const busy = new Set<string>()
  const candidates: Array<Candidate> = []
  for (const { agentId, row } of found.flat().toSorted(byQueue)) {
    const taskId = TaskId.make(Number(row["id"]))
    if (taken.has(taskId) || busy.has(agentId)) continue
    taken.add(taskId)
    // Where nothing is held, who is first is told where an attempt is written.
    const spans = held.length === 0 ? [] : yield* spansOf(taskId)
    if (Span.meet(spans, held)) {
      pass(taskId)
      continue
    }
    held.push(...spans)
    busy.add(agentId)
    candidates.push({ taskId, agentId })
  }
  return candidates
})

const byQueue = ({ row: a }: { readonly row: Row }, { row: b }: { readonly row: Row }): number =>
  Number(b["is_rework"]) - Number(a["is_rework"]) ||
  Number(a["priority"]) - Number(b["priority"]) ||
  Number(b["rank"]) - Number(a["rank"]) ||
  Number(a["id"]) - Number(b["id"])
