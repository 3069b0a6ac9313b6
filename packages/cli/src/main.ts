/**
 * The program `foreman`.
 *
 * @since 0.1.0
 */
import process from "node:process"

// services --------------------------------------------------------------------

const main = async (): Promise<void> => {
  const args = process.argv.slice(2)
  const [word, ...rest] = args
  // Who speaks a protocol waits for none of the rest to be loaded.
  if (word === "mcp") return (await import("./internal/McpProgram.ts")).run(rest)
  const Program = await import("./internal/Program.ts")
  const code = await Program.main(args)
  // A protocol is still spoken when its program has started; all else has answered, and a connection
  // that is not quite gone must not keep the process.
  if (!args.includes("mcp")) await end(code)
  process.exitCode = code
}

// internal --------------------------------------------------------------------

/** Ends the process once what was written has left it, or nobody takes it. */
const end = async (code: number): Promise<never> => {
  const written = [process.stdout, process.stderr].map(
    (stream) =>
      new Promise<void>((resolve) => {
        stream.write("", () => resolve())
      })
  )
  await Promise.all(written)
  process.exit(code)
}

await main()
