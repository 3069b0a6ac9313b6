/**
 * Gives ready tasks to idle agents, and sees each attempt through to its end.
 *
 * It reads the top of the queue and the idle agents at one moment, and decides from that: between a
 * hint and the commit there is one answer of the store. For agents who find nothing in a full page it
 * asks one by one, so a long queue of tasks that nobody can take delays no other. What it starts is
 * decided where it is written: two dispatchers that want the same task or the same agent start it
 * once.
 *
 * @since 0.1.0
 */
import { Deferred, Effect, Exit, Fiber, Queue } from "effect"
import { SecureRandom } from "effect/crypto"
import type { Question, Row } from "../ports/Driver.ts"
import { AgentId, RunId, TaskId } from "../rules/Identifier.ts"
import type { Run } from "../rules/Run.ts"
import * as Attempts from "../services/Attempts.ts"
import * as Lanes from "../services/Lanes.ts"
import * as RunObservation from "../services/RunObservation.ts"
import type { Tenure } from "../services/Tenure.ts"
import * as Tokens from "../services/Tokens.ts"
import * as Elsewhere from "./Elsewhere.ts"
import { type Bench, carryOut } from "./Work.ts"

// models ----------------------------------------------------------------------

/**
 * How many runs there may be at once, in all organisations of this process together.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Capacity {
  free: number
}

/**
 * The dispatcher of one organisation.
 *
 * @category services
 * @since 0.1.0
 */
export interface Dispatcher {
  /** Starts what can be started now. */
  readonly fill: Effect.Effect<void>
  /** Ends a run that is carried out here; nothing if it is not. */
  readonly stop: (runId: string, cause: string) => Effect.Effect<void>
  /** Ends all runs and waits for their recorded ends, so many milliseconds at most. */
  readonly stopAll: (cause: string, withinMillis: number) => Effect.Effect<void>
}

// services --------------------------------------------------------------------

/**
 * Begins to dispatch for the organisation of a tenure. `wake` is offered whenever a run has ended.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (
  bench: Bench,
  tenure: Tenure,
  capacity: Capacity,
  wake: Queue.Queue<void>
): Dispatcher => {
  const active = new Map<string, Active>()
  /** Nobody works at these any more, and they are live in the store. */
  const adrift = new Map<string, Run>()
  const elsewhere = Elsewhere.make(bench, tenure)
  let isStopping = false
  const hasRoom = () => capacity.free > 0 && !isStopping

  const begin = Effect.fnUntraced(function* (candidate: Candidate) {
    const runId = RunId.make(SecureRandom.uuidV7Unsafe())
    const issued = yield* Tokens.issue(runId, (yield* bench.clock.now) + tokenMicros)
    const attempt = yield* Attempts.queue(bench.shell, tenure, { ...candidate, runId, issued })
    const stop = yield* Deferred.make<string>()
    const order = { tenure, attempt, token: issued.token, stop: Deferred.await(stop) }
    const ended = Effect.fnUntraced(function* (exit: Exit.Exit<boolean>) {
      capacity.free += 1
      active.delete(runId)
      if (Exit.isFailure(exit) || !exit.value) adrift.set(runId, attempt.run)
      yield* Queue.offer(wake, undefined)
    })
    // Detached, so that whoever stops the dispatcher can wait for recorded ends.
    const fiber = yield* Effect.forkDetach(Effect.onExit(carryOut(bench, order), ended))
    active.set(runId, { fiber, stop })
  })

  /** Begins an attempt if there is room for it, and says whether it did. */
  const launch = (candidate: Candidate) =>
    Effect.suspend(() => {
      if (!hasRoom()) return Effect.succeed(false)
      // Taken in the same turn, because the dispatchers of other organisations share it.
      capacity.free -= 1
      return begin(candidate).pipe(
        Effect.as(true),
        Effect.onError(() => Effect.sync(() => void (capacity.free += 1))),
        Effect.catchIf(isElsewhere, ({ home = null }) =>
          Effect.as(elsewhere.put(candidate.taskId, home), false)
        )
      )
    })

  const fill = Effect.gen(function* () {
    // Whatever kept their ends from being recorded may be over now.
    for (const run of adrift.values()) {
      yield* lose(bench, tenure, run)
      adrift.delete(run.id)
    }
    yield* elsewhere.refresh
    while (hasRoom()) {
      const passed = elsewhere.size()
      const candidates = yield* candidatesOf(bench, tenure, { elsewhere, capacity })
      const started = yield* launchAll(candidates, launch)
      if (started === 0 && elsewhere.size() === passed) return
    }
  }).pipe(Effect.catch((error) => Effect.logWarning(`Nothing was dispatched: ${error.message}`)))

  return {
    fill,
    stop: (runId, cause) => endOne(active.get(runId), cause),
    stopAll: (cause, withinMillis) =>
      Effect.suspend(() => {
        isStopping = true
        return endAll([...active.values()], cause, withinMillis)
      })
  }
}

/**
 * Records the runs of former holders as lost. Their processes ended with the process that started
 * them; what they had not said is not known.
 *
 * @category services
 * @since 0.1.0
 */
export const recover = Effect.fnUntraced(function* (bench: Bench, tenure: Tenure) {
  const live = yield* Attempts.live(bench.shell, tenure.organization)
  const runs = live.filter((run) => Lanes.isRunOf(tenure, run))
  yield* Effect.forEach(runs, (run) => lose(bench, tenure, run))
  return runs.length
})

// internal --------------------------------------------------------------------

