/**
 * What a runner's tests say of it, and what the tests of {@link RunnerSuite} are written with.
 *
 * @internal
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schedule, Stream } from "effect"
import type { Scope } from "effect"

import type { AgentRunner } from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * What an agent does, by the name under which a suite asks for it.
 *
 * @category testing
 * @since 0.1.0
 */
export const scenarios = {
  repeat: "writes its prompt as it is, and nothing else, and succeeds",
  deaf: "succeeds without reading its prompt",
  answer: "writes more than a hundred KiB in lines, the last two of them `so it is` and `done é`",
  fail: "writes `what went wrong` and fails with exit code 3",
  binary: "writes the bytes 0 to 255 in order, and succeeds",
  longLine: "writes one line of a million times `x`, and succeeds",
  flood: "writes without end, and ignores every request to end",
  wait: "does nothing without end",
  unusable: "is never played: its configuration is wrong"
} as const

/**
 * The name of a scenario.
 *
 * @category testing
 * @since 0.1.0
 */
export type Scenario = keyof typeof scenarios

/**
 * What only an agent in processes of its own does.
 *
 * @category testing
 * @since 0.1.0
 */
export const processScenarios = {
  family:
    "starts a child, and one in a session of its own, all of which ignore every request to end; writes " +
    "their pids and its own, with spaces between, into the file `pids` of its folder; and waits",
  orphan:
    "starts a child that waits without end and holds the output open; writes `pids`; and succeeds",
  surroundings:
    "writes the real path of its working folder, then each variable as NAME=value, all in lines"
} as const

/**
 * The name of a scenario of processes.
 *
 * @category testing
 * @since 0.1.0
 */
export type ProcessScenario = keyof typeof processScenarios

/**
 * A runner under test. What only some runners can do is optional, and its absence is a printed skip.
 *
 * @category testing
 * @since 0.1.0
 */
export interface Subject {
  /** The runner, made anew for each test. */
  readonly runner: Effect.Effect<AgentRunner.AgentRunner, unknown, Scope.Scope>
  /** An empty folder to work in. */
  readonly workspace: Effect.Effect<string, unknown, Scope.Scope>
  /**
   * What the output is made of: the agent's own bytes, unless it is said to be the events of a
   * protocol. Those hold what the agent wrote, as JSON has it.
   */
  readonly output?: "bytes" | "events"
  /** The agent configuration with which a scenario is played. */
  readonly config: (scenario: Scenario) => Readonly<Record<string, unknown>>
  /** For runners that start processes. */
  readonly processes?: {
    readonly config: (scenario: ProcessScenario) => Readonly<Record<string, unknown>>
    readonly isAlive: (pid: number) => Effect.Effect<boolean>
  }
}

// testing ---------------------------------------------------------------------

/** What a test has at hand. */
export interface Context {
  readonly runner: AgentRunner.AgentRunner
  readonly makeRunner: Subject["runner"]
  /** What a run is told to play a scenario in a fresh workspace. */
  readonly spec: (scenario: Scenario, changes?: Changes) => SpecEffect
  /** Runs a scenario to its end and reads its output. */
  readonly play: (
    scenario: Scenario,
    changes?: Changes
  ) => Effect.Effect<Played, unknown, Scope.Scope>
}

