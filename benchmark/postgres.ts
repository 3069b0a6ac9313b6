/**
 * All benchmarks on PostgreSQL, one after the other, each with a server of its own and with the same
 * arguments.
 *
 * @since 0.1.0
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

// operations ------------------------------------------------------------------

for (const name of ["command", "dispatch", "pickup", "starts", "scale"]) {
  const program = fileURLToPath(new URL(`./postgres-${name}.ts`, import.meta.url))
  const flags = [...process.execArgv, program, ...process.argv.slice(2)]
  const { status } = spawnSync(process.execPath, flags, { stdio: "inherit" })
  if (status !== 0) process.exitCode = 1
}
