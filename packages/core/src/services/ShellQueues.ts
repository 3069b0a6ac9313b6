/**
 * The queues of the shell: commands of this process that would only collide go one after the other.
 *
 * @internal
 */
import { Effect, Semaphore } from "effect"

// services --------------------------------------------------------------------

/** One permit per queue, for as long as somebody waits. */
export const makeQueues = () => {
  const queues = new Map<string, { readonly permit: Semaphore.Semaphore; waiting: number }>()
  return <A, E, R>(name: string | undefined, effect: Effect.Effect<A, E, R>) =>
    name === undefined
      ? effect
      : Effect.acquireUseRelease(
          Effect.sync(() => {
            const queue = queues.get(name) ?? { permit: Semaphore.makeUnsafe(1), waiting: 0 }
            queues.set(name, queue)
            queue.waiting += 1
            return queue
          }),
          (queue) => queue.permit.withPermits(1)(effect),
          (queue) =>
            Effect.sync(() => {
              queue.waiting -= 1
              if (queue.waiting === 0) queues.delete(name)
            })
        )
}
