/**
 * The pages with the code and the answers of the programs that they show.
 */
import type { Generated } from "../codegen/Generated.ts"
import { read } from "../tidy/Repository.ts"
import { run } from "./run.ts"
import * as Snippet from "./Snippet.ts"

// rules -----------------------------------------------------------------------

/** Fills every page that marks a fence. A program that fails keeps its page as it is, and says so. */
export const snippets = async (): Promise<ReadonlyArray<Generated>> => {
  const { texts } = read()
  const outputs: Record<string, string> = {}
  for (const path of Snippet.programs(texts)) {
    if (Snippet.outputsOf(texts, path).length === 0) continue
    const { failure, stdout } = await run(path)
    if (failure === undefined) outputs[path] = stdout
    else console.error(`${path} fails: ${failure}`)
  }
  return texts
    .filter((page) => Snippet.fencesOf(page).some(({ mark }) => mark !== undefined))
    .filter(({ path }) => path.endsWith(".md"))
    .map((page) => Snippet.fill(page, texts, outputs))
}
