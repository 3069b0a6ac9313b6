/**
 * The two files that a process writes to, and the one order in which they are read.
 *
 * @since 0.1.0
 */
import { open } from "node:fs/promises"
import type { FileHandle } from "node:fs/promises"
import { join } from "node:path"

import { Effect, Stream } from "effect"
import type { Scope } from "effect"

import { from } from "../ProcessError.ts"
import type { ProcessError } from "../ProcessError.ts"
import { realTime } from "./realTime.ts"

// models ----------------------------------------------------------------------

/** Either of the two channels, by their numbers in the system less one. */
type Channel = 0 | 1

/** A stretch of one channel that was written before the next stretch. */
interface Stretch {
  readonly channel: Channel
  readonly begin: number
  end: number
}

/** The files of one process while its scope is open. */
export interface OutputFiles {
  readonly paths: readonly [string, string]
  /** Looks how far the files have grown; answers the bytes in both. */
  readonly observe: Effect.Effect<number, ProcessError>
  /** Takes in what is left and cuts everything off that exceeds the limit. */
  readonly finish: (maxBytes: number) => Effect.Effect<readonly [number, number], ProcessError>
  readonly combined: Stream.Stream<Uint8Array, ProcessError>
  readonly channel: (channel: Channel) => Stream.Stream<Uint8Array, ProcessError>
  readonly tail: (channel: Channel, maxBytes: number) => Effect.Effect<Uint8Array, ProcessError>
}

// services --------------------------------------------------------------------

/** Makes the two files in a folder, readable by their owner only. They must not exist. */
export const make = Effect.fnUntraced(function* (
  folder: string
): Effect.fn.Return<OutputFiles, ProcessError, Scope.Scope> {
  const paths = [join(folder, "stdout.log"), join(folder, "stderr.log")] as const
  const handles = yield* Effect.all([opened(paths[0]), opened(paths[1])], { concurrency: 2 })
  const log: Log = { handles, seen: [0, 0], taken: [0, 0], stretches: [], isFinished: false }
  return {
    paths,
    observe: observe(log, false),
    finish: (maxBytes) => finish(log, maxBytes),
    combined: combined(log),
    channel: (channel) => channelOf(log, channel),
    tail: (channel, maxBytes) => tail(log, channel, maxBytes)
  }
})

// internal --------------------------------------------------------------------

const chunkBytes = 64 * 1024
// A conversation is quick at once and costs little while nobody speaks.
const firstPollMillis = 2
const longestPollMillis = 50
const mostStretches = 20_000
const newline = 10

const opened = (path: string): Effect.Effect<FileHandle, ProcessError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => open(path, "wx+", 0o600),
      catch: (cause) => from("start", cause)
    }),
    (handle) => Effect.ignore(Effect.tryPromise(() => handle.close()))
  )

interface Log {
  readonly handles: readonly [FileHandle, FileHandle]
  readonly seen: [number, number]
  /** How far each file has been given its place in the order. */
  readonly taken: [number, number]
  readonly stretches: Array<Stretch>
  isFinished: boolean
}

// What both wrote between two looks has no order that could be known. Diagnostics go first, so that an
// answer on stdout stands last.
const observe = Effect.fnUntraced(function* (log: Log, isLast: boolean) {
  yield* take(log, 1, isLast)
  yield* take(log, 0, isLast)
  return log.seen[0] + log.seen[1]
})

const take = Effect.fnUntraced(function* (log: Log, channel: Channel, isLast: boolean) {
  const { size } = yield* reading(() => log.handles[channel].stat())
  if (size < log.taken[channel]) forget(log, channel)
  log.seen[channel] = size
  const begin = log.taken[channel]
  if (size === begin || (log.stretches.length >= mostStretches && !isLast)) return
  const end = isLast ? size : yield* lineEnd(log, channel, begin, size)
  if (end > begin) place(log, { channel, begin, end })
})

// A child that reopens its output by name cuts it to nothing, as `echo > /dev/stderr` does.
const forget = (log: Log, channel: Channel) => {
  log.taken[channel] = 0
  for (const stretch of log.stretches) {
    if (stretch.channel === channel) stretch.end = stretch.begin
  }
}

// Channels change places at the ends of lines only, unless a line is longer than a chunk.
const lineEnd = Effect.fnUntraced(function* (
  log: Log,
  channel: Channel,
  begin: number,
  end: number
) {
  const from = Math.max(begin, end - chunkBytes)
  const bytes = yield* read(log, channel, from, end - from)
  const last = bytes.lastIndexOf(newline)
  if (last >= 0) return from + last + 1
  return end - begin >= chunkBytes ? end : begin
})

