/**
 * An intake without folders: what agents would leave is a function, for tests and for a try.
 *
 * It keeps the port's promises about limits, and has no files that could be anything else.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Stream } from "effect"

import {
  ArtifactIntake,
  type Found,
  type Limits,
  type Reason,
  type Refused
} from "./ArtifactIntake.ts"

// models ----------------------------------------------------------------------

/**
 * A file, or something that is none, by its name.
 *
 * @category models
 * @since 0.1.0
 */
export type Leavings = Readonly<Record<string, string | Uint8Array | { readonly reason: Reason }>>

// layers ----------------------------------------------------------------------

/**
 * Provides an intake in which each run leaves what the function says.
 *
 * **Example** (Every run leaves a report)
 *
 * ```ts
 * import { ArtifactIntakeMemory } from "@foreman/core"
 *
 * ArtifactIntakeMemory.layer(() => ({ "report.md": "# Done" }))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (left: (runId: string) => Leavings): Layer.Layer<ArtifactIntake> =>
  Layer.succeed(ArtifactIntake, {
    open: (runId) =>
      Effect.succeed({
        path: `/left/${runId}`,
        take: (limits, keep) => take(left(runId), limits, keep)
      })
  })

// internal --------------------------------------------------------------------

const take = Effect.fnUntraced(function* <E, R>(
  left: Leavings,
  { maxBytes, maxFiles }: Limits,
  keep: (found: Found, maxBytes: number) => Effect.Effect<number | Reason, E, R>
): Effect.fn.Return<ReadonlyArray<Refused>, E, R> {
  const refused: Array<Refused> = []
  let [files, bytes] = [0, 0]
  for (const name of Object.keys(left).toSorted()) {
    const one = left[name] ?? ""
    const content = typeof one === "string" ? new TextEncoder().encode(one) : one
    const most = maxBytes - bytes
    const done =
      "reason" in content
        ? content.reason
        : files >= maxFiles
          ? "too_many"
          : content.length > most
            ? "too_large"
            : yield* keep({ name, size: content.length, bytes: Stream.succeed(content) }, most)
    if (typeof done === "string") refused.push({ name, reason: done })
    else {
      files += 1
      bytes += done
    }
  }
  return refused
})
