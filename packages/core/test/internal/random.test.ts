import { assert, describe, it } from "@effect/vitest"
import { randomBytes } from "../../src/internal/random.ts"

describe("random bytes", () => {
  it("come in the size that is asked for, however large", () => {
    for (const size of [0, 1, 16, 64, 4095, 4096, 4097, 100_000]) {
      assert.strictEqual(randomBytes(size).length, size)
    }
  })

  it("are given to one caller only, who may write into them", () => {
    const given = Array.from({ length: 250 }, (_, index) => randomBytes(16 + (index % 7) * 16))
    const texts = given.map((bytes) => bytes.subarray(0, 16).join())
    assert.strictEqual(new Set(texts).size, texts.length)
    for (const [index, bytes] of given.entries()) bytes.fill(index)
    for (const [index, bytes] of given.entries()) {
      assert.isTrue(bytes.every((byte) => byte === index))
    }
  })
})
