/**
 * Gives ready tasks to idle agents, and sees each attempt through to its end.
 *
 * It asks, for every idle agent, for the first task that this agent may have, so a long queue of
 * tasks that nobody can take delays no other. What it starts is decided where it is written: two
 * dispatchers that want the same task or the same agent start it once.
 *
 * @since 0.1.0
 */
import { Deferred, Effect, Exit, Fiber, Queue } from "effect"
import { SecureRandom } from "effect/crypto"
import type { Row } from "../ports/Driver.ts"
import { AgentId, RunId, TaskId } from "../rules/Identifier.ts"
import type { Run } from "../rules/Run.ts"
import * as Attempts from "../services/Attempts.ts"
import * as RunObservation from "../services/RunObservation.ts"
import type { Tenure } from "../services/Tenure.ts"
import * as Tokens from "../services/Tokens.ts"
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
  /** Ends all runs and waits for their recorded ends, so long at most. */
  readonly stopAll: (cause: string) => Effect.Effect<void>
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
  let isStopping = false
  const hasRoom = () => capacity.free > 0 && !isStopping

  const begin = Effect.fnUntraced(function* (candidate: Candidate) {
    const runId = RunId.make(SecureRandom.uuidV7Unsafe())
    const now = yield* bench.clock.now
    const issued = yield* Tokens.issue(runId, now + tokenMicros)
    const wanted = { taskId: candidate.taskId, agentId: candidate.agentId, runId, issued }
    const attempt = yield* Attempts.queue(bench.shell, tenure, wanted)
    const stop = yield* Deferred.make<string>()
    const order = { tenure, attempt, token: issued.token, stop: Deferred.await(stop) }
    const ended = Effect.sync(() => {
      capacity.free += 1
      active.delete(runId)
      Queue.offerUnsafe(wake, undefined)
    })
    // Detached, so that whoever stops the dispatcher can wait for recorded ends.
    const fiber = yield* Effect.forkDetach(Effect.ensuring(carryOut(bench, order), ended))
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
        Effect.onError(() => Effect.sync(() => void (capacity.free += 1)))
      )
    })

  const fill = Effect.gen(function* () {
    while (hasRoom()) {
      const candidates = yield* candidatesOf(bench, tenure.organization)
      const started = yield* launchInOrder(candidates, launch, hasRoom)
      if (started === 0) return
    }
  }).pipe(Effect.catch((error) => Effect.logWarning(`Nothing was dispatched: ${error.message}`)))

  return {
    fill,
    stop: (runId, cause) => {
      const run = active.get(runId)
      return run === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(run.stop, cause))
    },
    stopAll: Effect.fnUntraced(function* (cause: string) {
      isStopping = true
      const all = [...active.values()]
      yield* Effect.forEach(all, ({ stop }) => Deferred.succeed(stop, cause))
      yield* Effect.forEach(all, ({ fiber }) => Fiber.await(fiber), {
        concurrency: "unbounded"
      }).pipe(Effect.timeoutOption("7 seconds"))
      yield* Fiber.interruptAll(all.map(({ fiber }) => fiber))
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
export const recover = Effect.fnUntraced(function* ({ shell }: Bench, tenure: Tenure) {
  const runs = yield* Attempts.live(shell, tenure.organization)
  yield* Effect.forEach(runs, (run: Run) => {
    const lost = { outcome: "lost", exitCode: null, cause: "lost", answer: null } as const
    const nothing = { headCommit: null, hold: null, output: null }
    const end = Attempts.end(shell, tenure, { ...lost, ...nothing, attempt: run })
    return Effect.andThen(end, RunObservation.ended("lost"))
  })
  return runs.length
})

// internal --------------------------------------------------------------------

interface Active {
  readonly fiber: Fiber.Fiber<void>
  readonly stop: Deferred.Deferred<string>
}

interface Candidate {
  readonly taskId: TaskId
  readonly agentId: AgentId
  readonly row: Row
}

const maxAgents = 500

/** A run's token ends with the run; this is for one whose end was never recorded. */
const tokenMicros = 7 * 24 * 3600 * 1_000_000

/** Launches candidates while there is room, no task and no agent twice, and counts what began. */
const launchInOrder = Effect.fnUntraced(function* <E>(
  candidates: ReadonlyArray<Candidate>,
  launch: (candidate: Candidate) => Effect.Effect<boolean, E>,
  hasRoom: () => boolean
) {
  const taken = new Set<number>()
  const busy = new Set<string>()
  let started = 0
  for (const candidate of candidates) {
    if (!hasRoom()) break
    if (taken.has(candidate.taskId) || busy.has(candidate.agentId)) continue
    taken.add(candidate.taskId)
    busy.add(candidate.agentId)
    // What is queued is also carried out, or a run would be live that nobody works at.
    const exit = yield* Effect.exit(Effect.uninterruptible(launch(candidate)))
    if (Exit.isSuccess(exit)) started += exit.value ? 1 : 0
    else yield* Effect.logDebug(`Task ${candidate.taskId} was not started`, exit.cause)
  }
  return started
})

/** The first tasks of every idle agent, in the order of the queue. */
const candidatesOf = Effect.fnUntraced(function* ({ shell }: Bench, organization: string) {
  const idle = yield* shell.read((driver) =>
    driver.ask(organization, "idle_agents", { after: "", limit: maxAgents })
  )
  const found = yield* Effect.forEach(idle, (agent, index) =>
    Effect.map(
      shell.read((driver) =>
        driver.ask(organization, "ready_for_agent", {
          team_id: agent["team_id"] ?? "",
          agent_id: agent["id"] ?? "",
          unassigned: agent["role"] === "engineer",
          // Enough that idle agents of one team find different tasks.
          limit: Math.min(index + 1, 20)
        })
      ),
      (rows) =>
        rows.map((row): Candidate => ({
          taskId: TaskId.make(Number(row["id"])),
          agentId: AgentId.make(String(agent["id"])),
          row
        }))
    )
  )
  return found.flat().toSorted(byQueue)
})

const byQueue = ({ row: a }: Candidate, { row: b }: Candidate): number =>
  Number(b["is_rework"]) - Number(a["is_rework"]) ||
  Number(a["priority"]) - Number(b["priority"]) ||
  Number(b["rank"]) - Number(a["rank"]) ||
  Number(a["id"]) - Number(b["id"])
