/**
 * The program `foreman-mcp`, where its package has it.
 */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

// services --------------------------------------------------------------------

/** Where the program is, as an absolute path: clients are told it. */
export const path = (): string => {
  const manifest = createRequire(import.meta.url).resolve("@foreman/mcp/package.json")
  return join(dirname(manifest), "bin", "foreman-mcp.js")
}

/** Becomes that program: it reads its arguments from the process, and ends it. */
export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const program = path()
  process.argv.splice(1, process.argv.length, program, ...args)
  await import(pathToFileURL(program).href)
}
