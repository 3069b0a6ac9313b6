import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as fc from "fast-check"

import { Span } from "@foreman/core"

const parsed = (text: string) => Result.getOrNull(Span.parse(text))
const span = (text: string) => Result.getOrThrow(Span.parse(text))

describe("a span as it is written", () => {
  const id = "00000000-0000-7000-8000-0000000000AB"
  const same: ReadonlyArray<readonly [string, string]> = [
    ["repo/1", "repo/1/"],
    ["/repo/1/", "repo/1/"],
    ["repo//1///src", "repo/1/src/"],
    ["repo/1/./src/.", "repo/1/src/"],
    ["  repo/1/src  ", "repo/1/src/"],
    [`repo/${id}/x`, `repo/${id.toLowerCase()}/x/`],
    ["repo/1/SRC", "repo/1/SRC/"],
    ["repo/1/src/**", "repo/1/src/"],
    ["repo/1/src/*.ts", "repo/1/src/"],
    ["repo/1/a*b/c", "repo/1/"],
    ["repo/1/...", "repo/1/.../"],
    ["repo/1/-rf", "repo/1/-rf/"],
    ["repo/1/[id]", "repo/1/[id]/"],
    ["repo/1/cafe\u0301", "repo/1/caf\u00e9/"],
    ["task/12", "task/12/"],
    ["project/demo/docs", "project/demo/docs/"]
  ]
  for (const [text, form] of same) {
    it(`has one form: ${JSON.stringify(text)}`, () => assert.strictEqual(parsed(text), form))
  }

  const refused = [
    "",
    "/",
    "repo",
    "repo/",
    "repo/*",
    "repo/../task/1",
    "repo/1/../2",
    "repo/1/src/..",
    "repo\\1",
    "repo/1/a\u0000b",
    "repo/1/a\nb",
    "repo/1/a\u202eb",
    "repo/1/a\u2028b",
    "repo/1/\ud800",
    "..",
    "src/api",
    "etc/passwd",
    "Repo/1",
    "task/x",
    "task/0",
    "task/01",
    "task/1.5",
    "task/-1",
    "task/99999999999999999999",
    `repo/1/${"a".repeat(1000)}`
  ]
  for (const text of refused) {
    it(`is refused: ${JSON.stringify(text).slice(0, 40)}`, () => {
      assert.isNull(parsed(text))
      assert.isString(Span.problemOf(text))
    })
  }

  it("is read into what is read into itself, or is refused, whatever it is", () => {
    const part = fc.oneof(
      fc.string({ maxLength: 8, unit: "binary" }),
      fc.constantFrom("..", ".", "", "*", "a", "%2e%2e", "\u0000", "é", "😀")
    )
    const text = fc
      .tuple(
        fc.constantFrom("repo/1/", "task/7/", "project/p/", "/repo/x/", "", "x/"),
        fc.array(part)
      )
      .map(([head, parts]) => head + parts.join("/"))
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (wild) => {
        const read = Span.parse(wild)
        if (Result.isFailure(read)) return
        assert.strictEqual(parsed(read.success), read.success)
        assert.isTrue(Schema.is(Span.Span)(read.success))
        assert.notInclude(read.success.split("/"), "..")
      })
    )
  })
})

const path = fc
  .tuple(
    fc.constantFrom("repo/1/", "repo/2/", "task/1/"),
    fc.array(fc.constantFrom("a", "b", "aa", "a-", "a0"), { maxLength: 4 })
  )
  .map(([head, parts]) => span(head + parts.join("/")))

/** Whether one lies in the other, part by part. */
const lies = (inner: Span.Span, outer: Span.Span): boolean => {
  const [parts, above] = [inner.split("/").slice(0, -1), outer.split("/").slice(0, -1)]
  return above.every((part, index) => part === parts[index])
}

describe("two spans", () => {
  it("meet in both directions, and with themselves", () => {
    fc.assert(
      fc.property(path, path, (one, other) => {
        assert.strictEqual(Span.overlaps(one, other), Span.overlaps(other, one))
        assert.isTrue(Span.overlaps(one, one))
      })
    )
  })

  it("meet when the one lies in the other, and only then", () => {
    fc.assert(
      fc.property(path, path, (one, other) => {
        assert.strictEqual(Span.overlaps(one, other), lies(one, other) || lies(other, one))
      })
    )
  })

  it("meet what is above whatever they meet below", () => {
    fc.assert(
      fc.property(path, path, fc.constantFrom("x", "a"), (one, other, part) => {
        if (Span.overlaps(span(`${one}${part}`), other)) assert.isTrue(Span.overlaps(one, other))
      })
    )
  })

  it("do not meet that only begin alike", () => {
    assert.isFalse(Span.overlaps(span("repo/1/src"), span("repo/1/src2")))
    assert.isFalse(Span.overlaps(span("repo/1"), span("repo/11")))
    assert.isFalse(Span.overlaps(span("task/1"), span("repo/1")))
  })
})

