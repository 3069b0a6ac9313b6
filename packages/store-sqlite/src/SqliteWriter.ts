/**
 * The calling thread's end of the writing thread.
 *
 * @since 0.1.0
 */
import { Worker } from "node:worker_threads"

import * as Parcel from "./Parcel.ts"
import type { Outcome, Wanted } from "./SqliteCommit.ts"
import type { Failure } from "./SqliteFailure.ts"
import type { Reply, Request, Start } from "./SqliteWorker.ts"

// models ----------------------------------------------------------------------

/**
 * A writing thread. It keeps a process alive only while something was asked of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Writer {
  readonly allocate: (sequence: string, count: number) => Promise<number>
  readonly close: () => Promise<void>
  readonly commitGroup: (group: ReadonlyArray<Wanted>) => Promise<ReadonlyArray<Outcome>>
}

// errors ----------------------------------------------------------------------

/**
 * The writing thread failed at something, or is gone.
 *
 * @category errors
 * @since 0.1.0
 */
export class WriterFailed extends Error {
  override readonly name = "WriterFailed"
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

// services --------------------------------------------------------------------

/**
 * Starts a writing thread and waits until its file is open.
 *
 * @category operations
 * @since 0.1.0
 */
export const start = async (program: URL, data: Start): Promise<Writer> => {
  // Without the arguments of this process, of which some are not for a file. Source finds source.
  const execArgv = program.pathname.endsWith(".ts") ? ["--conditions=@foreman/source"] : []
  const worker = new Worker(program, { workerData: data, execArgv })
  const asked = makeAsked(worker)
  const pack = Parcel.packer()
  try {
    await asked.answer()
  } catch (cause) {
    await worker.terminate()
    throw cause
  }
  return {
    // The thread is our own other half: what it answers to a request has the request's type.
    allocate: (sequence, count) =>
      asked.ask({ _tag: "Allocate", sequence, count }) as Promise<number>,
    commitGroup: async (group) => {
      const values = await asked.ask({ _tag: "Commit", ...pack(group) })
      // As: the thread answers a list of values.
      return Parcel.unpackOutcomes(values as ReadonlyArray<unknown>)
    },
    close: async () => {
      const closed = asked.ask({ _tag: "Close" }).catch(() => undefined)
      asked.end({ message: "The store is closed.", isRetryable: false, isAmbiguous: false })
      const timer = setTimeout(() => void worker.terminate(), closeMilliseconds)
      await closed
      clearTimeout(timer)
      await worker.terminate()
    }
  }
}

// internal --------------------------------------------------------------------

/** Longer than the thread itself waits for a lock. */
const closeMilliseconds = 10_000

interface Waiter {
  readonly resolve: (value: unknown) => void
  readonly reject: (cause: unknown) => void
}

/** Answers come in the order of what was asked, so a queue of waiters is the whole protocol. */
const makeAsked = (worker: Worker) => {
  const waiting: Array<Waiter> = []
  let ended: Failure | undefined
  const answer = () =>
    new Promise<unknown>((resolve, reject) => {
      if (waiting.push({ resolve, reject }) === 1) worker.ref()
    })
  const gone = (message: string) => {
    ended ??= { message, isRetryable: false, isAmbiguous: false }
    // What it was busy with may have been written; only what was never sent surely was not.
    const failure = { message, isRetryable: true, isAmbiguous: true }
    for (const { reject } of waiting.splice(0)) reject(new WriterFailed(failure))
  }
  worker.on("message", (reply: Reply) => {
    const waiter = waiting.shift()
    if (waiting.length === 0) worker.unref()
    if ("failure" in reply) waiter?.reject(new WriterFailed(reply.failure))
    else waiter?.resolve(reply.value)
  })
  worker.on("error", (cause) => gone(`The writer failed: ${String(cause)}`))
  worker.on("exit", (code) => gone(`The writer ended with ${code}: open the store again.`))
  return {
    answer,
    ask: (request: Request): Promise<unknown> => {
      if (ended !== undefined) return Promise.reject(new WriterFailed(ended))
      worker.postMessage(request)
      return answer()
    },
    end: (failure: Failure) => {
      ended ??= failure
    }
  }
}
