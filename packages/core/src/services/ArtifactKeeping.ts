/**
 * What is kept of a run when its agent has ended: its answer, all that it wrote, and what it left in
 * its folder.
 *
 * Nothing here fails a run. What could not be kept is said in the log of the server, and what was not
 * taken in stands in an artifact of its own, for whoever looks for it.
 *
 * @internal
 */
import { Effect, Result, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import type { RunResult } from "../ports/AgentRunner.ts"
import type { Folder, Found, Reason, Refused } from "../ports/ArtifactIntake.ts"
import { type ArtifactStore, ArtifactStoreError, type Kept } from "../ports/ArtifactStore.ts"
import * as Artifact from "../rules/Artifact.ts"
import { ArtifactId, type RunId } from "../rules/Identifier.ts"
import { StoreUnavailable } from "../operations/Refusal.ts"
import { ArtifactLimits } from "./ArtifactLimits.ts"
import { standingOf } from "./ArtifactStanding.ts"
import * as ArtifactText from "./ArtifactText.ts"
import type { Shell } from "./Shell.ts"

// models ----------------------------------------------------------------------

/** What keeping stands on. */
export interface Means {
  readonly shell: Shell["Service"]
  readonly artifacts: ArtifactStore
}

/** How much of the output there may be, where the rest lies, and how long a store may be away. */
export interface Options {
  readonly maxOutputBytes: number
  readonly folder: Folder | undefined
  readonly patience: Patience
}

/** How often in all it is tried again while a store may come back. */
export interface Patience {
  times: number
  /** Completes when there is no time for that any more. */
  readonly isOver: Effect.Effect<void>
}

/** Whose it is. */
export interface Place {
  readonly organizationId: string
  readonly runId: string
}

// services --------------------------------------------------------------------

/** Keeps the bytes, and says what is to be recorded of them. */
export const keep = Effect.fnUntraced(function* (
  given: Means,
  place: Place,
  result: Pick<RunResult, "answer" | "output" | "said">,
  options: Options
): Effect.fn.Return<ReadonlyArray<Artifact.Wanted>> {
  const { folder, maxOutputBytes, patience } = options
  const means = { ...given, waits: waiting(patience) }
  // Both ends of the output may go a little beyond the limit that ended the run.
  const maxBytes = 2 * maxOutputBytes
  const output = yield* put(means, place, result.output, maxBytes)
  const own = [
    ...(output === undefined ? [] : [wanted(output, "run_log", "output.log")]),
    ...(yield* keepAnswer(means, place, result))
  ]
  const left = folder === undefined ? [] : yield* keepLeft(means, place, folder, own)
  return [...own, ...left]
})

// internal --------------------------------------------------------------------

/** What waits for a store that is away. */
interface Patient extends Means {
  readonly waits: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Waits longer and longer, some 50 s in all where nobody has used the patience up before. */
const waiting = (patience: Patience): Patient["waits"] =>
  Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
    for (let millis = 200; ; millis *= 2) {
      const tried = yield* Effect.result(effect)
      if (Result.isSuccess(tried)) return tried.success
      if (!passes(tried.failure) || patience.times <= 0) return yield* Effect.fail(tried.failure)
      patience.times -= 1
      const over = Effect.as(patience.isOver, true)
      const isOver = yield* Effect.raceFirst(over, Effect.as(Effect.sleep(millis), false))
      if (isOver) patience.times = 0
    }
  })

const passes = (error: unknown): boolean =>
  (error instanceof ArtifactStoreError || error instanceof StoreUnavailable) && error.retryable

/** What is longer is no answer any more but a log, which is kept anyway. */
const maxAnswerBytes = 1024 * 1024

const keepAnswer = Effect.fnUntraced(function* (
  means: Patient,
  place: Place,
  { answer, said }: Pick<RunResult, "answer" | "said">
) {
  const whole = said === undefined ? undefined : yield* put(means, place, said, maxAnswerBytes)
  const bytes = Stream.succeed(new TextEncoder().encode(answer))
  const kept = whole ?? (yield* put(means, place, bytes, maxAnswerBytes))
  if (kept === undefined || kept.size === 0) return []
  const begin = ArtifactText.begin(means.artifacts, place.organizationId, kept.digest, kept.size)
  const text = yield* Effect.catch(begin, (error) =>
    Effect.as(Effect.logWarning(error.message), { text: answer })
  )
  const summary = text.text.trim()
  return [{ ...wanted(kept, "assistant_summary", "assistant_summary.txt"), summary }]
})

