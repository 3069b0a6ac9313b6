/**
 * The program `foreman`.
 *
 * @since 0.1.0
 */
import process from "node:process"

// services --------------------------------------------------------------------

const main = async (): Promise<void> => {
  const [word, ...rest] = process.argv.slice(2)
  // Who speaks a protocol waits for none of the rest to be loaded.
  if (word === "mcp") return (await import("./internal/McpProgram.ts")).run(rest)
  const Program = await import("./internal/Program.ts")
  process.exitCode = await Program.main(process.argv.slice(2))
}

await main()
