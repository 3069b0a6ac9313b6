/**
 * The process in which examples run: one after the other, each as a module of its own that resolves
 * its imports from the file in which it stands.
 *
 * It gets the examples as one message and answers with one message for each. It is started with
 * `--conditions=@foreman/source`, so packages are what their sources say.
 */
import { registerHooks } from "node:module"
import { pathToFileURL } from "node:url"
import { inspect, isDeepStrictEqual } from "node:util"
import { comparison, type Example, program } from "./Example.ts"

// models ----------------------------------------------------------------------

/** What came of an example. */
export interface Outcome {
  readonly index: number
  /** Why it failed, if it did. */
  readonly failure?: string
}

/** How long one example may take. */
const timeoutMillis = 10_000

// internal --------------------------------------------------------------------

const scheme = "example:"
const sources = new Map<string, { readonly example: Example; readonly root: string }>()

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith(scheme)) return { url: specifier, shortCircuit: true }
    const parent = sources.get(context.parentURL ?? "")
    if (parent === undefined) return next(specifier, context)
    const parentURL = pathToFileURL(`${parent.root}/${parent.example.path}`).href
    return next(specifier, { ...context, parentURL })
  },
  load(url, context, next) {
    const found = sources.get(url)
    if (found === undefined) return next(url, context)
    return { format: "module-typescript", source: program(found.example), shortCircuit: true }
  }
})

const equal = (actual: unknown, expected: unknown, line: number): void => {
  if (isDeepStrictEqual(actual, expected)) return
  throw new Error(`line ${line} is ${inspect(actual)}, not ${inspect(expected)}`)
}

const late = (): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not over after ${timeoutMillis} ms`)), timeoutMillis).unref()
  })

const run = async (example: Example, index: number, root: string): Promise<Outcome> => {
  const url = `${scheme}${index}`
  sources.set(url, { example, root })
  try {
    await Promise.race([import(url), late()])
    return { index }
  } catch (error) {
    return { index, failure: error instanceof Error ? error.message : inspect(error) }
  }
}

const answer = (outcome: Outcome): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(outcome, () => resolve())
  })

const serve = async (root: string, examples: ReadonlyArray<Example>): Promise<void> => {
  for (const [index, example] of examples.entries()) await answer(await run(example, index, root))
  // An example that leaves something open is not to keep the others from ending.
  process.exit(0)
}

if (import.meta.main) {
  Object.assign(globalThis, { [Symbol.for(comparison)]: equal })
  process.once("message", (message: { root: string; examples: ReadonlyArray<Example> }) => {
    void serve(message.root, message.examples)
  })
}
