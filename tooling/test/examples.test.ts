import { beforeAll, describe, expect, it } from "vitest"
import { ofPage, ofSource } from "../src/examples/Example.ts"
import { run } from "../src/examples/run.ts"
import * as Repository from "../src/tidy/Repository.ts"

const { sources, texts } = Repository.read()
const examples = [
  ...sources.filter(({ path }) => /^packages\/[^/]+\/src\//.test(path)).flatMap(ofSource),
  ...texts.filter(({ path }) => path.endsWith(".md")).flatMap(ofPage)
]

describe("every example holds", () => {
  let failures: ReadonlyArray<string | undefined>

  beforeAll(async () => {
    failures = await run(examples)
  })

  it.each(examples.map((example, index) => ({ ...example, index })))(
    "$path:$line $title",
    ({ index }) => expect(failures[index]).toBeUndefined()
  )
})
