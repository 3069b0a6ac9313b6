import { describe, expect, it } from "@effect/vitest"

import * as Seal from "../src/PostgresSeal.ts"

const seal = Seal.make(Buffer.alloc(32, 7))

describe("a seal", () => {
  it.each(["", "a", '{"text":"ä\n🙂"}', "x".repeat(5_000)])("opens what it has closed", (text) => {
    const closed = seal.close("acme", text)
    expect(closed).toMatch(/^[A-Za-z0-9+/]+=*$/)
    expect(seal.open("acme", closed)).toBe(text)
  })

  it("shows nothing of a text, and closes it in another way each time", () => {
    const [one, two] = [seal.close("acme", "secret"), seal.close("acme", "secret")]
    expect(one).not.toBe(two)
    expect(Buffer.from(one, "base64").toString("latin1")).not.toContain("secret")
  })

  it("opens nothing of another organization or of another key", () => {
    const closed = seal.close("acme", "secret")
    expect(seal.open("other", closed)).toBeUndefined()
    expect(Seal.make(Buffer.alloc(32, 8)).open("acme", closed)).toBeUndefined()
  })

  it("opens nothing of which a bit is another one, or that is cut", () => {
    const bytes = Buffer.from(seal.close("acme", "secret"), "base64")
    for (const place of bytes.keys()) {
      const changed = Buffer.from(bytes)
      changed[place] = (changed[place] ?? 0) ^ 1
      expect(seal.open("acme", changed.toString("base64"))).toBeUndefined()
      expect(seal.open("acme", bytes.subarray(0, place).toString("base64"))).toBeUndefined()
    }
  })

  it.each(["", "hello", "[]", "\0"])("opens nothing that is none: %j", (text) => {
    expect(seal.open("acme", text)).toBeUndefined()
  })
})
