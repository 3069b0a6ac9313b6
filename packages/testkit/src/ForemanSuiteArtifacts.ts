/**
 * What runs leave: by which names, how it is shown and compared, and who may have it.
 *
 * Left open on purpose: the order of artifacts of one run, which were recorded at one moment.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

import { type ArtifactIntakeMemory, Foreman, type Identifier } from "@foreman/core"
import * as Keeping from "./ForemanSuiteArtifactsKept.ts"
import { on, recording } from "./ForemanSuiteAgents.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { as, type Backend, call, nobody, personOf } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"
import { untilTask } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  leaving(backend)
  comparing(backend)
  seeing(backend)
  Keeping.register(backend)
}

// internal --------------------------------------------------------------------

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x00, 0xff])

const left: ArtifactIntakeMemory.Leavings = {
  "../../etc/passwd": { reason: "link" },
  "notes\u202e.md": "# Notes",
  "shots/login.png": png,
  pipe: { reason: "not_a_file" },
  "server_log/out": "x".repeat(70_000)
}

/** A run that has ended, and what it left. */
const givenRun = Effect.fnUntraced(function* () {
  const { client } = yield* Foreman
  const given = yield* TestForeman.givenTeam()
  const { id: taskId } = yield* TestForeman.givenTask(given)
  yield* untilTask(taskId, ({ status }) => status === "in_review")
  const { items: runs } = yield* client.listTaskRuns({ taskId })
  const [run] = runs
  assert(run !== undefined)
  const { items } = yield* client.listRunArtifacts({ runId: run.id })
  const named = (name: string) => {
    const found = items.find((one) => one.name === name)
    assert(found !== undefined, `${name} among ${items.map((one) => one.name).join(", ")}`)
    return found
  }
  return { ...given, taskId, run, items, named }
})

const leaving = (backend: Backend) => {
  it.live("leaves its answer, its log and its files, each under a path of its own", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { items, named, organization, run, taskId } = yield* givenRun()
      const kinds = items.map(({ contentType, kind, name, path, size }) => {
        assert.strictEqual(path, `runs/${run.id}/${name}`)
        return [name, kind, contentType, size]
      })
      const plain = "text/plain; charset=utf-8"
      const refused = "Not taken in:\nlink: _/_/etc/passwd\nnot_a_file: pipe"
      assert.sameDeepMembers(kinds, [
        ["output.log", "run_log", plain, 20],
        ["assistant_summary.txt", "assistant_summary", plain, 9],
        ["notes_.md", "report", "text/markdown; charset=utf-8", 7],
        ["shots/login.png", "screenshot", "image/png", 8],
        ["server_log/out", "server_log", plain, 70_000],
        ["import.log", "import_log", plain, refused.length + 1]
      ])
      assert.strictEqual(named("assistant_summary.txt").summary, "It works")
      assert.strictEqual(named("import.log").summary, refused)
      assert.strictEqual(named("output.log").summary, "")
      assert.strictEqual(run.outputId, named("output.log").id)
      const { text } = yield* client.getTaskRunOutput({ runId: run.id, offset: 0, length: 65_536 })
      assert.strictEqual(text, "trying ...\n It works")

      const { items: ofTask } = yield* client.listArtifacts({ taskId })
      assert.sameDeepMembers([...ofTask], [...items])
      const { items: logs } = yield* client.listArtifacts({ taskId, kind: "run_log" })
      assert.deepStrictEqual(logs, [named("output.log")])
      const { rows } = yield* assertRebuilds(organization.id)
      assert.deepInclude(rows, { artifacts: 6, organizations: 1 })
    }).pipe(on(backend, { behaviour: answering, left: () => left }))
  )

  it.live("shows the beginning of what is text, and what else its run has left", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { items, named } = yield* givenRun()
      const shown = (name: string) => client.getArtifact({ artifactId: named(name).id })
      const log = yield* shown("server_log/out")
      assert.strictEqual(log.preview, "x".repeat(65_536))
      assert.isTrue(log.previewTruncated)
      const siblings = items.map(({ id, kind, name, summary }) => {
        const selected = name === "server_log/out"
        return { id, kind, name, summary, selected }
      })
      assert.deepStrictEqual(log.siblings, siblings)
      const notes = yield* shown("notes_.md")
      assert.deepInclude(notes, { preview: "# Notes", previewTruncated: false })
      const image = yield* shown("shots/login.png")
      assert.deepInclude(image, { preview: null, previewTruncated: false })
    }).pipe(on(backend, { behaviour: answering, left: () => left }))
  )
}

/** What the agent says while it works, and at the end. */
const answering = () => Effect.succeed({ output: "trying ...\n It works", answer: " It works" })

