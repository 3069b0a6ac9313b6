/**
 * Contenders for tenures: each takes one whenever it is free, counts under its fence for a moment, and
 * lets go, or forgets to.
 *
 * @since 0.1.0
 */
import { type Driver, Shell, StoreClock, Tenure } from "@foreman/core"
import { Effect, Layer, Result } from "effect"
import * as History from "./History.ts"
import type { Contest, Hold } from "./Protocol.ts"
import * as Stores from "./Stores.ts"

// operations ------------------------------------------------------------------

/** Contests tenures until the time is over. */
export const contend = (store: string, holder: string, contest: Contest): Promise<void> => {
  const layer = Shell.Shell.layer.pipe(
    Layer.provideMerge(StoreClock.StoreClock.layer),
    Layer.provideMerge(Stores.layer(store))
  )
  const end = performance.now() + contest.seconds * 1000
  const all = contest.names.flatMap((name) =>
    Array.from({ length: contest.contenders }, (_, index) =>
      once(contest, { organization, name, holder: `${holder}/${index}` }).pipe(
        Effect.catch(() => Effect.sleep(50)),
        Effect.repeat({ while: () => performance.now() < end })
      )
    )
  )
  const work = Effect.all(all, { concurrency: "unbounded", discard: true })
  return Effect.runPromise(Effect.scoped(Effect.provide(work, layer)))
}

/** Where the tenures are contested. */
export const organization = "system"

// internal --------------------------------------------------------------------

const once = Effect.fnUntraced(function* (
  { file, ttlMillis }: Contest,
  place: Omit<Tenure.Wanted, "ttlMillis">
) {
  const shell = yield* Shell.Shell
  const clock = yield* StoreClock.StoreClock
  const tenure = yield* Tenure.acquire(shell, clock, { ...place, ttlMillis })
  if (tenure === undefined) return yield* Effect.sleep(5 + Math.random() * 40)
  const { name, token } = tenure
  const note = (what: Hold["what"]) => History.append(file, [{ name, token, what } satisfies Hold])
  // Some go on for longer than they may: the fence has to end them.
  const turns = Math.random() < 0.3 ? 200 : 5
  for (let turn = 0; turn < turns; turn++) {
    note("asked")
    const told = yield* Effect.result(shell.driver.commit(counting(tenure)))
    const what = Result.isFailure(told) ? "unknown" : meaningOf(told.success)
    note(what)
    if (what !== "counted") return
    yield* Effect.sleep(Math.random() * 10)
  }
  if (Math.random() < 0.5) yield* Tenure.release(shell, clock, tenure)
})

/** Counts one, if the tenure still holds; then nobody with a greater token can have counted before. */
const counting = (tenure: Tenure.Tenure): Driver.Batch => {
  const { name, token } = tenure
  const where = [{ columns: ["token"], is: "<=", than: token }] as const
  const key = { name }
  return {
    organization,
    reliesOn: [],
    steps: [
      Tenure.fenceOf(tenure),
      { _tag: "Add", table: "cursors", key, row: { position: 1 }, where },
      { _tag: "Set", table: "cursors", key, row: { token } }
    ],
    events: []
  }
}

const meaningOf = (answer: Driver.Answer): Hold["what"] => {
  if (answer._tag === "Committed") return "counted"
  return answer._tag === "GuardFailed" && answer.step === 0 ? "lost" : "overtaken"
}
