import { describe, expect, it } from "vitest"
import { neighbours, specifiers } from "../src/pack-check.ts"

describe("what a package offers", () => {
  const files = [
    "index.js",
    "index.d.ts",
    "rules/Task.js",
    "rules/Task.js.map",
    "internal/dynamic.js"
  ]

  it("is each of its exports, and each module under a pattern that is not hidden", () => {
    const exports = {
      "./package.json": "./package.json",
      "./internal/*": null,
      "./*": { default: "./dist/*.js" },
      "./testing": { default: "./dist/testing.js" },
      ".": { default: "./dist/index.js" }
    }
    expect(specifiers({ name: "@foreman/core", exports }, files)).toEqual([
      "@foreman/core/index",
      "@foreman/core/rules/Task",
      "@foreman/core/testing",
      "@foreman/core"
    ])
  })
})

describe("what code reads beside itself", () => {
  it("is found in its addresses", () => {
    const text = `
      new Worker(new URL("./SqliteWorker.js", import.meta.url))
      new URL('../page/index.html', import.meta.url)
      new URL(isSource ? "./guardian.ts" : "./guardian.js", import.meta.url)
      new URL(\`./Reader.\${extension}\`, import.meta.url)
      new URL("https://example.com", import.meta.url)
      new URL("/tasks", origin)`
    expect(neighbours(text)).toEqual([
      "./SqliteWorker.js",
      "../page/index.html",
      "./guardian.js",
      "./Reader.js"
    ])
  })
})
