import { assert, describe, it } from "@effect/vitest"
import { Secret, Token } from "@foreman/core"

const own = Token.make(
  "run",
  new Uint8Array(64).map((_, index) => (index * 37) % 248)
)

const secrets: ReadonlyArray<readonly [text: string, secret: string]> = [
  [`it shows ${own} here`, own],
  ["Authorization: Bearer abc.def-123456", "abc.def-123456"],
  ["cannot clone https://ann:hunter2@git.example/x.git", "hunter2"],
  ["https://tokenonly@git.example/x.git", "tokenonly"],
  ["postgres://foreman:s3cr3t@localhost/f", "s3cr3t"],
  ["OPENAI says sk-proj-0123456789abcdefghij is wrong", "sk-proj-0123456789abcdefghij"],
  ["ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_0123456789abcdefghijABCDEFGHIJ012345"],
  ["AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"],
  ["eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM", "eyJzdWIiOiIx"],
  ['{"api_key":"plain words","x":1}', "plain"],
  ['"{\\"password\\":\\"hunter2\\"}"', "hunter2"],
  ["password=hunter2&x=1", "hunter2"],
  ["OPENAI_API_KEY: abcdef", "abcdef"],
  ["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"],
  ["-----BEGIN PRIVATE KEY-----\nMIIE and no end", "MIIE"]
]

describe("a text", () => {
  it.each(secrets)("loses its secret: %s", (text, secret) => {
    assert.include(text, secret)
    assert.notInclude(Secret.mask(text), secret)
  })

  it.each([
    "Task 42 was not started",
    "POST /api/v1/teams/:team_id/tasks 201",
    "a token of the dispatcher is renewed",
    "https://git.example/x@v1",
    "01a1fc47-b144-7481-b3ab-2530d43ee679-12",
    "fmn_ is a prefix"
  ])("keeps what is no secret: %s", (text) => {
    assert.strictEqual(Secret.mask(text), text)
  })

  it("is looked through in little time, whatever it is", () => {
    for (const unit of ["a://", "bearer ", "-----BEGIN PRIVATE KEY-----", "eyJ", "token=", "sk-"]) {
      // What this thread itself has worked, however busy the machine is.
      const before = process.threadCpuUsage()
      Secret.mask(unit.repeat(8192 / unit.length))
      const { system, user } = process.threadCpuUsage(before)
      assert.isBelow((system + user) / 1_000, 200, unit)
    }
  })
})

describe("a name", () => {
  it.each([
    "api_key",
    "apiKey",
    "OPENAI_API_KEY",
    "token",
    "access-token",
    "password",
    "clientSecret"
  ])("says that its value is a secret: %s", (name) => assert.isTrue(Secret.isSecretName(name)))

  it.each(["tokens_used_total", "keyboard", "title", "task_id", "author", "key"])(
    "says that its value is none: %s",
    (name) => assert.isFalse(Secret.isSecretName(name))
  )
})
