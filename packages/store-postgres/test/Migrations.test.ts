import { createHash } from "node:crypto"
import { expect, it } from "vitest"

import { text } from "../src/Functions.ts"
import * as Migrations from "../src/Migrations.ts"

it("says of a schema why it has to be seen to first", () => {
  const wordsOf = (number: number) => Migrations.older("f", number).message
  expect(wordsOf(0)).toMatch(/holds no store yet/)
  expect(wordsOf(1)).toMatch(/was written by an older Foreman \(schema 1, this one knows \d+\)/)
  expect(wordsOf(Migrations.newest())).toMatch(/was restored and not started since/)
})

it("makes the functions again where they have changed", () => {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 16)
  // A database gets new functions with a migration only. Where this fails after a release, add an
  // empty migration and write both down anew; before it, write down the digest.
  expect([Migrations.newest(), digest]).toEqual([6, "581b32f984864bbd"])
})
