/**
 * `foreman artifact save`: the bytes of an artifact, into a file or a pipe. It is no operation of the
 * catalogue, since bytes are no value.
 */
import { createHash } from "node:crypto"
import type { Context } from "./Context.ts"
import { counted } from "./Counted.ts"
import { exitCodes, Failed } from "./ExitCode.ts"
import { type Command, Misused } from "./Grammar.ts"
import * as Target from "./moving/Target.ts"

// services --------------------------------------------------------------------

/** The command. Bytes that are not those that were kept become no file. */
export const save: Command = {
  words: ["artifact", "save"],
  needsStore: true,
  summary: "Writes the bytes of an artifact into a new file",
  details:
    "Writes the bytes of an artifact into a new file, as the run left them, or into a pipe where no " +
    "file is named. They are compared with their digest.",
  positionals: [
    { name: "ARTIFACT-ID", isRequired: true, description: "Id of the artifact" },
    {
      name: "FILE",
      isRequired: false,
      description: "The file, which is not there yet; without one the standard output"
    }
  ],
  flags: [],
  examples: [
    "foreman artifact save 01a2b3c4-... report.html",
    "foreman artifact save 01a2b3c4-... | less"
  ],
  run: ({ positionals: [id = "", file = "-"] }, context) => {
    if (file === "-" && context.terminal.isTerminal) {
      throw new Misused("FILE is missing: a terminal is no place for bytes", save.words)
    }
    return write(id, file, context)
  }
}

// internal --------------------------------------------------------------------

const write = async (id: string, file: string, context: Context): Promise<number> => {
  const { isJson, signal, terminal } = context
  const connection = await context.connect()
  // As: an artifact has these fields.
  const artifact = (await connection.invoke("get_artifact", { artifact_id: id }, { signal })) as {
    readonly digest: string
    readonly size: number
  }
  const target = await Target.open(file, 0o644)
  const hash = createHash("sha256")
  try {
    for await (const bytes of connection.read(id, signal)) {
      hash.update(bytes)
      await target.write(bytes)
    }
    if (hash.digest("hex") !== artifact.digest) throw new Failed(...differs)
    await target.end()
  } catch (error) {
    await target.giveUp()
    throw error
  }
  if (file === "-") return exitCodes.done
  await terminal.out(
    isJson
      ? `${JSON.stringify({ file, size: artifact.size, digest: artifact.digest }, undefined, 2)}\n`
      : `${file}: ${counted(artifact.size, "byte")}\n`
  )
  return exitCodes.done
}

const differs = [
  exitCodes.failed,
  "BytesDiffer",
  "What came is not what was kept: its digest is another one"
] as const
