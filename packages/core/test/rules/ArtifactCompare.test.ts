import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import type { Artifact } from "@foreman/core"
import { ArtifactCompare, Identifier } from "@foreman/core"

const { maxHistory, messages, select, statusOf } = ArtifactCompare

const numbered = (number: number): Artifact.Artifact => ({
  id: Identifier.ArtifactId.make(`00000000-0000-7000-8000-00000000000${number}`),
  runId: Identifier.RunId.make("00000000-0000-7000-8000-000000000001"),
  taskId: Identifier.TaskId.make(1),
  kind: "report",
  name: "a.md",
  path: "runs/1/a.md",
  contentType: "text/markdown",
  size: 1,
  digest: "",
  summary: "",
  isRemoved: false,
  createdAt: "2026-01-01T00:00:00.000000Z"
})
const current = numbered(9)
const history = [1, 2, 3, 4, 5, 6].map(numbered)

describe("what is compared", () => {
  it("is the latest before it unless another one is named", () => {
    for (const wanted of [undefined, "", "  \n"]) {
      assert.deepStrictEqual(select(current, history, wanted), Result.succeed(history[0]))
    }
    assert.deepStrictEqual(select(current, [], undefined), Result.succeed(undefined))
    const named = ` ${history[4]?.id.toUpperCase()} `
    assert.deepStrictEqual(select(current, history, named), Result.succeed(history[4]))
  })

  it("is never another one than was named", () => {
    assert.strictEqual(maxHistory, 5)
    for (const wanted of [history[5]?.id, current.id, "7"]) {
      const refused = select(current, history, wanted)
      assert(Result.isFailure(refused))
      assert.strictEqual(
        refused.failure.message,
        `artifact compare selection invalid: ${wanted} is not inside the bounded recent history ` +
          `for ${current.id}`
      )
    }
  })
})

describe("what can be said of it", () => {
  const text = { contentType: "text/plain; charset=utf-8", size: 65_536 }
  const large = { ...text, size: 65_537 }
  const image = { contentType: "image/png", size: 70_000 }
  const table: ReadonlyArray<readonly [ArtifactCompare.Status, typeof text, typeof text?]> = [
    ["unsupported", image],
    ["unsupported", image, text],
    ["unsupported", text, image],
    ["unsupported", large, image],
    ["no_previous", text],
    ["no_previous", large],
    ["too_large", large, text],
    ["too_large", text, large],
    ["ready", text, text]
  ]
  for (const [status, now, previous] of table) {
    const of = (one: typeof text | undefined) => (one ? `${one.contentType} ${one.size}` : "none")
    it(`is ${status} for ${of(now)} after ${of(previous)}`, () => {
      assert.strictEqual(statusOf(now, previous), status)
      assert.notStrictEqual(messages[status].title, "")
    })
  }
})