const comparing = (backend: Backend) => {
  it.live("compares with what a run before has left under the same kind", () => {
    const { behaviour } = recording()
    const texts = ["one\ntwo\n", "one\n2\n"]
    const runs: Array<string> = []
    const leave = (runId: string): ArtifactIntakeMemory.Leavings => {
      if (!runs.includes(runId)) runs.push(runId)
      const text = texts[runs.indexOf(runId)] ?? ""
      return { "a.md": text, "a.png": png, "diagram/a": "x", "big.csv": "x".repeat(65_537) }
    }
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* untilTask(taskId, ({ status }) => status === "in_review")
      yield* client.rejectTask({ taskId, summary: "Use 2" })
      yield* untilTask(taskId, (task) => task.attempts === 2 && task.status === "in_review")
      const of = Effect.fnUntraced(function* (kind: string) {
        const { items } = yield* client.listArtifacts({ taskId, kind })
        const [current, previous] = items
        assert(current !== undefined && previous !== undefined && items.length === 2)
        return { current, previous }
      })
      const { current, previous } = yield* of("report")
      const compared = yield* client.compareArtifacts({ artifactId: current.id })
      assert.deepInclude(compared, {
        status: "ready",
        diff: {
          format: "text/unified-diff",
          content:
            `--- previous:${previous.id}\n+++ current:${current.id}\n` +
            "@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
        },
        limits: { maxCompareBytes: 65_536 }
      })
      assert.strictEqual(compared.previous?.id, previous.id)
      const history = compared.history.map(({ id, selected }) => [id, selected])
      assert.deepStrictEqual(history, [[previous.id, true]])

      const first = yield* client.compareArtifacts({ artifactId: previous.id })
      assert.deepInclude(first, { status: "no_previous", previous: null, diff: null, history: [] })
      const named = { artifactId: current.id, previousArtifactId: current.id }
      const refusal = yield* Effect.flip(client.compareArtifacts(named))
      assert.strictEqual(refusal._tag, "CompareSelectionInvalid")

      const statusOf = Effect.fnUntraced(function* (kind: string) {
        const pair = yield* of(kind)
        const {
          diff,
          previous: before,
          status
        } = yield* client.compareArtifacts({
          artifactId: pair.current.id
        })
        return [status, before?.id === pair.previous.id, diff?.content]
      })
      assert.deepStrictEqual(yield* statusOf("screenshot"), ["unsupported", true, undefined])
      assert.deepStrictEqual(yield* statusOf("diagram"), ["unsupported", true, undefined])
      assert.deepStrictEqual(yield* statusOf("command_result"), ["too_large", true, undefined])
    }).pipe(on(backend, { behaviour, left: leave }))
  })

  it.live("looks back five artifacts, in the order of time and then of ids", () => {
    const names = [1, 2, 3, 4, 5, 6, 7].map((number) => `report/${number}.md`)
    const leavings = Object.fromEntries(names.map((name) => [name, name]))
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const { taskId } = yield* givenRun()
      const { items } = yield* client.listArtifacts({ taskId, kind: "report" })
      const ids = items.map(({ id }) => id)
      assert.deepStrictEqual(ids, ids.toSorted().toReversed())
      const [current, ...before] = ids
      assert(current !== undefined && before.length === 6)
      const { history, previous } = yield* client.compareArtifacts({ artifactId: current })
      assert.deepStrictEqual(
        history.map(({ id }) => id),
        before.slice(0, 5)
      )
      assert.strictEqual(previous?.id, before[0])
      const fifth = before[4] ?? ""
      const named = { artifactId: current, previousArtifactId: ` ${fifth} ` }
      assert.strictEqual((yield* client.compareArtifacts(named)).previous?.id, fifth)
      const sixth = { artifactId: current, previousArtifactId: before[5] ?? "" }
      const refusal = yield* Effect.flip(client.compareArtifacts(sixth))
      assert.strictEqual(refusal._tag, "CompareSelectionInvalid")
    }).pipe(on(backend, { left: () => leavings }))
  })
}

const bytesOf = Effect.fnUntraced(function* (id: Identifier.ArtifactId) {
  const { artifacts } = yield* Foreman
  const { bytes } = yield* artifacts.open(id)
  const pieces = yield* Stream.runCollect(Stream.map(bytes(), (piece) => [...piece]))
  return Uint8Array.from(pieces.flat())
})

const seeing = (backend: Backend) => {
  it.live("gives its bytes to those who may see its task, and to nobody else", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { named, organization } = yield* givenRun()
      const { id: artifactId } = named("shots/login.png")
      assert.deepStrictEqual(yield* bytesOf(artifactId), png)
      const own = personOf(organization.id, "member")
      assert.deepStrictEqual(yield* as(own)(bytesOf(artifactId)), png)
      const stranger = personOf((yield* TestForeman.givenTeam()).organization.id, "owner")
      const tagOf = <E extends { readonly _tag: string }, A, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.map(Effect.flip(effect), ({ _tag }) => _tag)
      const refused = yield* Effect.all([
        tagOf(bytesOf(artifactId)),
        tagOf(client.getArtifact({ artifactId })),
        tagOf(client.compareArtifacts({ artifactId }))
      ]).pipe(as(stranger))
      assert.deepStrictEqual(new Set(refused), new Set(["ArtifactNotFound"]))
      const { items } = yield* as(stranger)(
        client.listArtifacts({ taskId: named("output.log").taskId })
      )
      assert.deepStrictEqual(items, [])
      const missing = Effect.flip(call("get_artifact", { artifact_id: nobody }))
      assert.deepInclude(yield* missing, { code: "ArtifactNotFound", status: 404 })
    }).pipe(on(backend, { behaviour: answering, left: () => left }))
  )
}
