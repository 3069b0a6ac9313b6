/**
 * Locks by name inside this process. A name that nobody holds or waits for costs nothing.
 *
 * @since 0.1.0
 */
import { Effect, Semaphore } from "effect"

// models ----------------------------------------------------------------------

/**
 * Lets one effect at a time run under a name.
 *
 * @category models
 * @since 0.1.0
 */
export interface Locks {
  readonly under: (
    name: string
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

// services --------------------------------------------------------------------

/**
 * Makes locks of which nobody holds one.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (): Locks => {
  const held = new Map<string, Held>()
  const take = (name: string) =>
    Effect.sync(() => {
      const lock = held.get(name) ?? { semaphore: Semaphore.makeUnsafe(1), users: 0 }
      lock.users += 1
      held.set(name, lock)
      return lock
    })
  const leave = (name: string, lock: Held) =>
    Effect.sync(() => {
      lock.users -= 1
      if (lock.users === 0) held.delete(name)
    })
  return {
    under: (name) => (effect) =>
      Effect.acquireUseRelease(
        take(name),
        (lock) => lock.semaphore.withPermits(1)(effect),
        (lock) => leave(name, lock)
      )
  }
}

// internal --------------------------------------------------------------------

interface Held {
  readonly semaphore: Semaphore.Semaphore
  users: number
}
