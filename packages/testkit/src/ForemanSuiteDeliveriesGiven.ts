/**
 * A receiver, a local team and its questions, for the tests of what is told outside.
 *
 * @internal
 */
import { Effect, Layer, Queue } from "effect"

import {
  AgentRunnerMemory,
  Deliveries,
  ensureLocalTeam,
  type Identifier,
  Notifier,
  Shell,
  type StoreClock
} from "@foreman/core"
import { asking as byOperator } from "./ForemanSuiteAgents.ts"
import { numbers } from "./ForemanSuiteSubject.ts"
import { wanted } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/** What somebody is told. */
export type Told = Notifier.Notification

/** The runner of the local team's own agent. */
export const runners = [
  AgentRunnerMemory.make("local", () => Effect.succeed({ output: "Mended." }))
]

/** That it did not arrive. */
export const failed = new Notifier.NotifyError({ notifier: "test", reason: "refused", status: 500 })

/** A notifier that keeps what it is given, and whose receiver refuses what the test says. */
export const receiver = Effect.fnUntraced(function* (
  refuses: (told: Told) => boolean = () => false
) {
  const tries = yield* Queue.unbounded<Told>()
  const arrived = yield* Queue.unbounded<Told>()
  let open = 0
  let most = 0
  const notifier: Notifier.Notifier = {
    name: "test",
    send: Effect.fnUntraced(function* (told) {
      most = Math.max(most, ++open)
      yield* Effect.yieldNow
      open -= 1
      Queue.offerUnsafe(tries, told)
      if (questionOf(told) === "silence") return yield* Effect.never
      if (refuses(told)) return yield* failed
      Queue.offerUnsafe(arrived, told)
    })
  }
  return { notifier, tries, arrived, most: () => most }
})

/** Starts to deliver, until the scope ends. */
export const start = Effect.fnUntraced(function* (
  notifier: Notifier.Notifier,
  config: Partial<Deliveries.DeliveriesConfig> = {}
) {
  const layer = Deliveries.layer({ holder: "one", ttlMillis: 6000, firstMillis: 5, ...config })
  const context = yield* Effect.context<Shell.Shell | StoreClock.StoreClock>()
  const means = Layer.mergeAll(
    Layer.succeed(Notifier.Notifiers, [notifier]),
    Layer.succeedContext(context)
  )
  yield* Layer.buildWithScope(Layer.provide(layer, means), yield* Effect.scope)
})

/** A body whose scope ends with it. */
export const scoped = <Step extends Effect.Effect<unknown, unknown, unknown>, A>(
  body: () => Generator<Step, A, never>
) => Effect.scoped(Effect.gen(body))

/** The local team, made if it is not there. */
export const team = Effect.orDie(ensureLocalTeam)

/** Waits until the channel is there: what happens from now on is told. */
export const untilListening = Effect.gen(function* () {
  const { organizationId: organization } = yield* team
  const { driver } = yield* Shell.Shell
  const name = "notifier:test"
  const look = Effect.orDie(driver.get(organization, "cursors", { name }))
  while ((yield* look) === undefined) yield* Effect.sleep("5 millis")
})

/** Has the manager ask a person. */
export const ask = (question: string, taskId?: Identifier.TaskId) =>
  Effect.flatMap(team, ({ managerId: agentId, teamId }) => {
    const about = taskId === undefined ? {} : { taskId }
    const wish = { kind: "question", question, options: [], wait: false } as const
    return byOperator((client) => client.askHuman({ teamId, agentId, ...wish, ...about }))
  }).pipe(Effect.orDie)

/** Plans a task of the local team. */
export const plan = (title: string) =>
  Effect.flatMap(team, ({ teamId }) =>
    byOperator((client) => client.createTask(wanted(teamId, { title })))
  ).pipe(Effect.orDie)

/** Waits for so many. */
export const take = <A>(queue: Queue.Queue<A>, count: number) =>
  Effect.forEach(numbers(count), () => Queue.take(queue)).pipe(
    Effect.timeout("20 seconds"),
    Effect.orDie
  )

/** What is asked, or what else it is. */
export const questionOf = (told: Told) => (told.kind === "question" ? told.question : told.kind)
