/**
 * Runs a program of the examples as a newcomer would: in an empty folder, with nothing set.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { root } from "../tidy/Repository.ts"

// models ----------------------------------------------------------------------

/** What came of a program. */
export interface Run {
  readonly stdout: string
  /** Why it failed, if it did. */
  readonly failure?: string
}

/** How long a program may take. */
const timeoutMillis = 25_000

// rules -----------------------------------------------------------------------

/** Runs the program at a path of the repository to its end. */
export const run = async (path: string): Promise<Run> => {
  const folder = mkdtempSync(join(tmpdir(), "foreman-snippet-"))
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(FOREMAN|VITEST|NODE)_/.test(name))
  )
  const options = { cwd: folder, env, timeout: timeoutMillis, killSignal: "SIGKILL" } as const
  const args = ["--conditions=@foreman/source", join(root, path)]
  try {
    return await new Promise<Run>((resolve) => {
      const child = execFile(process.execPath, args, options, (error, stdout, stderr) =>
        resolve(
          error === null
            ? { stdout }
            : { stdout, failure: `${error.message}\n${stdout}\n${stderr}` }
        )
      )
      child.stdin?.end()
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