const place = (log: Log, stretch: Stretch) => {
  const last = log.stretches.at(-1)
  log.taken[stretch.channel] = stretch.end
  if (last?.channel === stretch.channel && last.end === stretch.begin) last.end = stretch.end
  else log.stretches.push(stretch)
}

const finish = (log: Log, maxBytes: number) =>
  cut(log, maxBytes).pipe(Effect.ensuring(Effect.sync(() => (log.isFinished = true))))

const cut = Effect.fnUntraced(function* (log: Log, maxBytes: number) {
  yield* observe(log, true)
  let left = maxBytes
  const sizes: [number, number] = [0, 0]
  for (const stretch of log.stretches) {
    stretch.end = Math.min(stretch.end, stretch.begin + left)
    left -= stretch.end - stretch.begin
    sizes[stretch.channel] = Math.max(sizes[stretch.channel], stretch.end)
  }
  for (const channel of [0, 1] as const) {
    if (sizes[channel] >= log.seen[channel]) continue
    yield* reading(() => log.handles[channel].truncate(sizes[channel]))
  }
  return sizes
})

// All of it comes in one buffer: the memory of many would be given back much later than it is used.
const combined = (log: Log): Stream.Stream<Uint8Array, ProcessError> =>
  Stream.suspend(() => combinedIn(log, new Uint8Array(chunkBytes)))

const combinedIn = (log: Log, buffer: Uint8Array<ArrayBuffer>) =>
  followed(
    { index: 0, position: 0 },
    Effect.fnUntraced(function* ({ index, position }) {
      const stretch = log.stretches[index]
      if (stretch === undefined) return undefined
      const at = Math.max(position, stretch.begin)
      const bytes = yield* read(log, stretch.channel, at, stretch.end - at, buffer)
      if (bytes.length > 0) return [bytes, { index, position: at + bytes.length }] as const
      const isPast = index + 1 < log.stretches.length
      return isPast ? ([bytes, { index: index + 1, position: 0 }] as const) : undefined
    })
  )(log)

const channelOf = (log: Log, channel: Channel): Stream.Stream<Uint8Array, ProcessError> =>
  followed(0, (position) =>
    Effect.map(read(log, channel, position, chunkBytes), (bytes) =>
      bytes.length > 0 ? ([bytes, position + bytes.length] as const) : undefined
    )
  )(log)

// Whether it is finished is asked before reading: what is read after that is all there will be.
const followed =
  <S>(
    start: S,
    next: (state: S) => Effect.Effect<readonly [Uint8Array, S] | undefined, ProcessError>
  ) =>
  (log: Log): Stream.Stream<Uint8Array, ProcessError> =>
    Stream.unfold(start, (state) =>
      realTime(
        Effect.gen(function* () {
          for (let wait = firstPollMillis; ; wait = Math.min(1.5 * wait, longestPollMillis)) {
            const { isFinished } = log
            const found = yield* next(state)
            if (found !== undefined || isFinished) return found
            yield* Effect.sleep(wait)
          }
        })
      )
    ).pipe(Stream.filter((bytes) => bytes.length > 0))

const tail = Effect.fnUntraced(function* (log: Log, channel: Channel, maxBytes: number) {
  const { size } = yield* reading(() => log.handles[channel].stat())
  const begin = Math.max(0, size - maxBytes)
  const chunks: Array<Uint8Array> = []
  for (let at = begin; at < size;) {
    const bytes = yield* read(log, channel, at, size - at)
    if (bytes.length === 0) break
    chunks.push(bytes)
    at += bytes.length
  }
  return Buffer.concat(chunks)
})

const read = (
  log: Log,
  channel: Channel,
  position: number,
  wanted: number,
  into?: Uint8Array<ArrayBuffer>
) =>
  reading(async () => {
    const length = Math.max(0, Math.min(wanted, chunkBytes))
    const buffer = into ?? new Uint8Array(length)
    const { bytesRead } = await log.handles[channel].read(buffer, 0, length, position)
    return buffer.subarray(0, bytesRead)
  })

const reading = <A>(operation: () => Promise<A>): Effect.Effect<A, ProcessError> =>
  Effect.tryPromise({ try: operation, catch: (cause) => from("read", cause) })
