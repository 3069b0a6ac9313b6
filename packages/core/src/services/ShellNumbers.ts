/**
 * The numbers of store-wide sequences, handed out of blocks that the store reserves.
 *
 * @internal
 */
import { Effect, Semaphore } from "effect"
import { CurrentRehearsal, placeholder } from "../operations/DryRun.ts"
import type { StoreUnavailable } from "../operations/Refusal.ts"
import type { Driver } from "../ports/Driver.ts"
import { available } from "./StoreRetry.ts"

// services --------------------------------------------------------------------

/** Hands out the next number. What is left of a block at the end is lost; a dry run takes none. */
export const makeAllocate = (
  driver: Driver
): ((sequence: string) => Effect.Effect<number, StoreUnavailable>) => {
  const numbers = new Map<string, { next: number; end: number }>()
  const allocating = Semaphore.makeUnsafe(1)
  const take = Effect.fnUntraced(function* (sequence: string) {
    const block = numbers.get(sequence)
    if (block !== undefined && block.next < block.end) return block.next++
    const first = yield* available(driver.allocate(sequence, idBlock))
    numbers.set(sequence, { next: first + 1, end: first + idBlock })
    return first
  }, allocating.withPermits(1))
  return (sequence) =>
    Effect.flatMap(CurrentRehearsal, (rehearsal) =>
      rehearsal === undefined ? take(sequence) : Effect.succeed(placeholder)
    )
}

// internal --------------------------------------------------------------------

const idBlock = 64
