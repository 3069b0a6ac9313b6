/**
 * The numbers of store-wide sequences, handed out of blocks that the store reserves.
 *
 * @internal
 */
import { Clock, Effect, Semaphore } from "effect"
import { CurrentRehearsal, placeholder } from "../operations/DryRun.ts"

// models ----------------------------------------------------------------------

/** What reserves so many numbers of a sequence, and says the first. */
export interface Source<E> {
  readonly allocate: (sequence: string, count: number) => Effect.Effect<number, E>
}

/** What is left of what was reserved, how much that was, and when, in milliseconds. */
interface Block {
  next: number
  readonly end: number
  readonly size: number
  readonly at: number
  /** Whether the block after it is asked for, or there. */
  isFollowed: boolean
  following: Block | undefined
}

// services --------------------------------------------------------------------

/**
 * Hands out the next number. Who needs one now and then leaves no gap; who needs many reserves more
 * with each block, and the next one before the last is used up, so that nobody waits for it. What is
 * left of a block at the end is lost; a dry run takes none.
 */
export const makeAllocate = <E>({
  allocate
}: Source<E>): ((sequence: string) => Effect.Effect<number, E>) => {
  const blocks = new Map<string, Block>()
  const allocating = Semaphore.makeUnsafe(1)
  const ask = Effect.fnUntraced(function* (sequence: string, before: Block | undefined) {
    const at = yield* Clock.currentTimeMillis
    const isHurried = before !== undefined && at - before.at < hurryMillis
    const size = isHurried ? Math.min(before.size * 2, largest) : 1
    const next = yield* allocate(sequence, size)
    const block: Block = {
      next,
      end: next + size,
      size,
      at,
      isFollowed: false,
      following: undefined
    }
    return block
  })
  const take = (sequence: string): number | undefined => {
    const block = blocks.get(sequence)
    if (block === undefined || block.next < block.end) return block && block.next++
    if (block.following === undefined) return undefined
    blocks.set(sequence, block.following)
    return block.following.next++
  }
  const reserve = Effect.fnUntraced(function* (sequence: string) {
    // Whoever was here before may have reserved enough for both.
    const left = take(sequence)
    if (left !== undefined) return left
    const block = yield* ask(sequence, blocks.get(sequence))
    blocks.set(sequence, block)
    return block.next++
  }, allocating.withPermits(1))
  const follow = Effect.fnUntraced(
    function* (sequence: string, block: Block) {
      // Else it was used up before anybody came to this.
      if (blocks.get(sequence) === block) block.following = yield* ask(sequence, block)
    },
    // Who needs it then asks again, and is told.
    (effect) => Effect.ignore(effect),
    allocating.withPermits(1)
  )
  return (sequence) =>
    Effect.flatMap(CurrentRehearsal, (rehearsal) => {
      if (rehearsal !== undefined) return Effect.succeed(placeholder)
      const left = take(sequence)
      if (left === undefined) return reserve(sequence)
      const block = blocks.get(sequence)
      if (block === undefined || !isNearlyUsed(block)) return Effect.succeed(left)
      block.isFollowed = true
      return Effect.as(Effect.forkDetach(follow(sequence, block)), left)
    })
}

// internal --------------------------------------------------------------------

/** A block that is used up sooner is followed by one of twice its size. */
const hurryMillis = 1000

/** Many callers go on for a while with what one of them reserved. */
const largest = 512

/** From this size on the next one is asked for in time. */
const followed = 16

const isNearlyUsed = ({ end, isFollowed, next, size }: Block): boolean =>
  size >= followed && !isFollowed && end - next <= size / 2
