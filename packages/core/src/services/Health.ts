/**
 * Whether the parts that Foreman stands on answer.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type * as Operations from "../operations/HealthOperations.ts"
import { Driver } from "../ports/Driver.ts"
import { notificationsOf } from "./DeliveryHealth.ts"
import type { Method } from "./Method.ts"
import { aheadWords, StoreClock } from "./StoreClock.ts"

// models ----------------------------------------------------------------------

/**
 * The version of Foreman.
 *
 * @category configuration
 * @since 0.1.0
 */
export const version = "0.1.0"

// services --------------------------------------------------------------------

/**
 * The health of this process.
 *
 * @category services
 * @since 0.1.0
 */
export class Health extends Context.Service<
  Health,
  { readonly ping: Method<typeof Operations.ping> }
>()("@foreman/core/Health") {
  static readonly layer: Layer.Layer<Health, never, Driver | StoreClock> = Layer.effect(
    Health,
    Effect.gen(function* () {
      const driver = yield* Driver
      const clock = yield* StoreClock
      return { ping: () => ping(driver, clock) }
    })
  )
}

// internal --------------------------------------------------------------------

const told = (driver: Driver) =>
  notificationsOf(driver).pipe(
    Effect.timeout("2 seconds"),
    Effect.catch(({ message }) => Effect.succeed(`error: ${message}`))
  )

const ping = Effect.fnUntraced(function* (driver: Driver, clock: StoreClock["Service"]) {
  // A bounded question to the store; the feed is read from the same place.
  const answered = yield* driver
    .ask("system", "heads", { after: "", limit: 1 })
    .pipe(
      Effect.timeout("2 seconds"),
      Effect.match({ onSuccess: () => "ok", onFailure: ({ message }) => `error: ${message}` })
    )
  const seconds = yield* clock.secondsAhead
  const store = answered === "ok" && seconds > 0 ? `error: ${aheadWords(seconds)}` : answered
  return {
    status: store === "ok" ? ("healthy" as const) : ("degraded" as const),
    server: "ok" as const,
    version,
    postgres: store,
    redis: answered,
    store: driver.capabilities.name,
    // Nobody outside makes this process unhealthy. Who is told what stands in the store.
    notifications: answered === "ok" ? yield* told(driver) : answered
  }
})
