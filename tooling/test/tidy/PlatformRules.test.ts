import { describe, expect, it } from "vitest"
import { nodeNames } from "../../src/tidy/PlatformRules.ts"
import { saidOf } from "./planted.ts"

const core = "packages/core/src/services/Bad.ts"

describe("names of Node", () => {
  it.each([
    'import { join } from "node:path"',
    "export const home = process.env",
    "export const bytes = Buffer.from([1])",
    "export const bytes = (text: Buffer) => text",
    "export const exit = globalThis.process",
    "setImmediate(() => undefined)",
    "export const place = { process }"
  ])("are refused in core: %s", (text) =>
    expect(saidOf(nodeNames, core, text).length).toBeGreaterThan(0)
  )

  it.each([
    "export const of = (process: string) => process",
    "export const it = { process: 1, Buffer: 2 }",
    "export interface Status { readonly process: string }",
    "export const it = (run: { readonly process: string }) => run.process",
    'import * as process from "./process.ts"\nexport const it = process',
    'export const text = "process.env" // process'
  ])("are left alone where they mean something else: %s", (text) =>
    expect(saidOf(nodeNames, core, text)).toEqual([])
  )

  it("are refused in the client and allowed in an adapter", () => {
    const text = "export const bytes = Buffer.from([1])"
    expect(saidOf(nodeNames, "packages/client/src/Bad.ts", text)).toEqual([
      "1 names Buffer, which a browser has not: Uint8Array"
    ])
    expect(saidOf(nodeNames, "packages/git/src/Fine.ts", text)).toEqual([])
  })
})
