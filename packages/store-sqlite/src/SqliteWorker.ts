/**
 * The thread in which a store writes: a kernel behind a port. One message, one answer, in order.
 *
 * What is to be committed and arrives while a transaction is open goes into that transaction.
 *
 * It must stay free of `effect` and of core's code, but for `Lookout`, which needs nothing else: it loads
 * in a tenth of the time that they take.
 *
 * @since 0.1.0
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"

// That module alone: core's index would load all of them.
import * as Lookout from "@foreman/core/ports/Lookout"

import { CommitUnsure, type Wanted } from "./SqliteCommit.ts"
import * as Parcel from "./Parcel.ts"
import type { TableList } from "./SqliteConnection.ts"
import { describe, type Failure } from "./SqliteFailure.ts"
import { type Kernel, open } from "./SqliteKernel.ts"

// models ----------------------------------------------------------------------

/**
 * What the thread is started with.
 *
 * @category models
 * @since 0.1.0
 */
export interface Start {
  readonly path: string
  readonly tables: TableList
  /** How many batches go into one transaction, give or take a part. */
  readonly groupLimit: number
  /** How long the thread stays awake for what it is asked next, in milliseconds; 0: not at all. */
  readonly awakeMilliseconds: number
}

/**
 * What the thread is asked.
 *
 * @category models
 * @since 0.1.0
 */
export type Request =
  | { readonly _tag: "Allocate"; readonly sequence: string; readonly count: number }
  | { readonly _tag: "Close" }
  | ({ readonly _tag: "Commit" } & Parcel.Parcel)

/**
 * What it answers. The first answer, to nothing that was asked, says that the file is open.
 *
 * @category models
 * @since 0.1.0
 */
export type Reply = { readonly value: unknown } | { readonly failure: Failure }

// internal --------------------------------------------------------------------

type Commit = Extract<Request, { readonly _tag: "Commit" }>

interface Writing {
  readonly port: MessagePort
  readonly unpack: (parcel: Parcel.Parcel) => ReadonlyArray<Wanted>
  readonly kernel: Kernel
  readonly groupLimit: number
}

/** Answers a request, and with it those that were taken in on the way. */
const serve = (writing: Writing, first: Request): void => {
  const { kernel, port } = writing
  for (let request: Request | undefined = first; request !== undefined;) {
    if (request._tag === "Commit") {
      request = commit(writing, request)
      continue
    }
    const asked = request
    port.postMessage(replyOf(() => answer(kernel, asked)))
    if (asked._tag === "Close") port.close()
    return
  }
}

/** Commits together what has arrived. Gives back what arrived and is to be done after it. */
const commit = (
  { groupLimit, kernel, port, unpack }: Writing,
  request: Commit
): Request | undefined => {
  const first = unpack(request)
  const parts = [first]
  let count = first.length
  let after: Request | undefined
  const more = () => {
    // The rest is written while the answers to these are worked on.
    if (count >= groupLimit) return []
    // Our own other half writes what arrives.
    const next = receiveMessageOnPort(port)?.message as Request | undefined
    if (next?._tag !== "Commit") {
      after = next
      return []
    }
    const part = unpack(next)
    parts.push(part)
    count += part.length
    return part
  }
  const reply = replyOf(() => kernel.commitGroup(first, more))
  let start = 0
  for (const part of parts) {
    const end = start + part.length
    port.postMessage(
      "failure" in reply ? reply : { value: Parcel.packOutcomes(reply.value.slice(start, end)) }
    )
    start = end
  }
  return after
}

/** What is asked within so many milliseconds. */
const lookOut = (port: MessagePort, milliseconds: number): Request | undefined => {
  for (const end = performance.now() + milliseconds; performance.now() < end;) {
    const received = receiveMessageOnPort(port)
    // Our own other half wrote it.
    if (received !== undefined) return received.message as Request
  }
  return undefined
}

const answer = (kernel: Kernel, request: Exclude<Request, Commit>): unknown =>
  request._tag === "Allocate" ? kernel.allocate(request.sequence, request.count) : kernel.close()

const replyOf = <A>(body: () => A): { readonly value: A } | { readonly failure: Failure } => {
  try {
    return { value: body() }
  } catch (cause) {
    return { failure: describe(cause, cause instanceof CommitUnsure) }
  }
}

if (parentPort !== null) {
  const port = parentPort
  const reply: Reply = replyOf(() => {
    // Our own other half wrote it.
    const { awakeMilliseconds, groupLimit, path, tables } = workerData as Start
    const unpack = Parcel.unpacker()
    const writing = { port, unpack, kernel: open(path, tables), groupLimit }
    const lookout = Lookout.make(awakeMilliseconds > 0)
    port.on("message", (request: Request) => {
      serve(writing, request)
      while (lookout.isWorthwhile()) {
        const next = lookOut(port, awakeMilliseconds)
        if (next === undefined) return lookout.missed()
        lookout.saw()
        serve(writing, next)
      }
    })
  })
  port.postMessage(reply)
}
