/**
 * The thread in which a store writes: a kernel behind a port. One message, one answer, in order.
 *
 * It must stay free of `effect` and of core's code: it loads in a tenth of the time that they take.
 *
 * @since 0.1.0
 */
import { parentPort, workerData } from "node:worker_threads"

import { CommitUnsure, type Wanted } from "./SqliteCommit.ts"
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
  | { readonly _tag: "Commit"; readonly group: ReadonlyArray<Wanted> }

/**
 * What it answers. The first answer, to nothing that was asked, says that the file is open.
 *
 * @category models
 * @since 0.1.0
 */
export type Reply = { readonly value: unknown } | { readonly failure: Failure }

// internal --------------------------------------------------------------------

const answer = (kernel: Kernel, request: Request): unknown => {
  switch (request._tag) {
    case "Allocate":
      return kernel.allocate(request.sequence, request.count)
    case "Close":
      return kernel.close()
    case "Commit":
      return kernel.commitGroup(request.group)
  }
}

const replyOf = (body: () => unknown): Reply => {
  try {
    return { value: body() }
  } catch (cause) {
    return { failure: describe(cause, cause instanceof CommitUnsure) }
  }
}

if (parentPort !== null) {
  const port = parentPort
  const reply = replyOf(() => {
    // Our own other half wrote it.
    const { path, tables } = workerData as Start
    const kernel = open(path, tables)
    port.on("message", (request: Request) => {
      port.postMessage(replyOf(() => answer(kernel, request)))
      if (request._tag === "Close") port.close()
    })
  })
  port.postMessage(reply)
}
