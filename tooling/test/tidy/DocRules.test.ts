import { describe, expect, it } from "vitest"
import { idleExamples, ofExports, ofModule } from "../../src/tidy/DocRules.ts"
import { saidOf } from "./planted.ts"

const path = "packages/core/src/rules/Bad.ts"
const top = "/**\n * A module.\n *\n * @since 0.1.0\n */\n"

describe("the docstring of a module", () => {
  it("stands first and has its version", () => {
    expect(saidOf(ofModule, path, "export const a = 1")).toHaveLength(1)
    expect(saidOf(ofModule, path, "const a = 1\n/** Late. @since 0.1.0 */")).toHaveLength(1)
    expect(saidOf(ofModule, path, "/** No version. */\nexport const a = 1")).toEqual([
      "1 the module has no @since"
    ])
    expect(saidOf(ofModule, path, top)).toEqual([])
  })
})

describe("the docstring of an export", () => {
  it("is missed, with its version and its category", () => {
    const text = `${top}
export const bare = 1
/** Told. */
export type Told = 1
/**
 * @category wishes
 * @since 0.1.0
 */
export interface Odd { readonly a: 1 }`
    expect(saidOf(ofExports, path, text)).toEqual([
      "7 bare has no docstring",
      "9 Told has no @since",
      "9 Told has no @category",
      expect.stringMatching(/^14 Odd has the category wishes, which is none of models, /)
    ])
  })

  it("speaks for a type and a value of one name, and not across other code", () => {
    const doc = "/**\n * @category models\n * @since 0.1.0\n */\n"
    const text = `${top}${doc}export interface Task {}\nexport const Task = 1\nexport const other = 2`
    expect(saidOf(ofExports, path, text)).toEqual(["12 other has no docstring"])
  })

  it("is not asked of operations, events, internal modules and barrels", () => {
    const text = `${top}
export const create = Operation.make("create", {})
export const Created = Event.define("created", {})`
    expect(saidOf(ofExports, path, text)).toEqual([])
    expect(saidOf(ofExports, "packages/core/src/internal/a.ts", "export const a = 1")).toEqual([])
    expect(saidOf(ofModule, "packages/core/src/index.ts", "export const a = 1")).toEqual([])
    const own = "/**\n * Our own.\n *\n * @internal\n */\nexport const a = 1"
    expect([...saidOf(ofModule, path, own), ...saidOf(ofExports, path, own)]).toEqual([])
  })
})

describe("an example", () => {
  const doc = (fence: string, code: string) => `/**\n * ${fence}\n * ${code}\n * \`\`\`\n */`

  it("is run when it claims something", () => {
    expect(saidOf(idleExamples, path, doc("```ts", "1 + 1 // => 2"))).toHaveLength(1)
    expect(saidOf(idleExamples, path, doc("```ts import.meta.vitest", "1 // => 1"))).toEqual([])
    expect(saidOf(idleExamples, path, doc("```ts", "start()"))).toEqual([])
  })
})
