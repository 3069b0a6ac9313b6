import { assert, describe, expect, it } from "@effect/vitest"
import { files } from "../src/internal/pageFiles.ts"
import { moduleOfPageFiles } from "./PageFiles.ts"

describe("the files of the pages", () => {
  it("are in the package as they are in the sources", async () => {
    await expect(moduleOfPageFiles()).toMatchFileSnapshot("../src/internal/pageFiles.ts")
  })

  it("put text in as text, and nothing in as HTML or as code", () => {
    const forbidden =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\son\w+=|javascript:|style=/
    for (const [name, content] of Object.entries(files)) {
      assert.notMatch(content, forbidden, name)
    }
  })

  it("load nothing from elsewhere", () => {
    for (const [name, content] of Object.entries(files)) {
      assert.notMatch(content.replaceAll("http://www.w3.org/2000/svg", ""), /https?:\/\//, name)
    }
  })

  it("are small", () => {
    const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0)
    assert.isBelow(bytes, 80_000)
  })
})
