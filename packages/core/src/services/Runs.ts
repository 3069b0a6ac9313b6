/**
 * Runs: starting, ending and reading the attempts at a task.
 *
 * What callers may ask is reading. Starting and ending is the dispatcher's, by ordinary commands
 * under keys that follow from the run, so that a repetition changes nothing.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Stream } from "effect"
import type { Method } from "./Method.ts"
import type * as Operations from "../operations/RunOperations.ts"
import { StoreUnavailable } from "../operations/Refusal.ts"
import { ArtifactStore } from "../ports/ArtifactStore.ts"
import * as Run from "../rules/Run.ts"
import * as ArtifactText from "./ArtifactText.ts"
import { lookUp, organizationOf } from "./Directory.ts"
import * as Paging from "./Paging.ts"
import * as Projection from "./Projection.ts"
import { Shell } from "./Shell.ts"

// services --------------------------------------------------------------------

/**
 * The runs of this store, for those who ask.
 *
 * @category services
 * @since 0.1.0
 */
export class Runs extends Context.Service<
  Runs,
  {
    readonly list: Method<typeof Operations.listTaskRuns>
    readonly get: Method<typeof Operations.getTaskRun>
    readonly output: Method<typeof Operations.getTaskRunOutput>
  }
>()("@foreman/core/Runs") {
  static readonly layer: Layer.Layer<Runs, never, Shell | ArtifactStore> = Layer.effect(
    Runs,
    Effect.gen(function* () {
      return make(yield* Shell, yield* ArtifactStore)
    })
  )
}

// internal --------------------------------------------------------------------

const make = (shell: Shell["Service"], artifactStore: ArtifactStore): Runs["Service"] => {
  const runOf = (runId: Run.Run["id"]) =>
    lookUp(shell, Projection.runs, "run", runId, () => new Run.RunNotFound({ runId }))
  return {
    list: Effect.fnUntraced(function* ({ taskId, ...page }) {
      const organization = yield* organizationOf(shell, "task", taskId)
      if (organization === undefined) return Paging.empty
      const query = { organization, table: "runs", index: "runs_by_task" } as const
      return yield* shell.read((driver) =>
        Paging.find(
          driver,
          {
            ...query,
            equals: { task_id: taskId },
            direction: "descending",
            toItem: Projection.runs.fromRow
          },
          page
        )
      )
    }),
    get: ({ runId }) => Effect.map(runOf(runId), ({ thing }) => thing),
    output: Effect.fnUntraced(function* ({ length, offset, runId }) {
      const { organization, thing: run } = yield* runOf(runId)
      const none = new Run.OutputNotFound({ runId })
      if (run.outputId === null) return yield* none
      const key = { id: run.outputId }
      const row = yield* shell.read((driver) => driver.get(organization, "artifacts", key))
      if (row === undefined) return yield* none
      const { digest, size } = Projection.artifacts.fromRow(row)
      const bytes = yield* Stream.runFold(
        artifactStore.get(organization, digest, { offset, length }),
        () => new Uint8Array(),
        append
      ).pipe(
        Effect.catchTags({
          BytesNotFound: () => Effect.fail(none),
          ArtifactStoreError: ({ retryable }) => Effect.fail(new StoreUnavailable({ retryable }))
        })
      )
      const whole = offset + bytes.length >= size ? bytes : ArtifactText.atCharacter(bytes)
      const end = offset + whole.length
      const nextOffset = end >= size ? null : end
      return { runId, size, offset, nextOffset, text: new TextDecoder().decode(whole) }
    })
  }
}

const append = (before: Uint8Array, next: Uint8Array): Uint8Array => {
  const joined = new Uint8Array(before.length + next.length)
  joined.set(before)
  joined.set(next, before.length)
  return joined
}