/** What a test of processes has at hand beside. */
export interface ProcessContext extends Context {
  readonly processSpec: (scenario: ProcessScenario, changes?: Changes) => SpecEffect
  /** Those of the pids that are alive. */
  readonly alive: (pids: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<number>>
}

/** A run that has ended. */
export interface Played {
  readonly result: AgentRunner.RunResult
  readonly output: Buffer
  readonly startedTimes: number
}

/** What a runner lets read. */
export type Bytes = AgentRunner.RunResult["output"]

/** The body of a test, given a runner made for it. */
export const on =
  (subject: Subject, body: (context: Context) => Effect.fn.Return<void, unknown, Scope.Scope>) =>
  () =>
    contextOf(subject).pipe(Effect.flatMap(Effect.fnUntraced(body)), Effect.scoped)

/** A test for runners that start processes, skipped with its reason for others. */
export const withProcesses = (
  subject: Subject,
  name: string,
  body: (context: ProcessContext) => Effect.fn.Return<void, unknown, Scope.Scope>
): void => {
  const { processes } = subject
  if (processes === undefined) {
    it(name, ({ skip }) => skip("the runner starts no processes"))
    return
  }
  const test = Effect.fnUntraced(body)
  it.live(name, () =>
    contextOf(subject).pipe(
      Effect.flatMap((context) =>
        test({
          ...context,
          processSpec: (scenario, changes) =>
            specOf(subject, processes.config(scenario), changes ?? {}),
          alive: (pids) => Effect.filter(pids, processes.isAlive)
        })
      ),
      Effect.scoped
    )
  )
}

/** Starts the scenario `family` and waits until all of it is there. */
export const familyOf = Effect.fnUntraced(function* (context: ProcessContext, changes?: Changes) {
  const started = yield* Deferred.make<void>()
  const spec = yield* context.processSpec("family", changes)
  const fiber = yield* context.runner
    .run(spec, Effect.asVoid(Deferred.succeed(started, undefined)))
    .pipe(Effect.forkDetach)
  yield* Effect.raceFirst(Deferred.await(started), Fiber.join(fiber))
  const over = Effect.andThen(
    Fiber.join(fiber),
    Effect.fail("the run ended before all of it began")
  )
  const pids = yield* Effect.raceFirst(pidsIn(spec.workspace), over)
  const living = yield* context.alive(pids)
  if (living.length < 3) return yield* Effect.fail(`only ${living.length} of the family live`)
  return { fiber, pids }
})

/**
 * The same under a time limit, which all of it may need to begin: a busy machine gets twice as much of
 * it the next time.
 */
export const familyWithin = (
  context: ProcessContext,
  timeoutSeconds: number
): ReturnType<typeof familyOf> =>
  Effect.catch(familyOf(context, { timeoutSeconds }), (cause) =>
    timeoutSeconds < 16 ? familyWithin(context, 2 * timeoutSeconds) : Effect.fail(cause)
  )

/** The pids that an agent wrote into its folder, once they are there. */
export const pidsIn = (workspace: string): Effect.Effect<ReadonlyArray<number>, unknown> =>
  Effect.tryPromise(() => readFile(join(workspace, "pids"), "utf8")).pipe(
    Effect.filterOrFail((text) => text.endsWith("\n")),
    Effect.retry({ times: 1_000, schedule: Schedule.spaced("20 millis") }),
    Effect.map((text) => text.trim().split(/\s+/).map(Number))
  )

/** Whether an output is, or among events holds, what the agent wrote. */
export const holds = ({ output: kind }: Subject, output: Buffer, wrote: string): boolean =>
  kind === "events"
    ? [wrote.trim(), JSON.stringify(wrote.trim()).slice(1, -1)].some((text) =>
        output.includes(text)
      )
    : output.toString() === wrote

/** All bytes of a run's output. */
export const bytesOf = (
  result: AgentRunner.RunResult
): Effect.Effect<Buffer, AgentRunner.RunnerError> => bytesIn(result.output)

/** All bytes of a stream, of which a chunk is good until the next one is asked for. */
export const bytesIn = (bytes: Bytes): Effect.Effect<Buffer, AgentRunner.RunnerError> =>
  Effect.map(Stream.runCollect(Stream.map(bytes, (chunk) => chunk.slice())), (chunks) =>
    Buffer.concat(chunks)
  )

// internal --------------------------------------------------------------------

type Changes = Partial<AgentRunner.RunSpec>
type SpecEffect = Effect.Effect<AgentRunner.RunSpec, unknown, Scope.Scope>

const contextOf = Effect.fnUntraced(function* (subject: Subject) {
  const runner = yield* subject.runner
  const spec: Context["spec"] = (scenario, changes) =>
    specOf(subject, subject.config(scenario), changes ?? {})
  const play: Context["play"] = Effect.fnUntraced(function* (scenario, changes) {
    let startedTimes = 0
    const started = Effect.sync(() => void (startedTimes += 1))
    const result = yield* runner.run(yield* spec(scenario, changes), started)
    return { result, output: yield* bytesOf(result), startedTimes }
  })
  return { runner, makeRunner: subject.runner, spec, play }
})

const specOf = (
  subject: Subject,
  config: Readonly<Record<string, unknown>>,
  changes: Changes
): SpecEffect =>
  Effect.map(subject.workspace, (workspace) => ({
    runId: "01900000-0000-7000-8000-000000000001",
    taskId: 7,
    attempt: 1,
    agent: { id: "01900000-0000-7000-8000-000000000002", name: "agent", model: "model", config },
    prompt: "what is asked",
    workspace,
    environment: { FOREMAN_TASK_ID: "7", FOREMAN_RUN_TOKEN: "a token of its own" },
    timeoutSeconds: 20,
    maxOutputBytes: 10_000_000,
    ...changes
  }))
