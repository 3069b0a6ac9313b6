/**
 * The numbers of store-wide sequences, handed out of blocks that the store reserves.
 *
 * @internal
 */
import { Clock, Effect, Semaphore } from "effect"
import { CurrentRehearsal, placeholder } from "../operations/DryRun.ts"
import type { StoreUnavailable } from "../operations/Refusal.ts"
import type { Driver } from "../ports/Driver.ts"
import { available } from "./StoreRetry.ts"

// models ----------------------------------------------------------------------

/** What is left of what was reserved, how much that was, and when, in milliseconds. */
interface Block {
  next: number
  readonly end: number
  readonly size: number
  readonly at: number
}

// services --------------------------------------------------------------------

/**
 * Hands out the next number. Who needs one now and then leaves no gap; who needs many reserves more
 * with each block. What is left of a block at the end is lost; a dry run takes none.
 */
export const makeAllocate = (
  driver: Driver
): ((sequence: string) => Effect.Effect<number, StoreUnavailable>) => {
  const blocks = new Map<string, Block>()
  const allocating = Semaphore.makeUnsafe(1)
  const reserve = Effect.fnUntraced(function* (sequence: string) {
    const known = blocks.get(sequence)
    // Whoever was here before may have reserved enough for both.
    const left = known === undefined ? undefined : nextOf(known)
    if (left !== undefined) return left
    const at = yield* Clock.currentTimeMillis
    const isHurried = known !== undefined && at - known.at < hurryMillis
    const size = isHurried ? Math.min(known.size * 2, largest) : 1
    const first = yield* available(driver.allocate(sequence, size))
    blocks.set(sequence, { next: first + 1, end: first + size, size, at })
    return first
  }, allocating.withPermits(1))
  return (sequence) =>
    Effect.flatMap(CurrentRehearsal, (rehearsal) => {
      if (rehearsal !== undefined) return Effect.succeed(placeholder)
      const block = blocks.get(sequence)
      const left = block === undefined ? undefined : nextOf(block)
      return left === undefined ? reserve(sequence) : Effect.succeed(left)
    })
}

// internal --------------------------------------------------------------------

/** A block that is used up sooner is followed by one of twice its size. */
const hurryMillis = 1000

/** Whoever waits for the next block lets the event loop go round: with larger ones it stands for 20 ms. */
const largest = 64

const nextOf = (block: Block): number | undefined =>
  block.next < block.end ? block.next++ : undefined
