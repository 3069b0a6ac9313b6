import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, References, Scope } from "effect"

import { whenAsked } from "../../src/reactors/Asking.ts"

describe("work that is asked for", () => {
  it.live("begins in the turn in which it is asked for", () =>
    Effect.gen(function* () {
      let begun = 0
      const ask = yield* whenAsked(Effect.sync(() => void (begun += 1)))
      expect(begun).toBe(0)
      yield* ask
      expect(begun).toBe(1)
      yield* ask
      expect(begun).toBe(2)
    }).pipe(Effect.scoped)
  )

  it.live("is done by one at a time, and once more however often it was asked for meanwhile", () =>
    Effect.gen(function* () {
      const gates = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const ended = yield* Deferred.make<void>()
      let begun = 0
      let atOnce = 0
      let most = 0
      const work = Effect.gen(function* () {
        const gate = gates[begun++]
        most = Math.max(most, ++atOnce)
        if (gate !== undefined) yield* Deferred.await(gate)
        atOnce -= 1
        if (begun === 2) yield* Deferred.succeed(ended, undefined)
      })
      const ask = yield* whenAsked(work)
      yield* Effect.repeat(ask, { times: 9 })
      expect(begun).toBe(1)
      for (const gate of gates) yield* Deferred.succeed(gate, undefined)
      yield* Deferred.await(ended)
      yield* Effect.yieldNow
      expect([begun, most]).toEqual([2, 1])
    }).pipe(Effect.scoped)
  )

  it.live("is begun again after it has met a defect", () =>
    Effect.gen(function* () {
      let begun = 0
      const ask = yield* whenAsked(
        Effect.suspend(() => ((begun += 1) === 1 ? Effect.die("broken") : Effect.void))
      )
      yield* ask
      yield* ask
      expect(begun).toBe(2)
    }).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None"))
  )

  it.live("is done once more when it was asked for before a defect", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const again = yield* Deferred.make<void>()
      let begun = 0
      const work = Effect.suspend(() =>
        (begun += 1) === 1
          ? Effect.andThen(Deferred.await(gate), Effect.die("broken"))
          : Deferred.succeed(again, undefined)
      )
      const ask = yield* whenAsked(Effect.asVoid(work))
      yield* ask
      yield* ask
      yield* Deferred.succeed(gate, undefined)
      yield* Deferred.await(again)
      expect(begun).toBe(2)
    }).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None"))
  )

  it.live("ends with its scope", () =>
    Effect.gen(function* () {
      const scope = Scope.makeUnsafe()
      let isEnded = false
      const work = Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (isEnded = true)))
      const ask = yield* Scope.provide(whenAsked(work), scope)
      yield* ask
      yield* Scope.close(scope, Exit.void)
      expect(isEnded).toBe(true)
    })
  )
})
