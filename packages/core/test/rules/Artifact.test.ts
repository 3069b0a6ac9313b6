import { assert, describe, it } from "@effect/vitest"

import { Artifact, Identifier } from "@foreman/core"

describe("an artifact", () => {
  const data = {
    artifactId: Identifier.ArtifactId.make("00000000-0000-7000-8000-0000000000d1"),
    runId: Identifier.RunId.make("00000000-0000-7000-8000-000000000001"),
    taskId: Identifier.TaskId.make(1),
    kind: "log",
    name: "output.log",
    contentType: "text/plain",
    size: 3,
    digest: "0".repeat(64)
  } as const

  it("stands in the stream of its run", () => {
    assert.strictEqual(Artifact.Created.streamOf(data), `run:${data.runId}`)
  })

  it("is what was recorded of it, at that time", () => {
    const { artifactId, ...rest } = data
    const at = "2026-01-01T00:00:00.000000Z"
    assert.deepStrictEqual(Artifact.evolve(undefined, { type: "artifact.created", data }, at), {
      ...rest,
      id: artifactId,
      createdAt: at
    })
  })
})
