/**
 * The process that owns a server: it starts it, ends it, and outlives whoever asked for it by a moment,
 * whatever ended that one, to leave neither a process nor a folder behind.
 */
import * as Cluster from "./Cluster.ts"

// models ----------------------------------------------------------------------

/** What is asked of the keeper, one after the other. */
export type Order =
  | { readonly make: Cluster.Wish }
  | { readonly end: NodeJS.Signals }
  | { readonly start: true }

/** The answer to each. */
export type Answer =
  | { readonly running?: Cluster.Running | undefined }
  | { readonly problem: string }

// services --------------------------------------------------------------------

let cluster: Cluster.Cluster | undefined
let last: Promise<unknown> = Promise.resolve()

const obey = async (order: Order): Promise<Answer> => {
  try {
    if ("make" in order) cluster = Cluster.make(order.make, process.env)
    if ("end" in order) {
      await cluster?.end(order.end)
      return {}
    }
    return { running: await cluster?.start() }
  } catch (cause) {
    return { problem: cause instanceof Error ? cause.message : String(cause) }
  }
}

const close = async (): Promise<void> => {
  // What is being done now ends with the process that it waits for.
  await cluster?.remove()
  process.exit()
}

// As: nobody but PostgresServer.ts has the other end of the channel.
process.on("message", (order) => {
  last = last.then(async () => process.send?.(await obey(order as Order)))
})
process.on("disconnect", () => void close())
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => void close())
}
