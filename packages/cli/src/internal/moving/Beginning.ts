/**
 * The first line of an export, read and judged before anything is opened or made for the rest of it.
 */
import { DriverMemory, Import } from "@foreman/core"
import { Effect, Stream } from "effect"

// services --------------------------------------------------------------------

/** Refuses what is no export that this program knows. Gives all of it, the beginning too. */
export const of = Effect.fnUntraced(function* <E>(
  source: AsyncIterable<Uint8Array>,
  failed: (cause: unknown) => E
) {
  const rest = source[Symbol.asyncIterator]()
  const head = yield* Effect.tryPromise({ try: () => headOf(rest), catch: failed })
  // Nobody keeps what is read here: an export of one line is cut off, if it is one at all.
  const line = head.subarray(0, head.indexOf(newline) + 1 || undefined)
  const judged = Import.read(yield* DriverMemory.make, Stream.make(line))
  yield* Effect.catchTag(judged, "ImportRefused", (refusal) =>
    refusal.reason._tag === "Cut" ? Effect.void : Effect.fail(refusal)
  )
  return Stream.fromAsyncIterable(joined(head, rest), failed)
})

// internal --------------------------------------------------------------------

const newline = 10

/** The line is far shorter. What has none of this length is no export. */
const mostBytes = 64 * 1024

/** All that has come when the first line is whole. */
const headOf = async (rest: AsyncIterator<Uint8Array>): Promise<Uint8Array> => {
  const parts: Array<Uint8Array> = []
  for (let size = 0; size < mostBytes;) {
    const next = await rest.next()
    if (next.done === true) break
    parts.push(next.value)
    size += next.value.length
    if (next.value.includes(newline)) break
  }
  return Buffer.concat(parts)
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>) {
  yield head
  yield* { [Symbol.asyncIterator]: () => rest }
}
