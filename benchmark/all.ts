/**
 * All benchmarks, one after the other, each in a process of its own and with the same arguments.
 *
 * @since 0.1.0
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

// operations ------------------------------------------------------------------

for (const name of ["board", "command", "dispatch", "mcp", "ready", "rest", "start"]) {
  const program = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  const flags = [...process.execArgv, program, ...process.argv.slice(2)]
  const { status } = spawnSync(process.execPath, flags, { stdio: "inherit" })
  if (status !== 0) process.exitCode = 1
}
