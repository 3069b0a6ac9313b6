/**
 * What becomes of the runs of a process that is gone or stands still: they are lost, and what they held
 * is given back; and never those of a process that lives.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"

import { type Identifier, Shell } from "@foreman/core"
import { asking, freezable, patient, processOn, quiet, recording } from "./ForemanSuiteAgents.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, shared } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"
import { untilEvent, untilTask } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  frozen(backend)
  living(backend)
}

// internal --------------------------------------------------------------------

const terms = { leaseMillis: 1_500, startMillis: 5_000 }
const patience = { within: "20 seconds" } as const

const homedAt = ({ team }: TestForeman.GivenTeam, node: string) =>
  asking((client) =>
    client.registerRepository({
      teamId: team.id,
      name: node,
      localPath: `/repositories/${node}`,
      defaultBranch: "main",
      config: { home: node }
    })
  )

const endsOf = (organizationId: string, taskId: Identifier.TaskId) =>
  Effect.map(TestForeman.history(organizationId), (events) =>
    events
      .filter(({ data }) => data["task_id"] === taskId)
      .map(({ type }) => type)
      .filter((type) => /^(run\.(lost|succ|fail|canc)|lease)/.test(type))
  )

const heartbeatsOf = Effect.fnUntraced(function* (organization: string) {
  const { driver } = yield* Shell.Shell
  const query = { organization, table: "heartbeats", index: "key", equals: {}, limit: 100 }
  return yield* driver.find(query)
})

const frozen = (backend: Backend) => {
  it.live(
    "loses the run of a node that stands still, whose place nobody takes, and frees its scope",
    () =>
      Effect.gen(function* () {
        const store = yield* shared(backend)
        const ice = yield* freezable(store)
        const agent = yield* patient
        const { behaviour, specs } = recording()
        const scope = yield* Effect.acquireRelease(Scope.make(), (scope, exit) =>
          Effect.andThen(ice.latch.open, Scope.close(scope, exit))
        )
        // A machine that stands still for three seconds costs nobody the tenure.
        const reactors = { ttlMillis: 8_000, terms }
        const far = yield* processOn(ice.layer, {
          behaviour: agent.behaviour,
          reactors: { ...reactors, holder: "far", node: "far" }
        }).pipe(Effect.provideService(Scope.Scope, scope))
        const given = yield* far(TestForeman.givenTeam({ engineers: 2, repositories: 0 }))
        const organizationId = given.organization.id
        const { id: repoId } = yield* far(homedAt(given, "far"))
        const scopes = ["repo:demo"]
        const task = yield* far(TestForeman.givenTask(given, { scopes, repoIds: [repoId] }))
        yield* agent.begun
        const near = yield* processOn(store, {
          behaviour,
          reactors: { ...reactors, holder: "near", node: "near" }
        })
        yield* ice.latch.close
        // Nobody else serves the lane of that node: only the end of its lease frees the scope.
        const { id: nextRepo } = yield* near(homedAt(given, "near"))
        const next = yield* near(
          TestForeman.givenTask(given, { scopes: [`repo/${repoId}`], repoIds: [nextRepo] })
        )
        const isLost = (event: { readonly type: string; readonly data: object }) =>
          event.type === "run.lost" && Reflect.get(event.data, "task_id") === task.id
        yield* near(untilEvent(isLost, { ...patience, what: "its run is lost" }))
        yield* near(untilTask(next.id, ({ status }) => status === "in_review", patience))
        assert.deepStrictEqual(
          specs.map(({ taskId }) => taskId),
          [next.id]
        )
        // Awake again, it ends its agent, and nothing that it says of it counts.
        yield* ice.latch.open
        yield* agent.interrupted
        yield* Scope.close(scope, Exit.void)
        const ends = yield* near(endsOf(organizationId, task.id))
        assert.deepStrictEqual(ends, ["lease.acquired", "run.lost", "lease.released"])
        assert.deepStrictEqual(yield* near(heartbeatsOf(organizationId)), [])
        yield* near(assertRebuilds(organizationId))
      }).pipe(quiet),
    60_000
  )
}

const living = (backend: Backend) => {
  it.live("loses no run of a process that lives, however long it takes", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const agent = yield* patient
      const reactors = { terms: { leaseMillis: 300, startMillis: 20_000 } }
      const here = yield* processOn(store, {
        behaviour: agent.behaviour,
        reactors: { ...reactors, holder: "here" }
      })
      const given = yield* here(TestForeman.givenTeam())
      const { id: taskId } = yield* here(TestForeman.givenTask(given))
      yield* agent.begun
      const there = yield* processOn(store, { reactors: { ...reactors, holder: "there" } })
      const untilOf = Effect.map(here(heartbeatsOf(given.organization.id)), ([row]) =>
        Number(row?.["until"])
      )
      // Said to live ten times over its time, while the other process looks for those that are not.
      // It has longer to begin: the first time that it is said shortens that.
      let first = yield* untilOf
      yield* Effect.repeat(Effect.andThen(Effect.sleep("20 millis"), untilOf), {
        until: (until) => {
          first = Math.min(first, until)
          return until >= first + 10 * 300_000
        }
      })
      yield* agent.finish
      yield* there(untilTask(taskId, ({ status }) => status === "in_review", patience))
      const ends = yield* there(endsOf(given.organization.id, taskId))
      assert.deepStrictEqual(ends, ["lease.acquired", "run.succeeded", "lease.released"])
    }).pipe(quiet)
  )

  it.live("loses a run that its own process does not carry out, once its time is up", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const agent = yield* patient
      const here = yield* processOn(store, {
        behaviour: agent.behaviour,
        reactors: { holder: "here", terms: { leaseMillis: 300, startMillis: 20_000 } }
      })
      const given = yield* here(TestForeman.givenTeam({ engineers: 2 }))
      const live = yield* here(TestForeman.givenTask(given))
      yield* agent.begun
      const { liveRunId } = yield* here(
        untilTask(live.id, (task) => task.liveRunId !== null, patience)
      )
      assert(liveRunId !== null)
      // As if this process had queued another one and had never begun it.
      const strayTask = yield* here(TestForeman.givenTask(given, { assigneeId: given.manager.id }))
      const stray = yield* here(strayRun(given, liveRunId, strayTask.id))
      const isLost = (event: { readonly type: string; readonly data: object }) =>
        event.type === "run.lost" && Reflect.get(event.data, "run_id") === stray
      yield* here(untilEvent(isLost, { ...patience, what: "the stray run is lost" }))
      const still = yield* here(asking((client) => client.getTask({ taskId: live.id })))
      assert.strictEqual(still.liveRunId, liveRunId)
      yield* agent.finish
    }).pipe(quiet)
  )
}

/** A live run like another one, of another task, that nobody works at. */
const strayRun = Effect.fnUntraced(function* (
  { manager, organization }: TestForeman.GivenTeam,
  like: Identifier.RunId,
  taskId: Identifier.TaskId
) {
  const { driver } = yield* Shell.Shell
  const row = yield* driver.get(organization.id, "runs", { id: like })
  assert(row !== undefined)
  const { organization: _, ...columns } = row
  const id = `${like.slice(0, -4)}dead`
  const steps = [
    {
      _tag: "Insert",
      table: "runs",
      row: { ...columns, id, task_id: taskId, agent_id: manager.id, spans: "[]" }
    },
    { _tag: "Insert", table: "directory", row: { kind: "run", id } },
    { _tag: "Insert", table: "heartbeats", row: { run_id: id, until: 1 } }
  ] as const
  const batch = { organization: organization.id, reliesOn: [], steps, events: [] }
  assert.strictEqual((yield* driver.commit(batch))._tag, "Committed")
  return id
})
