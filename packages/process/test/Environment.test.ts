import { assert, describe, it } from "@effect/vitest"

import { Environment } from "@foreman/process"

describe("the environment of a child", () => {
  it("inherits what is on the list, and nothing else", () => {
    const given = { PATH: "/bin", LC_TIME: "C", TZ: "UTC", HOME: undefined, LC: "x", path: "x" }
    assert.deepStrictEqual(Environment.inherit(given), { PATH: "/bin", LC_TIME: "C", TZ: "UTC" })
  })

  it.each([
    "AWS_SECRET_ACCESS_KEY",
    "DATABASE_URL",
    "DYLD_INSERT_LIBRARIES",
    "FOREMAN_TOKEN",
    "GIT_DIR",
    "LD_PRELOAD",
    "NODE_OPTIONS",
    "PGPASSWORD",
    "PYTHONPATH",
    "SSH_AUTH_SOCK"
  ])("keeps %s out", (name) => {
    assert.isFalse(Environment.isAllowed(name))
  })

  it("names the variable that cannot be passed on", () => {
    assert.isUndefined(Environment.unusable({ A: "", B: "a=b" }))
    for (const name of ["", "A=B", "A\0"]) {
      assert.strictEqual(Environment.unusable({ [name]: "x" }), name)
    }
    assert.strictEqual(Environment.unusable({ A: "x", B: "\0" }), "B")
  })
})