const keepLeft = Effect.fnUntraced(
  function* (
    means: Patient,
    place: Place,
    folder: Folder,
    own: ReadonlyArray<Artifact.Wanted>
  ): Effect.fn.Return<ReadonlyArray<Artifact.Wanted>, unknown> {
    const limits = yield* ArtifactLimits
    // As: whoever has a run has its id.
    const runId = place.runId as RunId
    const standing = yield* means.waits(standingOf(means.shell, place.organizationId, runId))
    let room = Math.max(0, standing.roomFor(limits) - sizeOf(own))
    const found: Array<Artifact.Wanted> = []
    const keepOne = Effect.fnUntraced(function* (
      { bytes, name, size }: Found,
      left: number
    ): Effect.fn.Return<number | Reason> {
      if (size > room) return "no_room"
      const most = Math.min(left, room)
      const kept = yield* Effect.result(
        means.waits(means.artifacts.put(place.organizationId, bytes, { maxBytes: most }))
      )
      if (Result.isFailure(kept)) return yield* reasonOf(kept.failure)
      room -= kept.success.size
      const harmless = Artifact.harmless(name)
      found.push(wanted(kept.success, Artifact.kindOf(harmless), harmless))
      return kept.success.size
    })
    const allowed = {
      maxFiles: Math.max(0, limits.runFiles - standing.files),
      maxBytes: Math.max(0, limits.runBytes - standing.bytes)
    }
    const refused = yield* folder.take(allowed, keepOne)
    return [...found, ...(yield* keepRefused(means, place, refused))]
  },
  (kept) =>
    Effect.catch(kept, (cause) =>
      Effect.as(Effect.logError("What an agent has left was not taken in", cause), [])
    )
)

const reasonOf = (failure: ArtifactStoreError | { readonly _tag: "TooManyBytes" }) =>
  failure._tag === "TooManyBytes"
    ? Effect.succeed("too_large" as const)
    : Effect.as(Effect.logError(failure.message), "unreadable" as const)

/** What was not taken in is said where people look for it, and stays said when bytes are removed. */
const keepRefused = Effect.fnUntraced(function* (
  means: Patient,
  place: Place,
  refused: ReadonlyArray<Refused>
) {
  if (refused.length === 0) return []
  const lines = refused.map(({ name, reason }) => `${reason}: ${Artifact.harmless(name)}`)
  const summary = ["Not taken in:", ...lines].join("\n")
  const bytes = Stream.succeed(new TextEncoder().encode(`${summary}\n`))
  const kept = yield* put(means, place, bytes, maxAnswerBytes)
  return kept === undefined ? [] : [{ ...wanted(kept, "import_log", "import.log"), summary }]
})

/** Nothing is kept of what is too much or cannot be read, and the log of the server says so. */
const put = <E extends { readonly message: string }>(
  { artifacts, waits }: Patient,
  { organizationId }: Place,
  bytes: Stream.Stream<Uint8Array, E>,
  maxBytes: number
): Effect.Effect<Kept | undefined> =>
  waits(artifacts.put(organizationId, bytes, { maxBytes })).pipe(
    Effect.catch((error) =>
      Effect.as(
        error instanceof Error && "_tag" in error && error._tag === "TooManyBytes"
          ? Effect.logDebug(error.message)
          : Effect.logError(error.message),
        undefined
      )
    )
  )

const wanted = (kept: Kept, kind: Artifact.Kind, name: string): Artifact.Wanted => ({
  ...kept,
  id: ArtifactId.make(SecureRandom.uuidV7Unsafe()),
  kind,
  name
})

const sizeOf = (artifacts: ReadonlyArray<Artifact.Wanted>): number =>
  artifacts.reduce((sum, { size }) => sum + size, 0)
