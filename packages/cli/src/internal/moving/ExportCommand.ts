/**
 * `foreman export`: writes all that a store holds at one moment into a file, for `foreman import` to
 * read. The store may be in use.
 */
import { Export } from "@foreman/core"
import { Effect } from "effect"
import * as OpenStore from "../../OpenStore.ts"
import type { Context } from "../Context.ts"
import { counted } from "../Counted.ts"
import { exitCodes } from "../ExitCode.ts"
import { type Command, isOn } from "../Grammar.ts"
import * as Bytes from "./Bytes.ts"
import * as Failure from "./Failure.ts"
import { FileError } from "./FileError.ts"
import * as Place from "./Place.ts"
import * as Progress from "./Progress.ts"
import * as Target from "./Target.ts"

// services --------------------------------------------------------------------

export const command: Command = {
  words: ["export"],
  summary: "Writes all that a store holds at one moment into a new file",
  details:
    "Writes all that a store holds at one moment into a new file, also while a server uses it. " +
    "Repositories are not in it.",
  positionals: [
    {
      name: "FILE",
      isRequired: true,
      description: "The file, which is not there yet; - for the standard output"
    }
  ],
  flags: [{ name: "artifacts", description: "With the bytes of artifacts" }],
  examples: ["foreman export store.jsonl --artifacts", "foreman export - | gzip > store.jsonl.gz"],
  run: async (given, context) => {
    const [path = ""] = given.positionals
    return write(path, isOn(given, "artifacts"), context)
  }
}

// internal --------------------------------------------------------------------

const write = async (path: string, withArtifacts: boolean, context: Context): Promise<number> => {
  const { isJson, signal, terminal } = context
  const { called, environment, settings } = await Place.told(context)
  const title = OpenStore.titleOf(settings, called)
  const target = await Target.open(path, 0o600)
  const progress = Progress.make("exported")
  const work = Effect.gen(function* () {
    const driver = yield* Place.look(settings)
    const artifacts = yield* OpenStore.artifactsOf(settings, environment, { readOnly: true })
    const isLeaving = !withArtifacts && (yield* Bytes.areKept(driver))
    const summary = yield* Export.write(driver, {
      out: (bytes) =>
        Effect.tryPromise({
          try: () => target.write(bytes),
          catch: (cause) => new FileError({ path, cause })
        }),
      progress: progress.tell,
      ...(withArtifacts ? { artifacts } : {})
    })
    return { isLeaving, summary }
  })
  try {
    const { isLeaving, summary } = await Failure.run(work, { title, signal })
    await target.end()
    progress.end()
    const text = isJson
      ? `${JSON.stringify(summary, undefined, 2)}\n`
      : `${title}: ${Progress.wordsOf(summary)}\n`
    if (path === "-") terminal.err(text)
    else await terminal.out(text)
    if (summary.missing > 0) {
      const missing = counted(summary.missing, "artifact")
      terminal.err(`The bytes of ${missing} are not where they should be.\n`)
    }
    if (isLeaving && !isJson) {
      terminal.err("The bytes of artifacts stay behind: --artifacts takes them along\n")
    }
    return exitCodes.done
  } catch (error) {
    progress.end()
    await target.giveUp()
    throw error
  }
}
