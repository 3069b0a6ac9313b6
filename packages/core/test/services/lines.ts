/**
 * The log of a test.
 */
import { Cause, Deferred, Effect, Layer, Logger, References } from "effect"

/** A line: how much it matters, what it says, and whether a cause with its stack stands below it. */
export interface Line {
  readonly level: string
  readonly words: string
  readonly hasCause: boolean
  readonly annotations: Readonly<Record<string, unknown>>
}

/** Whether the clock of tests says it, of a machine that has stood still for a second. */
export const isOfClock = (words: string): boolean =>
  /^A test is using time, but is not advancing|^A fiber woken by the test clock is/.test(words)

/** Collects what is logged, down to the level of debug. */
export const collecting = () => {
  const lines: Array<Line> = []
  const awaited: Array<{ readonly pattern: RegExp; readonly said: Deferred.Deferred<void> }> = []
  const logger = Logger.make<unknown, void>(({ cause, fiber, logLevel, message }) => {
    const words = [message].flat().map(String).join(" ")
    if (isOfClock(words)) return
    const annotations = fiber.getRef(References.CurrentLogAnnotations)
    lines.push({ level: logLevel, words, hasCause: cause !== Cause.empty, annotations })
    for (const { pattern, said } of awaited) {
      if (pattern.test(words)) Deferred.doneUnsafe(said, Effect.void)
    }
  })
  const layer = Layer.merge(
    Logger.layer([logger]),
    Layer.succeed(References.MinimumLogLevel, "Debug")
  )
  /** What a person reads who looks for what is wrong. */
  const told = () => lines.filter(({ level }) => level !== "Debug" && level !== "Info")
  /** Waits for a line, from now on. */
  const until = (pattern: RegExp) => {
    const said = Deferred.makeUnsafe<void>()
    awaited.push({ pattern, said })
    return Deferred.await(said)
  }
  return { lines, told, until, on: Effect.provide(layer) }
}
