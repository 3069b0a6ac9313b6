/**
 * Runs examples in a process of their own, and says of each whether it holds.
 */
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { root } from "../tidy/Repository.ts"
import type { Example } from "./Example.ts"
import type { Outcome } from "./runner.ts"

// models ----------------------------------------------------------------------

/** How long all examples together may take. */
const timeoutMillis = 60_000

// rules -----------------------------------------------------------------------

/** Why each example failed, in their order; undefined for those that hold. */
export const run = (examples: ReadonlyArray<Example>): Promise<ReadonlyArray<string | undefined>> =>
  new Promise((resolve, reject) => {
    const failures = examples.map((): string | undefined => "its process ended before it did")
    const child = fork(fileURLToPath(new URL("./runner.ts", import.meta.url)), {
      cwd: root,
      // A Node that ends while V8 compiles on other threads can wait for them for ever (nodejs/node
      // 54918), so here it has no other threads.
      execArgv: ["--conditions=@foreman/source", "--single-threaded"],
      timeout: timeoutMillis,
      killSignal: "SIGKILL",
      stdio: ["ignore", "ignore", "inherit", "ipc"]
    })
    child.on("message", ({ failure, index }: Outcome) => {
      failures[index] = failure
    })
    child.once("error", reject)
    child.once("close", () => resolve(failures))
    child.send({ root, examples })
  })
