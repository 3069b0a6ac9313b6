/**
 * What holds when somebody outside is told what happened.
 *
 * Left open on purpose: how soon, and the order between tasks.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Queue, Scope } from "effect"

import { AgentRunnerMemory, Shell } from "@foreman/core"
import { asking as byOperator, processOn, quiet } from "./ForemanSuiteAgents.ts"
import {
  ask,
  failed,
  plan,
  questionOf,
  receiver,
  runners,
  scoped,
  start,
  take,
  team,
  untilListening
} from "./ForemanSuiteDeliveriesGiven.ts"
import { type Backend, numbers, shared } from "./ForemanSuiteSubject.ts"
import { untilEvent } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  beginning(backend)
  telling(backend)
  asking(backend)
  deciding(backend)
  insisting(backend)
  waiting(backend)
  givingUp(backend)
  goingOn(backend)
}

// internal --------------------------------------------------------------------

const beginning = (backend: Backend) => {
  it.live("tells of a local team that is newer than the channel everything", () =>
    Effect.gen(function* () {
      const here = yield* processOn(yield* shared(backend), { runners })
      const { arrived, notifier } = yield* receiver()
      yield* here(
        scoped(function* () {
          const shell = yield* Shell.Shell
          const looked = yield* Deferred.make<void>()
          const read: typeof shell.read = (effect) =>
            Effect.ensuring(shell.read(effect), Deferred.succeed(looked, undefined))
          yield* Effect.provideService(start(notifier), Shell.Shell, { ...shell, read })
          // It has seen that there is none.
          yield* Deferred.await(looked)
          yield* ask("first of all")
          assert.deepStrictEqual((yield* take(arrived, 1)).map(questionOf), ["first of all"])
        })
      )
    }).pipe(quiet)
  )
}

const telling = (backend: Backend) => {
  it.live("tells a question and the end of a run, each under the key of its event", () =>
    Effect.gen(function* () {
      const here = yield* processOn(yield* shared(backend), { runners, reactors: {} })
      const { arrived, notifier } = yield* receiver()
      yield* here(
        scoped(function* () {
          const { organizationId } = yield* team
          yield* start(notifier)
          yield* untilListening
          const { id: taskId } = yield* plan("Mend it")
          const about = { taskId: String(taskId), projectId: "demo", summary: "Mend it" }
          const ended = yield* untilEvent(({ type }) => type === "run.succeeded")
          const [finished] = yield* take(arrived, 1)
          assert(finished?.kind === "run_finished")
          const run = { runState: "succeeded", answer: "Mended." } as const
          assert.deepInclude(finished, { key: `${organizationId}:${ended.id}`, ...about, ...run })
          yield* ask("Red or blue?", taskId)
          const asked = yield* untilEvent(({ type }) => type === "human_request.created")
          const [told] = yield* take(arrived, 1)
          assert(told?.kind === "question")
          const question = "Red or blue?"
          assert.deepInclude(told, { key: `${organizationId}:${asked.id}`, ...about, question })
        })
      )
    }).pipe(quiet)
  )
}

const asking = (backend: Backend) => {
  it.live("tells that a person must decide before work goes on", () =>
    Effect.gen(function* () {
      const here = yield* processOn(yield* shared(backend), { runners, reactors: {} })
      const { arrived, notifier } = yield* receiver()
      yield* here(
        scoped(function* () {
          yield* start(notifier)
          yield* untilListening
          const { teamId } = yield* team
          yield* byOperator((client) =>
            client.updateTeamSettings({ teamId, approvalPolicy: "strict" })
          )
          const { id } = yield* plan("git push origin main")
          const [told] = yield* take(arrived, 1)
          assert(told?.kind === "approval_needed")
          assert.match(told.approvalId, /^[0-9a-f-]{36}$/)
          assert.deepInclude(told, {
            taskId: String(id),
            reason: "git push requires approval",
            riskLevel: "high"
          })
        })
      )
    }).pipe(quiet)
  )
}

const deciding = (backend: Backend) => {
  it.live("tells once what an agent may not do without a person", () =>
    Effect.gen(function* () {
      const request = {
        _tag: "Command",
        command: "git push origin main",
        cwd: "/w",
        leavesSandbox: true,
        reason: null
      } as const
      const asks = AgentRunnerMemory.make("local", ({ permission }) =>
        Effect.as(permission?.(request) ?? Effect.void, {})
      )
      const here = yield* processOn(yield* shared(backend), { runners: [asks], reactors: {} })
      const { arrived, notifier } = yield* receiver()
      yield* here(
        scoped(function* () {
          yield* start(notifier)
          yield* untilListening
          const { id } = yield* plan("Mend it")
          const [told] = yield* take(arrived, 1)
          assert.deepInclude(told, { kind: "approval_needed", taskId: String(id) })
          yield* byOperator((client) =>
            client.changeTaskStatus({ taskId: id, status: "cancelled" })
          )
          const [next] = yield* take(arrived, 1)
          assert.strictEqual(next?.kind, "run_finished")
        })
      )
    }).pipe(quiet)
  )
}

const insisting = (backend: Backend) => {
  it.live("sends the same again until it arrives, in order per task, and holds up no other", () =>
    Effect.gen(function* () {
      const here = yield* processOn(yield* shared(backend), { runners })
      let [refusals, isOtherTold] = [0, false]
      const { arrived, notifier, tries } = yield* receiver((told) => {
        isOtherTold ||= questionOf(told) === "b1"
        // However late the other question is asked, this one is still refused then.
        const isRefused = questionOf(told) === "a1" && (refusals < 3 || !isOtherTold)
        if (isRefused) refusals += 1
        return isRefused
      })
      yield* here(
        scoped(function* () {
          yield* start(notifier, { firstMillis: 30 })
          yield* untilListening
          const [a, b] = [yield* plan("A"), yield* plan("B")]
          yield* ask("a1", a.id)
          yield* ask("a2", a.id)
          yield* ask("b1", b.id)
          const questions = (yield* take(arrived, 3)).map(questionOf)
          assert.deepStrictEqual(questions, ["b1", "a1", "a2"])
          const all = yield* Queue.takeAll(tries)
          const first = all.filter((told) => questionOf(told) === "a1")
          assert.isAtLeast(refusals, 3)
          assert.strictEqual(first.length, refusals + 1)
          assert.deepStrictEqual(new Set(first.map((told) => JSON.stringify(told))).size, 1)
        })
      )
    }).pipe(quiet)
  )
}

const waiting = (backend: Backend) => {
  it.live("waits for who does not answer only with what stands behind it", () =>
    Effect.gen(function* () {
      const here = yield* processOn(yield* shared(backend), { runners })
      const { arrived, notifier } = yield* receiver()
      yield* here(
        scoped(function* () {
          yield* start(notifier)
          yield* untilListening
          const [a, b] = [yield* plan("A"), yield* plan("B")]
          yield* ask("silence", a.id)
          yield* ask("a2", a.id)
          yield* Effect.forEach(numbers(12), (n) => ask(`b${n}`, b.id))
          const questions = (yield* take(arrived, 12)).map(questionOf)
          assert.deepStrictEqual(
            questions,
            numbers(12).map((n) => `b${n}`)
          )
        })
      )
    }).pipe(quiet)
  )
}

const givingUp = (backend: Backend) => {
  it.live("gives up after its deadline, keeps that to be seen, and goes on with the next", () =>
    Effect.gen(function* () {
      const here = yield* processOn(yield* shared(backend), { runners })
      const { arrived, notifier } = yield* receiver((told) => questionOf(told) === "never")
      yield* here(
        scoped(function* () {
          const { organizationId: organization } = yield* team
          const { driver } = yield* Shell.Shell
          yield* start(notifier, { deadlineMillis: 40 })
          yield* untilListening
          const { id } = yield* plan("A")
          yield* ask("never", id)
          yield* ask("then", id)
          assert.deepStrictEqual((yield* take(arrived, 1)).map(questionOf), ["then"])
          const index = "deliveries_by_state"
          const equals = { channel: "test", state: "dead" }
          const query = { organization, table: "deliveries", index, equals, limit: 10 }
          const dead = yield* Effect.orDie(driver.find(query))
          assert.deepStrictEqual(
            dead.map(({ problem }) => problem),
            [failed.message]
          )
          const { notifications } = yield* byOperator((client) => client.ping({}))
          assert.match(notifications, /^error: test is refused: HTTP 500; .* given up$/)
        })
      )
    }).pipe(quiet)
  )
}

const goingOn = (backend: Backend) => {
  it.live("goes on from where it was, tells nothing of before, and is one process at a time", () =>
    Effect.gen(function* () {
      const here = yield* processOn(yield* shared(backend), { runners })
      const { arrived, most, notifier } = yield* receiver()
      yield* here(
        scoped(function* () {
          yield* ask("before there was a channel")
          const first = yield* Scope.make()
          yield* start(notifier).pipe(Effect.provideService(Scope.Scope, first))
          yield* untilListening
          yield* ask("one")
          assert.deepStrictEqual((yield* take(arrived, 1)).map(questionOf), ["one"])
          yield* Scope.close(first, Exit.void)
          yield* ask("two")
          yield* start(notifier, { holder: "two" })
          yield* start(notifier, { holder: "three" })
          assert.deepStrictEqual((yield* take(arrived, 1)).map(questionOf), ["two"])
          const { id } = yield* plan("A")
          yield* Effect.forEach(numbers(5), (n) => ask(`${n}`, id))
          const later = (yield* take(arrived, 5)).map(questionOf)
          assert.deepStrictEqual(later, ["1", "2", "3", "4", "5"])
          assert.strictEqual(most(), 1)
          assert.strictEqual(yield* Queue.size(arrived), 0)
        })
      )
    }).pipe(quiet)
  )
}
