import { assert, describe, it } from "@effect/vitest"

import { Artifact, Identifier } from "@foreman/core"

const at = "2026-01-01T00:00:00.000000Z"
const run = {
  id: Identifier.RunId.make("00000000-0000-7000-8000-000000000001"),
  taskId: Identifier.TaskId.make(1)
}
const wanted: Artifact.Wanted = {
  id: Identifier.ArtifactId.make("00000000-0000-7000-8000-0000000000d1"),
  kind: "screenshot",
  name: "shots/login.png",
  size: 3,
  digest: "0".repeat(64)
}
const made = Artifact.evolve(undefined, Artifact.create(run, wanted), at)

describe("an artifact", () => {
  it("stands in the stream of its run", () => {
    const event = Artifact.create(run, wanted)
    assert(event.type === "artifact.created")
    assert.strictEqual(Artifact.Created.streamOf(event.data), `run:${run.id}`)
  })

  it("has a path below that of its run and the type of its name", () => {
    assert.deepStrictEqual(made, {
      ...wanted,
      runId: run.id,
      taskId: run.taskId,
      path: `runs/${run.id}/shots/login.png`,
      contentType: "image/png",
      summary: "",
      isRemoved: false,
      createdAt: at
    })
  })

  it("is kept where there is room, and Foreman's own in any case", () => {
    const log = { ...wanted, kind: "run_log", name: "output.log", size: 4 }
    const refused = { ...wanted, kind: "import_log", name: "import.log", summary: "Not taken in:" }
    const large = { ...wanted, name: "b", size: 9 }
    const all = [wanted, large, log, refused]
    const { fitting, out } = Artifact.fitting(all, 10)
    assert.deepStrictEqual(out, [large])
    const said = { ...refused, summary: "Not taken in:\nno_room: b" }
    assert.deepStrictEqual(fitting, [wanted, log, said])
    assert.deepStrictEqual(Artifact.fitting(all, 0).fitting.length, 2)
    assert.deepStrictEqual(Artifact.fitting(all, 100), { fitting: all, out: [] })
  })

  it("loses its bytes once", () => {
    assert(made !== undefined)
    const [event, ...others] = Artifact.remove(made)
    assert(event !== undefined && event.type === "artifact.removed")
    assert.deepStrictEqual(others, [])
    assert.deepInclude(event.data, { artifactId: wanted.id, size: 3, reason: "retention" })
    const removed = Artifact.evolve(made, event, at)
    assert.deepStrictEqual(removed, { ...made, isRemoved: true })
    assert.deepStrictEqual(removed && Artifact.remove(removed), [])
  })

  it("is a run's output where it was recorded as a log, before there were other kinds", () => {
    const data = {
      artifactId: wanted.id,
      runId: run.id,
      taskId: run.taskId,
      kind: "log",
      name: "output.log",
      contentType: "text/plain; charset=utf-8",
      size: 3,
      digest: wanted.digest
    }
    const old = Artifact.evolve(undefined, { type: "artifact.created", data }, at)
    const path = `runs/${run.id}/output.log`
    assert.deepInclude(old, { kind: "run_log", path, summary: "", isRemoved: false })
  })
})

describe("what an agent leaves", () => {
  const kinds: ReadonlyArray<readonly [name: string, kind: string]> = [
    ["shots/login.PNG", "screenshot"],
    ["graph.svg", "diagram"],
    ["notes.md", "report"],
    ["index.html", "html_report"],
    ["change.patch", "patch"],
    ["change.diff", "diff"],
    ["result.json", "command_result"],
    ["build.log", "agent_log"],
    ["core", "file"],
    [".png", "file"],
    ["a.b/c", "file"],
    ["screenshot/raw.bin", "screenshot"],
    ["diff_summary/text.md", "diff_summary"],
    ["server_log/out.txt", "server_log"],
    // The file itself has no folder.
    ["screenshot", "file"]
  ]
  for (const [name, kind] of kinds) {
    it(`is of the kind ${kind} as ${name}`, () => assert.strictEqual(Artifact.kindOf(name), kind))
  }

  it("is never taken for what Foreman itself keeps", () => {
    for (const folder of ["assistant_summary", "run_log", "import_log", "log"]) {
      assert.isTrue(Artifact.isReserved(folder))
      assert.strictEqual(Artifact.kindOf(`${folder}/x.md`), "report")
      assert.strictEqual(Artifact.kindOf(`${folder}/x`), "file")
    }
    assert.isFalse(Artifact.isReserved("agent_log"))
  })
})