describe("the outermost of some spans", () => {
  it("do not meet, and each of the others lies in one of them", () => {
    fc.assert(
      fc.property(fc.array(path, { maxLength: 30 }), (spans) => {
        const kept = Span.outermost(spans)
        for (const [index, one] of kept.entries()) {
          for (const other of kept.slice(index + 1)) assert.isFalse(Span.overlaps(one, other))
          assert.include(spans, one)
        }
        for (const one of spans) assert.isTrue(kept.some((outer) => one.startsWith(outer)))
      })
    )
  })

  it("are no more than a lease has: too many are all of where they lie", () => {
    const many = Array.from({ length: Span.most + 1 }, (_, index) => span(`repo/1/f${index}`))
    assert.deepStrictEqual<ReadonlyArray<string>>(Span.outermost([...many, span("task/1")]), [
      "repo/1/",
      "task/1/"
    ])
    assert.lengthOf(Span.outermost(many.slice(1)), Span.most)
  })
})

describe("the spans of a task", () => {
  const facts: Span.ScopeFacts = {
    repositoryId: "own",
    projects: new Map([
      ["here", { repositoryId: "R1" }],
      ["bare", { repositoryId: null }]
    ]),
    modules: new Map([
      ["api", { projectId: "here", paths: ["src/api", "/docs/api/**"] }],
      ["all", { projectId: "here", paths: [] }],
      ["wild", { projectId: "here", paths: ["src", "../x"] }],
      ["bare-api", { projectId: "bare", paths: ["src"] }],
      ["lost", { projectId: "gone", paths: ["src"] }]
    ])
  }
  const spansOf = (...scopes: ReadonlyArray<string>) =>
    Span.spansOf({ id: 7, type: "write", scopes }, facts)
  const cases: ReadonlyArray<readonly [ReadonlyArray<string>, ReadonlyArray<string>]> = [
    [[], ["task/7/"]],
    [["repo:here"], ["repo/r1/"]],
    [["repo:bare"], ["project/bare/", "repo/own/"]],
    [["repo:gone"], ["project/gone/", "repo/own/"]],
    [["module:api"], ["repo/r1/docs/api/", "repo/r1/src/api/"]],
    [["module:all"], ["repo/r1/"]],
    [["module:wild"], ["repo/r1/"]],
    [["module:bare-api"], ["project/bare/src/", "repo/own/src/"]],
    [["module:lost"], ["project/gone/src/", "repo/own/src/"]],
    [["module:nobody"], ["module/nobody/"]],
    [["task:7"], ["task/7/"]],
    [["task: 8 "], ["task/8/"]],
    [
      ["repo/r1/src", "module:api"],
      ["repo/r1/docs/api/", "repo/r1/src/"]
    ],
    [["module:api", "repo:here"], ["repo/r1/"]]
  ]
  for (const [scopes, spans] of cases) {
    it(`are those that it names: ${scopes.join(", ") || "nothing"}`, () =>
      assert.deepStrictEqual(spansOf(...scopes), spans as ReadonlyArray<Span.Span>))
  }

  it("are none of a task that only reads", () => {
    const task = { id: 7, type: "read", scopes: ["repo:here"] } as const
    assert.deepStrictEqual(Span.spansOf(task, facts), [])
  })

  it("without a repository are the project's own", () => {
    const bare = { ...facts, repositoryId: null }
    const task = { id: 7, type: "write", scopes: ["repo:bare"] } as const
    assert.deepStrictEqual(Span.spansOf(task, bare), [span("project/bare")])
  })

  it("are refused as scopes where they could not be read", () => {
    for (const text of [
      "repo:",
      "repo:../x",
      "module:a/b",
      "task:",
      "task:x",
      "lock:x",
      " ",
      "repo: x y"
    ]) {
      assert.isString(Span.problemOf(text), text)
    }
    for (const text of ["repo:demo", "module:module-default", "task:1", "repo/x"]) {
      assert.isUndefined(Span.problemOf(text), text)
    }
  })
})
