import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Queue } from "effect"

import { type AgentRunnerMemory, Foreman } from "@foreman/core"
import { PostgresArtifacts, PostgresStore } from "@foreman/store-postgres"
import { TestForeman } from "@foreman/testkit"
import { freeze } from "../../../../tooling/src/postgres/freeze.ts"
import {
  type PostgresServer,
  startPostgres
} from "../../../../tooling/src/postgres/PostgresServer.ts"
import { collecting } from "../services/lines.ts"

const postgres = Effect.acquireRelease(
  Effect.promise(() => startPostgres({ fsync: false })),
  ({ stop }) => Effect.promise(stop)
)

/** A machine that stands still for three seconds costs nobody the lease. */
const ttlMillis = 6_000

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
          yield* Effect.sleep(ttlMillis)
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
            words: expect.stringMatching(/^The store answers again\. It was away for \d+ s\.$/)
          })
        ])
        expect(lines.filter(({ level }) => level === "Error")).toEqual([])
        expect(told().filter(({ hasCause }) => hasCause)).toEqual([])
      }).pipe(on)
    },
    60_000
  )
})

/** Ways of PostgreSQL to be away; what is answered brings it back. */
const outages = {
  "is killed": async (server: PostgresServer) => {
    await server.kill()
    return server.restart
  },
  "is frozen": async ({ pid }: PostgresServer) => freeze(pid)
}

describe("PostgreSQL, which keeps the bytes too,", () => {
  for (const [what, leave] of Object.entries(outages)) {
    it.live(
      `costs a run nothing that ends while it ${what}`,
      () => {
        const { lines, on, until } = collecting()
        return Effect.gen(function* () {
          const server = yield* postgres
          const begun = yield* Queue.unbounded<number>()
          const finish = yield* Deferred.make<void>()
          const behaviour: AgentRunnerMemory.Behaviour = ({ attempt }) =>
            Queue.offer(begun, attempt).pipe(
              Effect.andThen(Deferred.await(finish)),
              Effect.as({ output: "all that was said" })
            )
          const { url } = server
          const options = {
            store: PostgresStore.layer({ url }),
            artifacts: PostgresArtifacts.layer({ url }),
            behaviour,
            left: () => ({ "report.md": "# Done" }),
            reactors: { holder: "here", ttlMillis }
          }
          yield* Effect.gen(function* () {
            const { client } = yield* Foreman
            const given = yield* TestForeman.givenTeam()
            const { id: taskId } = yield* TestForeman.givenTask(given)
            expect(yield* Queue.take(begun)).toBe(1)
            yield* TestForeman.untilEvent(({ type }) => type === "run.started")
            const comeBack = yield* Effect.promise(() => leave(server))
            yield* Deferred.succeed(finish, undefined)
            // Until the lease is over, and whoever has only stood by would have it.
            yield* Effect.sleep(ttlMillis + 2_000)
            const isRecorded = until(/^1 run had ended before, and its end is recorded$/)
            yield* Effect.promise(async () => comeBack())
            yield* isRecorded
            const arrived = ({ status }: { readonly status: string }) => status === "in_review"
            const task = yield* TestForeman.untilTask(taskId, arrived)
            expect(task).toMatchObject({ attempts: 1, failures: 0, lastOutcome: "succeeded" })
            const listed = yield* TestForeman.asOperator(client.listArtifacts({ taskId }))
            const texts = yield* Effect.forEach(listed.items, ({ id: artifactId, name }) =>
              TestForeman.asOperator(client.getArtifact({ artifactId })).pipe(
                Effect.map(({ preview }) => [name, preview])
              )
            )
            expect(texts.toSorted()).toEqual([
              ["assistant_summary.txt", "all that was said"],
              ["output.log", "all that was said"],
              ["report.md", "# Done"]
            ])
            expect(yield* Queue.size(begun)).toBe(0)
          }).pipe(Effect.provide(TestForeman.layer(options)))
          expect(lines.filter(({ level }) => level === "Error")).toEqual([])
        }).pipe(on)
      },
      60_000
    )
  }
})
