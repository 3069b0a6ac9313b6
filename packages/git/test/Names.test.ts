import { assert, describe, it } from "vitest"

import * as Changes from "../src/internal/Changes.ts"
import * as Names from "../src/internal/Names.ts"
import * as Given from "./given.ts"

describe("names of branches", () => {
  const good = ["main", "foreman/task-1", "a.b", "ünï", "x/-y", "a@b", "{", "v1.lock.x"]
  const bad = [
    "",
    "-x",
    "--upload-pack=x",
    "@",
    "HEAD",
    "a..b",
    "a@{1}",
    "a.",
    ".a",
    "a/.b",
    "a.lock",
    "a.lock/b",
    "a//b",
    "/a",
    "a/",
    "a b",
    "a~",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[",
    "a\\b",
    "a\nb",
    "a\0b",
    "a\u007f",
    "x".repeat(201)
  ]

  it("are those that git takes", async () => {
    const folder = await Given.folder()
    for (const name of good) {
      assert.isTrue(Names.isBranch(name), name)
      await Given.git(folder, "check-ref-format", `refs/heads/${name}`)
    }
  })

  it("are refused when git, a path or an option could take them for something else", () => {
    for (const name of bad) assert.isFalse(Names.isBranch(name), JSON.stringify(name))
  })
})

describe("ids", () => {
  it("cannot leave their folder", () => {
    for (const id of ["0190-aa", "local", "A_1"]) assert.isTrue(Names.isId(id))
    for (const id of ["", ".", "..", "a/b", "-a", "a.b", "a\n", "a b"]) {
      assert.isFalse(Names.isId(id), JSON.stringify(id))
    }
  })

  it("of objects are 40 or 64 hex digits", () => {
    assert.isTrue(Names.isObjectId("a".repeat(40)))
    assert.isTrue(Names.isObjectId("0".repeat(64)))
    for (const id of [
      "HEAD",
      "A".repeat(40),
      "a".repeat(39),
      `${"a".repeat(40)}\n`,
      "-".repeat(40)
    ]) {
      assert.isFalse(Names.isObjectId(id))
    }
  })
})

const withTrailer = (message: string, jobId: number) =>
  Changes.withTrailers(message, { jobId, headCommit: "abc" })

describe("the trailers of a message", () => {
  it("stand in a paragraph of its own, or with the other trailers", () => {
    assert.strictEqual(
      withTrailer("Subject", 1),
      "Subject\n\nForeman-Merge: 1\nForeman-Head: abc\n"
    )
    assert.strictEqual(
      withTrailer("Fix: it", 1),
      "Fix: it\n\nForeman-Merge: 1\nForeman-Head: abc\n"
    )
    assert.strictEqual(
      withTrailer("S\n\nBody\nA: b", 1),
      "S\n\nBody\nA: b\n\nForeman-Merge: 1\nForeman-Head: abc\n"
    )
    assert.strictEqual(
      withTrailer("S\n\nBody\n\nA: b\n", 1),
      "S\n\nBody\n\nA: b\nForeman-Merge: 1\nForeman-Head: abc\n"
    )
  })

  it("are the only ones of their kind", () => {
    assert.strictEqual(
      withTrailer("S\n\nforeman-merge : 2\n Foreman-Merge: 3\r\nforeman-HEAD: 4\nx", 1),
      "S\n\nx\n\nForeman-Merge: 1\nForeman-Head: abc\n"
    )
    assert.strictEqual(
      withTrailer("Foreman-Merge: 2\0", 1),
      "Change without a message\n\nForeman-Merge: 1\nForeman-Head: abc\n"
    )
  })
})
