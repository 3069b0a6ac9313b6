/**
 * A process that writes: prints a line for each commit after it was acknowledged, and ends by itself.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Scope } from "effect"

import { Driver } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"

const [url = "", name = "", writers = "1", count = "1"] = process.argv.slice(2)

const numbers = (length: string) => Array.from({ length: Number(length) }, (_, index) => index)

/** Who reads may be slow, so a line waits until it is taken. */
const print = (line: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    process.stdout.write(`${line}\n`, () => resume(Effect.void))
  })

const program = Effect.gen(function* () {
  const driver = yield* Driver.Driver
  const write = (writer: number, turn: number) => {
    const key = `${name}/${writer}/${turn}`
    const event = { stream: `task:${writer}`, type: "task.updated", body: JSON.stringify({ key }) }
    return driver
      .commit({
        organization: "acme",
        reliesOn: [],
        steps: [],
        events: [event],
        receipt: { key, digest: key, answer: key }
      })
      .pipe(Effect.andThen(({ _tag }) => print(`${_tag} ${key}`)))
  }
  yield* Effect.forEach(
    numbers(writers),
    (writer) => Effect.forEach(numbers(count), (turn) => write(writer, turn), { discard: true }),
    { concurrency: "unbounded", discard: true }
  )
})

// It never closes its store: nothing but work keeps it alive.
const context = await Effect.runPromise(
  Effect.provideService(Layer.build(PostgresStore.layer({ url })), Scope.Scope, Scope.makeUnsafe())
)
await Effect.runPromise(Effect.provideContext(program, context))
