/**
 * A program that writes into a store: prints a line for each commit after it was acknowledged, and ends
 * by itself. `ProcessesSuite` starts several of them.
 *
 * @since 0.1.0
 */
import process from "node:process"
import { Effect, Layer, Scope } from "effect"

import { Driver } from "@foreman/core"

// testing ---------------------------------------------------------------------

/**
 * Does what the arguments of this process say, on the store at the place that the first one names.
 *
 * **Example** (The program of a store)
 *
 * ```ts
 * import { DriverMemory } from "@foreman/core"
 * import { StoreWriter } from "@foreman/testkit"
 *
 * const program = () => StoreWriter.main(() => DriverMemory.layer)
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const main = async (
  layer: (location: string) => Layer.Layer<Driver.Driver, Driver.StoreError>
): Promise<void> => {
  const [location = "", name = "", writers = "1", count = "1"] = process.argv.slice(2)
  // It never closes its store: nothing but work keeps it alive.
  const context = await Effect.runPromise(
    Effect.provideService(Layer.build(layer(location)), Scope.Scope, Scope.makeUnsafe())
  )
  const writing = writeAll(name, Number(writers), Number(count))
  await Effect.runPromise(Effect.provideContext(writing, context))
}

// internal --------------------------------------------------------------------

const writeAll = Effect.fnUntraced(function* (name: string, writers: number, count: number) {
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

const numbers = (length: number) => Array.from({ length }, (_, index) => index)

/** Who reads may be slow, so a line waits until it is taken. */
const print = (line: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    process.stdout.write(`${line}\n`, () => resume(Effect.void))
  })
