import { createHash } from "node:crypto"
import { expect, it } from "@effect/vitest"

import { sha256 } from "../../src/ports/Sha256.ts"

it("answers what the platform's digest answers, for every length of the last block", () => {
  for (let length = 0; length < 260; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) % 256)
    expect(Buffer.from(sha256(bytes)).toString("hex")).toBe(
      createHash("sha256").update(bytes).digest("hex")
    )
  }
})

it("answers the vector of the standard", () => {
  expect(Buffer.from(sha256(new TextEncoder().encode("abc"))).toString("hex")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  )
})
