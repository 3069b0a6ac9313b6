/**
 * The last word of a server whose end is not over when there is no more time for it: it would be gone
 * without one, as what it waits for says nothing either.
 */
import { Effect, Layer } from "effect"
import process from "node:process"

// layers ----------------------------------------------------------------------

/** Goes last of all that a server is made of: whoever ends the process before did so in the middle. */
export const layer: Layer.Layer<never> = Layer.effectDiscard(
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    let isAsked = false
    const ask = () => {
      isAsked = true
    }
    const end = (code: number) => {
      if (isAsked && code === outOfTime) Effect.runSyncWith(context)(Effect.logError(words))
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        for (const name of signals) process.on(name, ask)
        process.on("exit", end)
      }),
      () =>
        Effect.sync(() => {
          for (const name of signals) process.off(name, ask)
          process.off("exit", end)
        })
    )
  })
)

// internal --------------------------------------------------------------------

const signals = ["SIGINT", "SIGTERM"] as const

/** What the process ends with then. A second signal ends it with another. */
const outOfTime = 1

const words =
  "The server could not end in order within ten seconds, as it is where its store does not answer, " +
  "and ends now. What was committed stands; runs whose end could not be recorded are found lost and " +
  "go back to the queue"