const endOne = (run: Active | undefined, cause: string) =>
  run === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(run.stop, cause))

const endAll = Effect.fnUntraced(function* (
  runs: ReadonlyArray<Active>,
  cause: string,
  withinMillis: number
) {
  yield* Effect.forEach(runs, ({ stop }) => Deferred.succeed(stop, cause))
  yield* Effect.forEach(runs, ({ fiber }) => Fiber.await(fiber), {
    concurrency: "unbounded"
  }).pipe(Effect.timeoutOption(withinMillis))
  yield* Fiber.interruptAll(runs.map(({ fiber }) => fiber))
})

/** Records a run as lost, if it is not over. */
const lose = ({ shell }: Bench, tenure: Tenure, run: Run) => {
  const lost = { outcome: "lost", exitCode: null, cause: "lost", answer: null } as const
  const nothing = { headCommit: null, hold: null, output: null }
  const end = Attempts.end(shell, tenure, { ...lost, ...nothing, attempt: run })
  return Effect.andThen(end, RunObservation.ended("lost"))
}

interface Active {
  readonly fiber: Fiber.Fiber<boolean>
  readonly stop: Deferred.Deferred<string>
}

type Candidate = Pick<Attempts.Wanted, "agentId" | "known" | "taskId">

const maxAgents = 500

/** How much of the queue is read at once: at least this, or for as many runs as there is room. */
const maxReady = 20
const mostReady = 200

const isElsewhere = (error: { readonly _tag: string }): error is Attempts.NotStarted =>
  error instanceof Attempts.NotStarted && error.reason === "elsewhere"

/** A run's token ends with the run; this is for one whose end was never recorded. */
const tokenMicros = 7 * 24 * 3600 * 1_000_000

/** Launches candidates together, as many as there is room for, and counts what began. */
const launchAll = <E>(
  candidates: ReadonlyArray<Candidate>,
  launch: (candidate: Candidate) => Effect.Effect<boolean, E>
) =>
  Effect.map(
    Effect.forEach(
      candidates,
      (candidate) =>
        // What is queued is also carried out, or a run would be live that nobody works at.
        Effect.uninterruptible(launch(candidate)).pipe(
          Effect.catchCause((cause) =>
            Effect.as(Effect.logDebug(`Task ${candidate.taskId} was not started`, cause), false)
          )
        ),
      // Those of one turn of the loop become one group of the store.
      { concurrency: "unbounded" }
    ),
    (began) => began.filter(Boolean).length
  )

/** Who could begin what: no task and no agent twice, in the order of the queue. */
const candidatesOf = Effect.fnUntraced(function* (
  { shell }: Bench,
  { organization }: Tenure,
  { capacity, elsewhere }: { readonly elsewhere: Elsewhere.Elsewhere; readonly capacity: Capacity }
) {
  const limit = Math.max(maxReady, Math.min(capacity.free, mostReady))
  const ask = (name: Question, parameters: Row) =>
    shell.read((driver) => driver.ask(organization, name, parameters))
  const [ready, idle] = yield* Effect.all(
    [ask("startable", { limit }), ask("idle_agents", { after: "", limit: maxAgents })],
    { concurrency: "unbounded" }
  )
  const free = new Map(idle.map((agent) => [String(agent["id"]), agent]))
  const found = ready.flatMap((task): ReadonlyArray<Candidate> => {
    if (elsewhere.has(Number(task["id"]))) return []
    const agent = [...free.values()].find((one) => mayHave(one, task))
    if (agent === undefined) return []
    free.delete(String(agent["id"]))
    return [knownCandidate(task, agent)]
  })
  if (ready.length < limit || free.size === 0) return found
  const taken = new Set([...elsewhere.tasks(), ...found.map(({ taskId }) => Number(taskId))])
  return [...found, ...(yield* beyondPage(ask, [...free.values()], taken))]
})

/** Its own tasks are an agent's, and those of its team that nobody has are any engineer's. */
const mayHave = (agent: Row, task: Row): boolean =>
  agent["team_id"] === task["team_id"] &&
  (task["assignee_id"] === null
    ? agent["role"] === "engineer"
    : task["assignee_id"] === agent["id"])

const knownCandidate = (task: Row, agent: Row): Candidate => {
  const teamRepositories: ReadonlyArray<string> = JSON.parse(String(task["team_repositories"]))
  return {
    taskId: TaskId.make(Number(task["id"])),
    agentId: AgentId.make(String(agent["id"])),
    known: { task, agent, version: Number(task["version"]), teamRepositories }
  }
}

/** Asks for each agent for the first tasks that this agent may have. */
const beyondPage = Effect.fnUntraced(function* <E>(
  ask: (name: Question, parameters: Row) => Effect.Effect<ReadonlyArray<Row>, E>,
  idle: ReadonlyArray<Row>,
  taken: Set<number>
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
  return found
    .flat()
    .toSorted(byQueue)
    .flatMap(({ agentId, row }): ReadonlyArray<Candidate> => {
      const taskId = TaskId.make(Number(row["id"]))
      if (taken.has(taskId) || busy.has(agentId)) return []
      taken.add(taskId)
      busy.add(agentId)
      return [{ taskId, agentId }]
    })
})

const byQueue = ({ row: a }: { readonly row: Row }, { row: b }: { readonly row: Row }): number =>
  Number(b["is_rework"]) - Number(a["is_rework"]) ||
  Number(a["priority"]) - Number(b["priority"]) ||
  Number(b["rank"]) - Number(a["rank"]) ||
  Number(a["id"]) - Number(b["id"])
