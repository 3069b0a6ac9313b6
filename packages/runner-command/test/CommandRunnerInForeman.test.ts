import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { assert, it } from "@effect/vitest"
import { Deferred, Effect, References, Schedule } from "effect"

import { type AgentRunner, Foreman, type Identifier } from "@foreman/core"
import { ProcessIdentity } from "@foreman/process"
import { TestForeman } from "@foreman/testkit"
import { made, scoped, script } from "./harness.ts"

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

/** Foreman whose agents are real processes, in a folder that is there. */
const placed = Effect.fnUntraced(function* (text: string) {
  const { base, runner, workspace } = yield* made()
  script(join(base, "agent.sh"), text)
  const here: AgentRunner.AgentRunner = {
    ...runner,
    run: (spec, started) => runner.run({ ...spec, workspace }, started)
  }
  return { runner: here, workspace }
})

const given = Effect.fnUntraced(function* () {
  const { client } = yield* Foreman
  const team = yield* TestForeman.givenTeam({ engineers: 0 })
  const config = { runner: "command", command: ["./agent.sh"] }
  const agent = { teamId: team.team.id, name: "one", role: "engineer", model: "m", config } as const
  yield* client.createAgent(agent)
  const { id } = yield* TestForeman.givenTask(team, { scopes: ["repo:demo"] })
  return { ...team, taskId: id }
}, TestForeman.asOperator)

const liveRun = Effect.fnUntraced(function* (taskId: Identifier.TaskId) {
  const { liveRunId } = yield* TestForeman.untilTask(taskId, (task) => task.liveRunId !== null)
  return liveRunId ?? (yield* Effect.die("no run"))
})

/** Looks until a file is there: what a process writes is no event. */
const written = (path: string) =>
  Effect.repeat(
    Effect.sync(() => existsSync(path)),
    {
      until: (isThere) => isThere,
      schedule: Schedule.max([Schedule.spaced("5 millis"), Schedule.recurs(4_000)])
    }
  ).pipe(Effect.map((isThere) => assert.isTrue(isThere, path)))

const isGone = (pid: number) =>
  Effect.flatMap(ProcessIdentity.of(pid), (found) =>
    found === undefined
      ? Effect.succeed(true)
      : Effect.map(ProcessIdentity.isAlive(found), (isAlive) => !isAlive)
  )

/** Deaf to the signal that asks it to end, as is the child that it has. It sees whether another lives. */
const deaf = `trap '' TERM
for pid in $(cat pids 2>/dev/null); do
  case $(cut -d' ' -f3 /proc/$pid/stat 2>/dev/null) in ''|Z|X) ;; *) touch overlap ;; esac
done
touch begun-$FOREMAN_TASK_ID-$FOREMAN_RUN_ATTEMPT
echo half of it
(trap '' TERM; echo $$ > /dev/null; exec sleep 600) &
echo "$$ $!" > pids.part && mv pids.part pids
wait`

it.live(
  "ends the whole of an agent that is stopped, and only then begins what waits for its scope",
  scoped(function* () {
    const { runner, workspace } = yield* placed(deaf)
    const test = Effect.gen(function* () {
      const { client } = yield* Foreman
      const { organization, taskId, team } = yield* given()
      const runId = yield* liveRun(taskId)
      const file = join(workspace, "pids")
      yield* written(file)
      const pids = readFileSync(file, "utf8").trim().split(" ").map(Number)
      assert.lengthOf(pids, 2)
      for (const pid of pids) assert.isFalse(yield* isGone(pid), `${pid} lives`)
      const next = yield* TestForeman.givenTask({ team }, { scopes: ["repo:demo"] })
      const stopped = yield* client.stopTaskRun({ runId })
      assert.deepInclude(stopped, { status: "cancelled", cause: "stopped" })
      yield* TestForeman.until(
        Effect.map(client.getTaskRun({ runId }), ({ outputId }) => outputId ?? undefined),
        { what: "what it wrote" }
      )
      for (const pid of pids) assert.isTrue(yield* isGone(pid), `${pid} is gone`)
      const { text } = yield* client.getTaskRunOutput({ runId, offset: 0, length: 100 })
      assert.strictEqual(text, "half of it\n")
      yield* written(join(workspace, `begun-${next.id}-1`))
      yield* client.stopTaskRun({ runId: yield* liveRun(next.id) })
      // The same folder is not given to the next run of the task before the last one is gone.
      yield* client.retryTask({ taskId: next.id })
      yield* written(join(workspace, `begun-${next.id}-2`))
      yield* client.stopTaskRun({ runId: yield* liveRun(next.id) })
      assert.isFalse(existsSync(join(workspace, "overlap")))
      const events = yield* TestForeman.history(organization.id)
      const ends = events.filter(({ type }) => /^run\.(cancelled|failed|succeeded|lost)/.test(type))
      assert.deepStrictEqual(
        ends.map(({ type }) => type),
        ["run.cancelled", "run.cancelled", "run.cancelled"]
      )
    }).pipe(TestForeman.asOperator)
    const layer = TestForeman.layer({ runners: [runner], reactors: {} })
    yield* quiet(Effect.provide(test, layer))
  })
)

it.live(
  "never begins the process of a run that was stopped before",
  scoped(function* () {
    const { runner, workspace } = yield* placed("touch begun")
    const preparing = yield* Deferred.make<void>()
    const prepares = () => Effect.andThen(Deferred.succeed(preparing, undefined), Effect.never)
    const test = Effect.gen(function* () {
      const { client } = yield* Foreman
      const { organization, taskId } = yield* given()
      yield* Deferred.await(preparing)
      const runId = yield* liveRun(taskId)
      yield* client.stopTaskRun({ runId })
      yield* client.changeTaskStatus({ taskId, status: "cancelled" })
      assert.strictEqual((yield* client.getTaskRun({ runId })).status, "cancelled")
      const events = yield* TestForeman.history(organization.id)
      assert.isFalse(events.some(({ type }) => type === "run.started"))
    }).pipe(TestForeman.asOperator)
    const layer = TestForeman.layer({ runners: [runner], reactors: {}, workspace: { prepares } })
    yield* quiet(Effect.provide(test, layer))
    assert.isFalse(existsSync(join(workspace, "begun")))
  })
)
