import { catalogue } from "@foreman/core"
import { describe, expect, it } from "vitest"
import { nothingOf } from "../../src/internal/OperationAnswer.ts"
import { partsOf } from "../../src/internal/OperationCommands.ts"

const lists = partsOf(catalogue).filter(({ operation }) => operation.isList)

describe("a list of nothing", () => {
  it("says what there is none of, in the words of its title", () => {
    const said = Object.fromEntries(lists.map((part) => [part.words.join(" "), nothingOf(part)]))
    expect(said).toMatchObject({
      "approval list": "No approvals found.",
      "repo list": "No repositories found.",
      "request pending": "No pending requests found.",
      "task events": "No task events found.",
      inbox: "Nothing in the inbox."
    })
    expect(new Set(Object.values(said)).size).toBe(lists.length)
  })
})
