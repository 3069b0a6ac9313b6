/**
 * What an explanation promises: it says what the dispatcher does right after.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect, Queue } from "effect"

import {
  AgentRunner,
  ArtifactStore,
  Dispatcher,
  type Explain,
  Foreman,
  Lease,
  Policies,
  Reactors,
  Shell,
  StoreClock,
  type Task,
  Tenure,
  type Work,
  Workspace
} from "@foreman/core"
import { type Backend, layerOf, nobody } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  // Where nothing stands on a disk they are cheap.
  const situations = backend.location === undefined ? 60 : 8
  it.live(`says of ${situations} situations what the dispatcher then does`, () =>
    Effect.gen(function* () {
      const seen = new Set<string>()
      for (let seed = 1; seed <= situations; seed++) {
        const explanations = yield* compare(seed)
        for (const { reasons, state } of explanations) {
          for (const { code } of reasons) seen.add(code)
          seen.add(state)
        }
      }
      // As many kinds of situations as it takes for the comparison to mean something.
      if (backend.location === undefined) assert.includeMembers([...seen], often)
    }).pipe(
      TestForeman.asOperator,
      Effect.provide(layerOf(backend, { behaviour: () => Effect.never }))
    )
  )
}

// internal --------------------------------------------------------------------

const often = [
  "next",
  "running",
  "waiting",
  "over",
  "dependency_open",
  "dependency_cancelled",
  "dispatch_paused",
  "assignee_paused",
  "assignee_without_runner",
  "no_agent",
  "nobody_dispatches",
  "approval_needed",
  "repository_needed",
  "scope_taken",
  "scope_wanted",
  "agents_busy",
  "behind"
]

/** Explains every task of a situation, lets the dispatcher do its work, and compares. */
const compare = Effect.fnUntraced(function* (seed: number) {
  const chance = chances(seed)
  const situation = yield* build(chance)
  const { organization, tasks } = situation
  const bench = yield* benchOf
  const capacity = Dispatcher.capacityOf(0)
  const wake = yield* Queue.sliding<void>(1)
  const means = [bench.shell, bench.clock] as const
  const wanted = { organization, name: "dispatcher", holder: `test-${seed}`, ttlMillis: 60_000 }
  const isAttended = chance(0.9)
  const tenure = isAttended ? yield* Tenure.acquire(...means, wanted) : undefined
  const dispatcher =
    tenure === undefined ? undefined : Dispatcher.make(bench, tenure, capacity, wake)
  // Some are running already when the others are explained.
  capacity.free = chance(0.6) ? 1 : 0
  if (dispatcher !== undefined) yield* dispatcher.fill

  const { client } = yield* Foreman
  const before = yield* Effect.forEach(tasks, (taskId) => client.getTask({ taskId }))
  const explanations = yield* Effect.forEach(tasks, (taskId) => client.explainTask({ taskId }))
  capacity.free += 100
  // What a task is held for is written, and whatever is written wakes the dispatcher again.
  for (const _ of tasks) if (dispatcher !== undefined) yield* dispatcher.fill
  const after = yield* Effect.forEach(tasks, (taskId) => client.getTask({ taskId }))
  yield* Effect.forEach(explanations, (explanation, index) =>
    Effect.sync(() => agree(seed, explanation, before[index]!, after[index]!, after, before))
  )
  if (dispatcher !== undefined) yield* dispatcher.stopAll("shutdown", 1000)
  return explanations
}, Effect.orDie)

/** That the explanation said what has happened. */
const agree = (
  seed: number,
  explanation: Explain.Explanation,
  before: Task.Task,
  after: Task.Task,
  all: ReadonlyArray<Task.Task>,
  were: ReadonlyArray<Task.Task>
) => {
  const { reasons, state, words } = explanation
  const place = `situation ${seed}, ${words} ${JSON.stringify(reasons)}`
  const isStarted = after.attempts > before.attempts
  const codes = reasons.map(({ code }) => code)
  assert.strictEqual(state === "running", before.liveRunId !== null, place)
  if (state === "next") assert.isTrue(isStarted, place)
  // What comes before it may turn out to be held, which lets it go first.
  const isPassing = codes.every((code) => passing.has(code))
  const isOneHeld = all.some(({ hold }, index) => hold !== null && were[index]?.hold === null)
  if (state !== "next" && !(isPassing && isOneHeld)) assert.isFalse(isStarted, place)
  if (codes[0] === "approval_needed" && codes.length === 1) {
    assert.strictEqual(after.hold, "approval", place)
  }
  if (codes[0] === "repository_needed" && codes.length === 1) {
    assert.strictEqual(after.hold, "repository_needed", place)
  }
}

const passing: ReadonlySet<Explain.Code> = new Set(["behind", "scope_wanted"])

type Chance = (likelihood: number) => boolean

/** The same chances for the same seed. */
const chances = (seed: number): Chance => {
  let state = seed * 2_654_435_761
  return (likelihood) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 < likelihood
  }
}

const count = (chance: Chance, most: number): number =>
  Array.from({ length: most }).filter(() => chance(0.5)).length

/** A team with agents in all their conditions and tasks in all of theirs. */
const build = Effect.fnUntraced(function* (chance: Chance) {
  const { client } = yield* Foreman
  const given = yield* TestForeman.givenTeam({
    engineers: count(chance, 4),
    runner: chance(0.85) ? "memory" : null,
    repositories: chance(0.7) ? 1 : chance(0.5) ? 2 : 0,
    settings: chance(0.4) ? { approvalPolicy: "strict" } : {}
  })
  const { engineers, manager, organization, repositories } = given
  for (const { id: agentId } of engineers) if (chance(0.25)) yield* client.pauseAgent({ agentId })
  const tasks: Array<Task.Task> = []
  const [repository] = repositories
  for (let number = 0; number < 1 + count(chance, 6); number++) {
    const engineer = engineers.find(() => chance(0.5))
    const assigneeId = chance(0.4) ? (engineer?.id ?? manager.id) : null
    const span = `repo/${repository?.id ?? nobody}/${chance(0.5) ? "src/" : "src/api/"}`
    tasks.push(
      yield* TestForeman.givenTask(given, {
        title: chance(0.2) ? "git push origin main" : "Fix the login",
        assigneeId,
        priority: chance(0.3) ? "high" : "medium",
        type: chance(0.2) ? "read" : "write",
        scopes: chance(0.4) ? [span] : [],
        dependsOn: tasks.filter(() => chance(0.12)).map(({ id }) => id)
      })
    )
  }
  for (const { id: taskId } of tasks) {
    if (chance(0.1)) yield* client.changeTaskStatus({ taskId, status: "cancelled" })
  }
  if (chance(0.1)) yield* client.pauseDispatch({ orgId: organization.id })
  return { organization: organization.id, tasks: tasks.map(({ id }) => id) }
}, Effect.orDie)

/** What a dispatcher works with, as in a server. */
const benchOf = Effect.gen(function* () {
  const bench: Work.Bench = {
    shell: yield* Shell.Shell,
    clock: yield* StoreClock.StoreClock,
    runners: yield* AgentRunner.AgentRunners,
    workspace: yield* Workspace.Workspace,
    artifacts: yield* ArtifactStore.ArtifactStore,
    limits: Reactors.defaults,
    terms: Lease.defaults,
    apiUrl: () => undefined,
    node: undefined,
    policies: yield* Policies.Policies,
    ask: () => Effect.never
  }
  return bench
})
