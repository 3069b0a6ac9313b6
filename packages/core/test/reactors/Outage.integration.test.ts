import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Queue } from "effect"

import { type AgentRunnerMemory, Foreman } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"
import { TestForeman } from "@foreman/testkit"
import { startPostgres } from "../../../../tooling/src/postgres/PostgresServer.ts"
import { collecting } from "../services/lines.ts"

const postgres = Effect.acquireRelease(
  Effect.promise(() => startPostgres({ fsync: false })),
  ({ stop }) => Effect.promise(stop)
)

describe("PostgreSQL that is away for longer than a lease lasts", () => {
  it.live(
    "costs its server's runs their agents and nothing else, and is told in a few lines",
    () => {
      const { lines, on, told, until } = collecting()
      return Effect.gen(function* () {
        const server = yield* postgres
        const begun = yield* Queue.unbounded<string>()
        const ended = yield* Queue.unbounded<string>()
        const finish = yield* Deferred.make<void>()
        const behaviour: AgentRunnerMemory.Behaviour = ({ attempt, taskId }) =>
          Queue.offer(begun, `${taskId}/${attempt}`).pipe(
            Effect.andThen(Deferred.await(finish)),
            Effect.as({ output: "finished" }),
            Effect.onInterrupt(() => Queue.offer(ended, `${taskId}/${attempt}`))
          )
        const ttlMillis = 2_000
        const store = PostgresStore.layer({ url: server.url })
        const options = { store, behaviour, reactors: { holder: "here", ttlMillis } }
        yield* Effect.gen(function* () {
          const { client } = yield* Foreman
          const given = yield* TestForeman.givenTeam()
          const { id: taskId } = yield* TestForeman.givenTask(given)
          expect(yield* Queue.take(begun)).toBe(`${taskId}/1`)
          yield* TestForeman.untilEvent(({ type }) => type === "run.started")
          yield* Effect.promise(server.kill)
          // Stopped for want of a lease, while nobody could be told.
          expect(yield* Queue.take(ended)).toBe(`${taskId}/1`)
          // Until whoever has only stood by would have the tenure.
          yield* Effect.sleep(2 * ttlMillis)
          const isBack = until(/^The store answers again/)
          yield* Effect.promise(() => server.restart())
          expect(yield* Queue.take(begun)).toBe(`${taskId}/2`)
          yield* Deferred.succeed(finish, undefined)
          const arrived = ({ status }: { readonly status: string }) => status === "in_review"
          const task = yield* TestForeman.untilTask(taskId, arrived)
          expect(task).toMatchObject({ attempts: 2, failures: 0, lastOutcome: "succeeded" })
          const { items } = yield* TestForeman.asOperator(client.listTaskRuns({ taskId }))
          yield* isBack
          expect(items.map(({ cause, status }) => [status, cause])).toEqual([
            ["succeeded", "exit:0"],
            ["cancelled", "shutdown"]
          ])
        }).pipe(Effect.provide(TestForeman.layer(options)))
        const isOfStore = ({ words }: { readonly words: string }) => words.startsWith("The store")
        expect(told().filter(isOfStore)).toEqual([
          expect.objectContaining({
            words: expect.stringMatching(/^The store does not answer: [^\n]+$/)
          }),
          expect.objectContaining({
            words: expect.stringMatching(/^The store answers again\. It was away for \d s\.$/)
          })
        ])
        expect(lines.filter(({ level }) => level === "Error")).toEqual([])
        expect(told().filter(({ hasCause }) => hasCause)).toEqual([])
      }).pipe(on)
    },
    60_000
  )
})
